import { type Ledger, unseenUntil } from './ledger.ts';

/** The ledger's own time. It goes on as the monotonic clock does while somebody looks, so that an hour is an hour whatever is
 *  done to the wall clock, and it never lags behind the wall clock. Where the wall clock was set back, the ledger is ahead of
 *  it, and knows by how much: that is what its times are told with. */

/** The wall clock may differ so much from what it should be by the monotonic one before it counts as set, or the machine as
 *  having slept. */
export const JUMP_MS = 1000;
/** How often a clock that is set is remembered. */
export const KEPT_CORRECTIONS = 50;

const offset = ({ corrections }: Ledger): number => corrections.at(-1)?.byMs ?? 0;

/** Somebody looked all the while; `wall` is what the wall clock says by now. */
export const pass = (ledger: Ledger, elapsedMs: number, wall: number): Ledger =>
  settled({ ...ledger, seen: ledger.seen + elapsedMs }, wall);

/** Somebody looks again, after nobody did since `seen`. How long that was only the wall clock can say; one that was set back
 *  meanwhile says nothing. */
export const resume = (ledger: Ledger, wall: number): Ledger =>
  settled(unseenUntil(ledger, wall - offset(ledger)), wall);

/** Clocks that are set on, and machines that slept: nobody looked meanwhile. */
function settled(ledger: Ledger, wall: number): Ledger {
  const by = wall - ledger.seen;
  if (Math.abs(by - offset(ledger)) <= JUMP_MS) return ledger;
  const after = unseenUntil(ledger, wall);
  return { ...after, corrections: corrected(after, Math.min(0, by)) };
}

function corrected({ corrections, seen }: Ledger, byMs: number): Ledger['corrections'] {
  if ((corrections.at(-1)?.byMs ?? 0) === byMs) return corrections;
  return [...corrections, { from: seen, byMs }].slice(-KEPT_CORRECTIONS);
}

/** What the wall clock said. */
export function wallOf({ corrections }: Ledger, at: number): number {
  return at + (corrections.findLast(({ from }) => from <= at)?.byMs ?? 0);
}
