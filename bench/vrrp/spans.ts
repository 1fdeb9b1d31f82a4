import type { Seen } from '../../test/support/network/observer.ts';

/** From one answer, or advert, to the next. */
export type Span = readonly [from: number, to: number];

/** Two answers of the control further apart than this: the machine paused. */
const PAUSE_MS = 1.5;

export const lengthOf = ([from, to]: Span): number => to - from;

/** Between the answers of a kind, the last one ending at `to`. */
export function spansOf(seen: readonly Seen[], kind: 'answer' | 'control', to: number): Span[] {
  const times = [...seen.filter((each) => each.kind === kind).map(({ at }) => at), to];
  return times.slice(1).map((at, i) => [times[i] ?? at, at]);
}

/** A span's length without the time in which the machine paused, that is gave no answer from an address that has no part in
 *  what is measured. */
export function netOf(span: Span, control: readonly Span[]): number {
  const pauses = control.filter((each) => lengthOf(each) > PAUSE_MS);
  return lengthOf(span) - pauses.reduce((sum, pause) => sum + shared(span, pause), 0);
}

/** Less the millisecond between two probes. */
export const longest = (lengths: readonly number[]): number =>
  lengths.reduce((most, length) => Math.max(most, length - 1), 0);

const shared = (a: Span, b: Span): number => Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]) - 1);
