import type { ProbeResult } from '../../model/health.ts';

/** Upper bounds of the latency histogram; one more bucket takes the rest. */
export const LATENCY_BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/** Outcomes are few words, but a server chooses its status codes: beyond so many they are counted as `other`. */
const MOST_OUTCOMES = 64;

export interface KindCounters {
  readonly good: number;
  readonly bad: number;
  readonly outcomes: ReadonlyMap<string, number>;
  /** Results by bucket, not cumulative. */
  readonly latency: readonly number[];
  readonly latencySumMs: number;
}

interface Counting {
  good: number;
  bad: number;
  readonly outcomes: Map<string, number>;
  readonly latency: number[];
  latencySumMs: number;
}

/** What checks found since the start, by kind. */
export class CheckCounters {
  readonly #kinds = new Map<string, Counting>();

  get kinds(): ReadonlyMap<string, KindCounters> {
    return this.#kinds;
  }

  count(kind: string, { ok, outcome, durationMs }: Pick<ProbeResult, 'ok' | 'outcome' | 'durationMs'>): void {
    let counting = this.#kinds.get(kind);
    if (counting === undefined) {
      const latency = new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0);
      counting = { good: 0, bad: 0, outcomes: new Map(), latency, latencySumMs: 0 };
      this.#kinds.set(kind, counting);
    }
    if (ok) counting.good++;
    else counting.bad++;
    const { outcomes } = counting;
    const word = outcomes.has(outcome) || outcomes.size < MOST_OUTCOMES ? outcome : 'other';
    outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
    const place = LATENCY_BUCKETS_MS.findIndex((bound) => durationMs <= bound);
    const bucket = place < 0 ? LATENCY_BUCKETS_MS.length : place;
    counting.latency[bucket] = (counting.latency[bucket] ?? 0) + 1;
    counting.latencySumMs += durationMs;
  }
}
