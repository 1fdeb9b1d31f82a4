import { available, type Candidate } from './candidate.ts';

const active = (candidate: Candidate): number => candidate.activeConnections ?? 0;

/** What a destination's connections cost: an active one weighs 256 times an inactive one (ip_vs_dest_conn_overhead,
 *  include/net/ip_vs.h; kernel 6.12 counts 257). */
const overhead = (candidate: Candidate): number => 256 * active(candidate) + (candidate.inactiveConnections ?? 0);

/** Place of the first candidate that no later one beats; -1 when none may be taken. */
function best(
  candidates: readonly Candidate[],
  may: (candidate: Candidate) => boolean,
  beats: (challenger: Candidate, holder: Candidate) => boolean,
): number {
  let found = -1;
  candidates.forEach((candidate, index) => {
    const holder = candidates[found];
    if (may(candidate) && (holder === undefined || beats(candidate, holder))) found = index;
  });
  return found;
}

/** Whether a's cost per weight is less than b's. Exact: the products pass 2^53. */
const cheaper = (costA: number, a: Candidate, costB: number, b: Candidate): boolean =>
  BigInt(costB) * BigInt(a.weight) > BigInt(costA) * BigInt(b.weight);

/** net/netfilter/ipvs/ip_vs_lc.c */
export const leastConnections = (candidates: readonly Candidate[]): number =>
  best(candidates, available, (a, b) => overhead(a) < overhead(b));

/** net/netfilter/ipvs/ip_vs_wlc.c */
export const weightedLeastConnections = (candidates: readonly Candidate[]): number =>
  best(candidates, available, (a, b) => cheaper(overhead(a), a, overhead(b), b));

/** net/netfilter/ipvs/ip_vs_sed.c */
export const shortestExpectedDelay = (candidates: readonly Candidate[]): number =>
  best(candidates, available, (a, b) => cheaper(active(a) + 1, a, active(b) + 1, b));

/** net/netfilter/ipvs/ip_vs_nq.c */
export function neverQueue(candidates: readonly Candidate[]): number {
  const idle = candidates.findIndex((candidate) => available(candidate) && active(candidate) === 0);
  return idle >= 0 ? idle : shortestExpectedDelay(candidates);
}

/** net/netfilter/ipvs/ip_vs_fo.c */
export const failOver = (candidates: readonly Candidate[]): number =>
  best(candidates, available, (a, b) => a.weight > b.weight);

/** net/netfilter/ipvs/ip_vs_ovf.c: a destination takes one connection more than its weight. */
export const overflow = (candidates: readonly Candidate[]): number =>
  best(
    candidates,
    (candidate) => available(candidate) && active(candidate) <= candidate.weight,
    (a, b) => a.weight > b.weight,
  );
