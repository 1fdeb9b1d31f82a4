import type { Random } from '../base/clock.ts';
import type { CheckSettings } from '../model/desired.ts';
import type { Verdict } from '../model/health.ts';
import { isHeld } from './flap.ts';

/** How many first probes may start in a millisecond: many enough to know 5,000 servers after a second, few enough that
 *  50,000 do not come at once. */
const FIRST_PROBES_PER_MS = 5;
const FIRST_WINDOW_MS = 1000;

/** How far an interval may be off its mean, either way, unless the file says. */
const JITTER = 0.1;
export const jitterOf = ({ pace }: Pick<CheckSettings, 'pace'>): number => pace?.jitter ?? JITTER;

/** Milliseconds until the first probe of the index-th of `count` targets that start together. Each has its own slice of a
 *  window, at random within it: no longer than `everyMs`, and a second unless there are very many. */
export function firstProbeDelay(index: number, count: number, everyMs: number, random: Random): number {
  const window = Math.min(everyMs, Math.max(FIRST_WINDOW_MS, count / FIRST_PROBES_PER_MS));
  return (window * (index + random())) / Math.max(1, count);
}

/** Milliseconds from the end of a probe to the start of the next one. From start to start it is `everyMs` give or take the
 *  jitter, on average exactly, so that the targets' rhythms drift apart. A probe that took longer is followed at once. */
export function nextProbeDelay(everyMs: number, tookMs: number, random: Random, jitter = JITTER): number {
  const interval = everyMs * (1 - jitter + 2 * jitter * random());
  return Math.max(0, interval - tookMs);
}

/** The interval for what is known of a server. */
export function intervalFor(
  { everyMs, pace }: Pick<CheckSettings, 'everyMs' | 'pace'>,
  { status, streak, flaps, last }: Pick<Verdict, 'status' | 'streak' | 'flaps' | 'last'>,
): number {
  if (pace === undefined) return everyMs;
  // Held back, it stays down whatever it answers: nothing is to be found out quickly.
  if (flaps !== undefined && last !== null && status === 'down' && isHeld(flaps, last.at)) return pace.downMs;
  if (status === 'unknown' || streak > 0) return pace.betweenMs;
  return status === 'up' ? everyMs : pace.downMs;
}

/** So long after others a result that is like the one before is told: short beside every interval. */
export const holdFor = ({ everyMs, pace }: Pick<CheckSettings, 'everyMs' | 'pace'>): number =>
  Math.min(LONGEST_HOLD_MS, Math.min(everyMs, pace?.downMs ?? everyMs, pace?.betweenMs ?? everyMs) / 10);

const LONGEST_HOLD_MS = 10;
