import { type Candidate, type HashPick, lookUp } from './candidate.ts';
import { hash32 } from './fold.ts';

/** Buckets as a power of two (CONFIG_IP_VS_DH_TAB_BITS). */
export const DH_BITS = 8;

/** Destination hash, net/netfilter/ipvs/ip_vs_dh.c: buckets dealt to the list in turn, whatever the weights. */
export function dhTable(candidates: readonly Candidate[], bits = DH_BITS): Int32Array {
  const cells = new Int32Array(2 ** bits).fill(-1);
  for (let i = 0; candidates.length > 0 && i < cells.length; i++) cells[i] = i % candidates.length;
  return cells;
}

/** `folded` is the packet's destination address: the virtual one, or any when the service takes packets by mark. */
export const dhPick = (cells: Int32Array, candidates: readonly Candidate[], folded: number): HashPick =>
  lookUp(cells, candidates, hash32(folded, Math.log2(cells.length)));
