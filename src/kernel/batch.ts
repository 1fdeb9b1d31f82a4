import type { IpvsOp, OpResult } from '../model/op.ts';
import type { Layouts, NativeIpvs } from './addon.ts';
import { inFull, operationOf } from './errors.ts';
import { packOps } from './records.ts';

/** Ops packed in one turn of the event loop: some 0.2 ms, and 10 ms in an emulated machine before the code is compiled. The
 *  kernel takes them no faster in larger sends. */
const SLICE = 512;

/** Carries out ops as one batch, packing a slice while the kernel works on the one before. One result per op, in order. */
export async function applyBatch(client: NativeIpvs, layout: Layouts, batch: readonly IpvsOp[]): Promise<OpResult[]> {
  // The caller may go on filling its list.
  const ops = [...batch];
  const results: OpResult[] = [];
  const next = (): Uint8Array | undefined => {
    const first = results.length;
    const slice = ops.slice(first, first + SLICE);
    if (slice.length === 0) return undefined;
    const { bytes, failures } = packOps(layout, slice);
    for (let i = 0; i < slice.length; i++) results.push({ op: slice[i] as IpvsOp, failure: failures.get(i) ?? null });
    return bytes;
  };
  await client.apply(next, (refused) => {
    for (const { index, ...refusal } of refused) {
      const op = ops[index];
      if (op) results[index] = { op, failure: { ...refusal, text: inFull(op, refusal), operation: operationOf(op) } };
    }
  });
  return results;
}
