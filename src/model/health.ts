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
}

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
}

/** Verdicts by `serverKey(service, server)`. */
export type Verdicts = ReadonlyMap<string, Verdict>;

export const serverKey = (service: string, server: string): string => `${service}/${server}`;
