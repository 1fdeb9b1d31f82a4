import type { ProbeResult, RepeatedResult } from '../model/health.ts';
import type { OpResult } from '../model/op.ts';
import { Histogram, SECONDS } from './histogram.ts';

/** A server chooses what it answers, and each outcome is a series. */
const MOST_OUTCOMES = 16;

/** What the daemon counts as it goes along, from its start on; everything else is read where it stands. */
export class Counts {
  readonly events = new Map<string, number>();
  readonly reloads = { accepted: 0, refused: 0 };
  /** When the last reload was asked for, in wall-clock milliseconds. */
  reloadedAt: number | null = null;
  /** By service and server. */
  readonly checks = new Map<string, ServerChecks>();
  /** By service. */
  readonly checkSeconds = new Map<string, Histogram>();
  readonly observeSeconds = new Histogram(SECONDS);
  readonly planSeconds = new Histogram(SECONDS);
  readonly applySeconds = new Histogram(SECONDS);
  /** Operations by kind, then by result. */
  readonly operations = new Map<string, Map<OperationResult, number>>();
  /** Milliseconds that were left when the lease was renewed. */
  readonly lease = { marginMs: null as number | null, lowestMs: null as number | null, lost: 0 };
  /** What was lost because nobody kept up, by queue. */
  readonly drops = new Map<string, number>([
    ['engine-events', 0],
    ['hooks', 0],
  ]);
  /** Clients of the API that were let go, by reason. */
  readonly lettingGo = new Map<LetGo, number>(LET_GO.map((reason) => [reason, 0]));
  /** Files of overrides that were set aside. */
  overridesLost = 0;
  /** The longest delay of the event loop in each second. */
  readonly loopSeconds = new Histogram(SECONDS);

  event(kind: string): void {
    count(this.events, kind);
  }

  reload(accepted: boolean, wall: number): void {
    this.reloads[accepted ? 'accepted' : 'refused']++;
    this.reloadedAt = wall;
  }

  /** `key` is the server's serverKey. */
  check(key: string, result: ProbeResult): void {
    this.#server(key, result, 1).observe(result.durationMs / 1000);
  }

  repeated(key: string, { result, count, latency, sumMs }: RepeatedResult): void {
    this.#server(key, result, count).add(latency, sumMs / 1000);
  }

  /** Counts outcomes, and answers the histogram of the service. */
  #server(key: string, result: ProbeResult, times: number): Histogram {
    let checks = this.checks.get(key);
    const end = key.indexOf('/');
    const service = key.slice(0, end);
    if (checks === undefined) {
      const server = key.slice(end + 1);
      checks = { service, server, outcomes: new Map(), lastMs: 0 };
      this.checks.set(key, checks);
    }
    const { outcomes } = checks;
    count(outcomes, outcomes.has(result.outcome) || outcomes.size < MOST_OUTCOMES ? result.outcome : 'other', times);
    checks.lastMs = result.durationMs;
    let seconds = this.checkSeconds.get(service);
    if (seconds === undefined) {
      seconds = new Histogram(SECONDS);
      this.checkSeconds.set(service, seconds);
    }
    return seconds;
  }

  /** Forgets the checks of servers that are gone. */
  keepChecks(present: ReadonlySet<string>, services: ReadonlySet<string>): void {
    for (const key of this.checks.keys()) if (!present.has(key)) this.checks.delete(key);
    for (const name of this.checkSeconds.keys()) if (!services.has(name)) this.checkSeconds.delete(name);
  }

  applied(results: readonly OpResult[], ms: number): void {
    this.applySeconds.observe(ms / 1000);
    for (const { op, failure } of results) {
      let outcomes = this.operations.get(op.kind);
      if (outcomes === undefined) {
        outcomes = new Map();
        this.operations.set(op.kind, outcomes);
      }
      count(outcomes, failure === null ? 'done' : failure.code === 'not-attempted' ? 'not-attempted' : 'refused');
    }
  }

  renewed(marginMs: number): void {
    this.lease.marginMs = marginMs;
    this.lease.lowestMs = Math.min(marginMs, this.lease.lowestMs ?? marginMs);
  }

  letGo(reason: LetGo): void {
    count(this.lettingGo, reason);
  }

  dropped(queue: 'engine-events' | 'hooks', much = 1): void {
    this.drops.set(queue, (this.drops.get(queue) ?? 0) + much);
  }
}

/** What a client did not take, or did not send, or that it may no longer have it. */
export const LET_GO = ['events-unread', 'lines-unread', 'answer-unread', 'right-lost', 'request-unfinished'] as const;
export type LetGo = (typeof LET_GO)[number];

export type OperationResult = 'done' | 'refused' | 'not-attempted';

export interface ServerChecks {
  readonly service: string;
  readonly server: string;
  readonly outcomes: Map<string, number>;
  lastMs: number;
}

const count = <K>(map: Map<K, number>, key: K, times = 1): void => {
  map.set(key, (map.get(key) ?? 0) + times);
};
