/** A ramp has so many steps, but none is shorter than a second: each one is a change in the kernel. */
const STEPS = 10;
const SHORTEST_STEP_MS = 1000;

export interface Ramp {
  /** Of the whole weight, above 0 and below 1. */
  readonly share: number;
  /** When the next step is due. */
  readonly nextAt: number;
}

/** How much of its weight a server that came back at `since` has at `now`; null: all of it. Steps fall on instants that all
 *  ramps of one length share, so that servers that came back together, or nearly, rise in one plan. */
export function rampAt(since: number, lengthMs: number, now: number): Ramp | null {
  const step = Math.max(SHORTEST_STEP_MS, lengthMs / STEPS);
  const steps = Math.ceil(lengthMs / step);
  const done = Math.floor(now / step) - Math.floor(since / step);
  if (done >= steps || now < since) return null;
  return { share: (done + 1) / (steps + 1), nextAt: (Math.floor(now / step) + 1) * step };
}

/** At least 1: a server that serves gets connections. */
export const rampedWeight = (weight: number, share: number): number =>
  weight === 0 ? 0 : Math.max(1, Math.floor(weight * share));
