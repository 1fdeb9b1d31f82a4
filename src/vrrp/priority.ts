import { OWNER } from '../model/vrrp.ts';

/** What one tracker found. */
export interface Tracked {
  readonly name: string;
  /** 0: while it is down the instance is at fault. Above: added while up. Below: added while down. */
  readonly weight: number;
  /** Up counts as down and down as up. */
  readonly reverse?: boolean;
  /** `unknown` (nothing found out yet) moves nothing and is no fault. */
  readonly state: 'up' | 'down' | 'unknown';
  readonly why: string;
}

/** One summand of the effective priority, as `fairlead explain instance` prints it. */
export interface PriorityTerm {
  readonly name: string;
  readonly value: number;
  readonly why?: string;
}

export interface EffectivePriority {
  readonly priority: number;
  /** `process nginx: not running`; any of them puts the instance out. */
  readonly faults: readonly string[];
  readonly terms: readonly PriorityTerm[];
}

const LOWEST = 1;
/** 255 belongs to the owner of the addresses. */
const HIGHEST = OWNER - 1;

function counted({ state, reverse }: Tracked): Tracked['state'] {
  if (state === 'unknown' || !reverse) return state;
  return state === 'up' ? 'down' : 'up';
}

/** What a tracker adds. */
function share(tracker: Tracked): number {
  const state = counted(tracker);
  if (state === 'unknown') return 0;
  return tracker.weight > 0 === (state === 'up') ? tracker.weight : 0;
}

/** Priority by what is configured and what trackers found; the terms add up to it. An owner stays 255 whatever they
 *  found, but their faults count for it as for everybody. */
export function effectivePriority(base: number, trackers: readonly Tracked[]): EffectivePriority {
  const faults = trackers
    .filter((tracker) => tracker.weight === 0 && counted(tracker) === 'down')
    .map(({ name, why }) => `${name}: ${why}`);
  const terms: PriorityTerm[] = [{ name: 'base', value: base }];
  if (base === OWNER) return { priority: OWNER, faults, terms };
  let sum = base;
  for (const tracker of trackers) {
    const value = share(tracker);
    if (value === 0) continue;
    terms.push({ name: tracker.name, value, why: tracker.why });
    sum += value;
  }
  const priority = Math.min(HIGHEST, Math.max(LOWEST, sum));
  if (priority !== sum) {
    terms.push({ name: 'clamped', value: priority - sum, why: `a priority is ${LOWEST} to ${HIGHEST}` });
  }
  return { priority, faults, terms };
}
