import { type Candidate, type HashPick, lookUp } from './candidate.ts';
import { hash32, mix } from './fold.ts';

/** Buckets of the kernel's table as a power of two (CONFIG_IP_VS_SH_TAB_BITS); 8 unless the kernel was built otherwise. */
export const SH_BITS = 8;

/** Source hash, net/netfilter/ipvs/ip_vs_sh.c: every bucket's place in the candidate list, -1 when there are none. The
 *  list is walked round and round; each destination takes as many buckets in a row as its weight says, at least one. So
 *  a sum of weights above the number of buckets leaves the last of the list with nothing. */
export function shTable(candidates: readonly Candidate[], bits = SH_BITS): Int32Array {
  const cells = new Int32Array(2 ** bits).fill(-1);
  if (candidates.length === 0) return cells;
  let bucket = 0;
  for (let i = 0; bucket < cells.length; i = (i + 1) % candidates.length) {
    const end = Math.min(cells.length, bucket + Math.max(candidates[i]?.weight ?? 0, 1));
    cells.fill(i, bucket, end);
    bucket = end;
  }
  return cells;
}

/** `port` is 0 unless the service has the port flag. With `fallback` the search for another destination begins at twice
 *  the client's bucket number and goes up by one. */
export function shPick(
  cells: Int32Array,
  candidates: readonly Candidate[],
  folded: number,
  port: number,
  fallback: boolean,
): HashPick {
  const bucket = hash32(mix(folded, port), Math.log2(cells.length));
  const retry = (k: number): number => (2 * bucket + k) % cells.length;
  return lookUp(cells, candidates, bucket, fallback ? retry : undefined);
}
