import type { IpvsOp, OpFailure, Unexplained } from '../model/op.ts';
import type { Layouts, NativeIpvs } from './addon.ts';
import { inFull, operationOf } from './errors.ts';
import { packOps } from './records.ts';
import { Pace } from './turns.ts';

/** A change as the kernel code takes it: nothing here reads why. */
export type IpvsChange = Unexplained<IpvsOp>;

/** Carries out changes as one batch, packing a slice while the kernel works on the one before. One result per change, in
 *  order, as `told` makes it. */
export async function applyBatch<Each extends IpvsChange, Told>(
  client: Pick<NativeIpvs, 'apply'>,
  layout: Layouts,
  batch: readonly Each[],
  told: (change: Each, failure: OpFailure | null) => Told,
): Promise<Told[]> {
  // The caller may go on filling its list.
  const changes = [...batch];
  const results: Told[] = [];
  const pace = new Pace();
  const pack = (): Uint8Array | undefined => {
    const first = results.length;
    const slice = changes.slice(first, first + pace.size);
    if (slice.length === 0) return undefined;
    const { bytes, failures } = packOps(layout, slice);
    for (let i = 0; i < slice.length; i++) results.push(told(slice[i] as Each, failures.get(i) ?? null));
    return bytes;
  };
  await client.apply(
    () => pace.turn(pack),
    (refused) => {
      for (const { index, ...refusal } of refused) {
        const change = changes[index];
        if (!change) continue;
        const text = inFull(change, refusal);
        results[index] = told(change, { ...refusal, text, operation: operationOf(change) });
      }
    },
  );
  return results;
}
