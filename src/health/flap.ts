import type { Damping } from '../model/desired.ts';
import type { Flaps } from '../model/health.ts';

export const NO_FLAPS: Flaps = { downs: [], level: 0, heldUntil: null };

/** A server went down at `at`. One that did so too often is held back, longer each time in a row: `holdMs`, twice that, and
 *  so on up to `longestMs`. One that then stays up for `withinMs` begins anew. */
export function wentDown(flaps: Flaps, damping: Damping, at: number): Flaps {
  const since = at - damping.withinMs;
  const downs = [...flaps.downs.filter((time) => time > since), at].slice(-damping.flaps);
  const calm = flaps.heldUntil === null || flaps.heldUntil < since;
  if (downs.length < damping.flaps) return { downs, level: calm ? 0 : flaps.level, heldUntil: null };
  const level = calm ? 1 : flaps.level + 1;
  return { downs, level, heldUntil: at + holdMs(damping, level) };
}

/** Doubling past the longest hold would overflow for nothing. */
const holdMs = ({ holdMs, longestMs }: Damping, level: number): number =>
  Math.min(longestMs, holdMs * 2 ** Math.min(level - 1, 30));

export const isHeld = ({ heldUntil }: Flaps, at: number): boolean => heldUntil !== null && at < heldUntil;

/** `went down 3 times in 41 s, so it is held back for 60 s`. */
export function heldInWords({ downs, heldUntil }: Flaps): string {
  const last = downs.at(-1) ?? 0;
  const span = Math.round((last - (downs[0] ?? last)) / 1000);
  const hold = Math.round(((heldUntil ?? last) - last) / 1000);
  return `went down ${downs.length} times in ${span} s, so it is held back for ${hold} s`;
}
