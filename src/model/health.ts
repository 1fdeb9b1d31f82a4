export type HealthStatus = 'unknown' | 'up' | 'down';

/** What one probe found. Times are milliseconds of the monotonic clock. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly at: number;
  readonly durationMs: number;
  /** How far the probe came: where it failed, or its last phase. */
  readonly phase: 'connect' | 'send' | 'response' | 'match';
  /** A stable word for counting equal failures: `refused`, `timeout`, `status-503`. */
  readonly outcome: string;
  /** For people: `connect to 10.0.0.12:80 refused`, `GET /healthz answered 503`. */
  readonly evidence: string;
  /** What the server, or a script about it, says it should get. Absent: nothing was said, what was said before holds. */
  readonly weight?: ReportedWeight;
  readonly admin?: ReportedAdmin;
  /** Of those that were shown the one that ends first; absent: none was. */
  readonly certificate?: Certificate;
}

export interface Certificate {
  /** Wall-clock milliseconds. */
  readonly endsAt: number;
  /** `its certificate ends in 3 days` when that is soon, else empty. */
  readonly warning: string;
}

/** Results that were as the one before in all but their time, `result` is the latest of them. */
export interface RepeatedResult {
  readonly result: ProbeResult;
  readonly count: number;
  /** How long all of them took together. */
  readonly sumMs: number;
  /** How many took so long, by the buckets of SECONDS. */
  readonly latency: ArrayLike<number>;
}

/** Percent of the weight in the file, or a weight in its place. */
export type ReportedWeight = { readonly percent: number } | { readonly absolute: number };

/** In HAProxy's words: no new connections, none at all, or as the file says. */
export type ReportedAdmin = 'drain' | 'maint' | 'ready';

/** The judgement on one server and how it came about. */
export interface Verdict {
  readonly status: HealthStatus;
  /** Results in a row that contradict `status` (of an unknown server: none). */
  readonly streak: number;
  /** Monotonic milliseconds when `status` began. */
  readonly since: number;
  /** Monotonic milliseconds of the first result of the current streak; null when the streak is 0. */
  readonly streakSince: number | null;
  /** In words: `connect to 10.0.0.12:80 refused 2 times in 1.0 s`. */
  readonly why: string;
  readonly last: ProbeResult | null;
  /** The latest that results said about weight and service; absent: they never did. */
  readonly reported?: { readonly weight?: ReportedWeight; readonly admin?: 'drain' | 'maint' };
  /** When it came back after it had been down; absent: it never was. */
  readonly recoveredAt?: number;
  readonly flaps?: Flaps;
  /** The latest that it showed. */
  readonly certificate?: Certificate;
  /** It answers again since then (monotonic milliseconds) and is held back, because it came and went; `instead`: what `why`
   *  was before. Absent: it is not held back. */
  readonly heldBack?: { readonly since: number; readonly instead: string };
}

/** What is remembered of a server that comes and goes. */
export interface Flaps {
  /** When it went down, the latest ones. */
  readonly downs: readonly number[];
  /** How often it was held back in a row. */
  readonly level: number;
  /** Monotonic milliseconds; null: not held back. */
  readonly heldUntil: number | null;
}

/** A change of a status, a server's unless another is named. `at` is wall-clock milliseconds. */
export interface Transition<Status = HealthStatus> {
  readonly at: number;
  readonly status: Status;
  readonly why: string;
}

/** Verdicts by `serverKey(service, server)`. */
export type Verdicts = ReadonlyMap<string, Verdict>;

export const serverKey = (service: string, server: string): string => `${service}/${server}`;
