import type { Tracker, TrackerState } from '../model/instance.ts';

/** A tracker and what it found, as the effective priority takes it (vrrp/priority.ts): its weight is added while it is up
 *  when positive, while it is down when negative, and 0 means that down is a fault. */
export interface TrackedTerm {
  readonly name: string;
  readonly weight: number;
  readonly reverse: boolean;
  readonly state: TrackerState['state'];
  readonly why: string;
}

/** Of a file the number counts: times the weight it is added, with weight 0 any but 0 is a fault. `reverse` turns its sign,
 *  or makes 0 the fault. */
export function trackedTerm(tracker: Tracker, { state, value, why }: TrackerState): TrackedTerm {
  const { name, weight, reverse } = tracker;
  if (tracker.kind !== 'file' || state === 'unknown') return { name, weight, reverse, state, why };
  if (weight === 0) return { name, weight, reverse, state: value === 0 ? 'up' : 'down', why };
  const sum = (reverse ? -weight : weight) * value + 0;
  return { name, weight: sum, reverse: false, state: sum < 0 ? 'down' : 'up', why };
}
