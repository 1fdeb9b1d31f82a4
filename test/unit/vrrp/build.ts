import type { Effect, ElectionEvent, ElectionSettings, HeardAdvert } from '../../../src/model/vrrp.ts';
import { type ElectionState, initial, step } from '../../../src/vrrp/election.ts';
import { SETTINGS } from '../../support/vrrp-scenario.ts';

export const settings = (over: Partial<ElectionSettings> = {}): ElectionSettings => ({ ...SETTINGS, ...over });

export const heard = (priority: number, over: Partial<HeardAdvert> = {}): HeardAdvert => ({
  source: '10.0.0.3',
  priority,
  intervalMs: 1000,
  order: -1,
  ...over,
});

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type Happening = DistributiveOmit<ElectionEvent, 'at'>;

export interface Seen {
  readonly state: ElectionState;
  readonly effects: readonly Effect[];
  /** The effects without what is told. */
  readonly orders: readonly Effect[];
}

const TOLD = ['role', 'rival', 'notice'];

/** An instance that events happen to; every call gives what came of the last one. */
export function instance(own: ElectionSettings) {
  let state = initial(own);
  const on = (at: number, happening: Happening): Seen => {
    const [next, effects] = step(own, state, { ...happening, at } as ElectionEvent);
    state = next;
    return { state, effects, orders: effects.filter((effect) => !TOLD.includes(effect.kind)) };
  };
  return {
    on,
    advert: (at: number, advert: HeardAdvert): Seen => on(at, { kind: 'advert', advert }),
    state: (): ElectionState => state,
  };
}

/** One that has just begun to listen, at 0. */
export function backup(over: Partial<ElectionSettings> = {}) {
  const made = instance(settings(over));
  made.on(0, { kind: 'start' });
  return made;
}

/** One that became master at 5000 because it heard nobody. */
export function master(over: Partial<ElectionSettings> = {}) {
  const made = backup(over);
  if (made.state().state !== 'master') made.on(5000, { kind: 'silence' });
  return made;
}

export const kinds = (effects: readonly Effect[]): string[] => effects.map((effect) => effect.kind);
