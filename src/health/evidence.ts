import type { ProbeResult } from '../model/health.ts';

/** One kind of outcome in a row of results: how often it came and the latest words for it. */
export interface Seen {
  readonly outcome: string;
  readonly evidence: string;
  readonly count: number;
}

/** Counts a result in. Kinds stay in the order in which they first came. */
export function countIn(seen: readonly Seen[], result: ProbeResult): readonly Seen[] {
  const { outcome, evidence } = result;
  if (!seen.some((entry) => entry.outcome === outcome)) return [...seen, { outcome, evidence, count: 1 }];
  return seen.map((entry) => (entry.outcome === outcome ? { outcome, evidence, count: entry.count + 1 } : entry));
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** What a row of results showed, from its first to its last:
 *  `connect to 10.0.0.12:80 refused 2 times in 1.0 s`, `GET /healthz answered 200, 2 good results in 1.0 s`, or of
 *  several kinds `3 bad results in 2.0 s: connect to 10.0.0.12:80 refused 2 times, GET /healthz answered 503 once`.
 *  `count` may exceed what was seen: results from before the counting are then said to be of unknown kind. */
export function inWords(ok: boolean, seen: readonly Seen[], count: number, spanMs: number): string {
  const span = `${(Math.max(0, spanMs) / 1000).toFixed(1)} s`;
  const results = `${count} ${ok ? 'good' : 'bad'} results in ${span}`;
  const known = seen.reduce((total, entry) => total + entry.count, 0);
  const [only] = seen;
  if (seen.length === 1 && only && known === count) {
    if (count === 1) return only.evidence;
    return ok ? `${only.evidence}, ${results}` : `${only.evidence} ${count} times in ${span}`;
  }
  const parts = seen.map((entry) => `${entry.evidence} ${times(entry.count)}`);
  if (known < count) parts.unshift(`${count - known} earlier`);
  return `${results}: ${parts.join(', ')}`;
}
