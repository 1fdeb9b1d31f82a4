import type { Effect, ElectionSettings } from '../model/vrrp.ts';
import { BACKUP } from './backup.ts';
import { FAULT, INIT } from './idle.ts';
import { MASTER } from './master.ts';
import { reviewed } from './moves.ts';
import { orders, priorityOf, type Spent, standing } from './standing.ts';
import type { AnyEvent, ElectionState, Move, Scene } from './state.ts';

export type { ElectionState } from './state.ts';

/** State x event. What a state does not list changes nothing in it. */
const TABLE = { init: INIT, backup: BACKUP, master: MASTER, fault: FAULT } as const;

const SPENT: Partial<Record<AnyEvent['kind'], Spent>> = { silence: 'listen', wake: 'wake' };

export const initial = (_settings: ElectionSettings): ElectionState => ({
  state: 'init',
  since: 0,
  why: 'not started',
  priority: null,
  faults: [],
});

/** One step of the election of one instance (RFC 9568 6.4): total and pure. Effects are in the order in which the engine
 *  shall carry them out; what is told comes last. */
export function step(
  settings: ElectionSettings,
  state: ElectionState,
  event: AnyEvent,
): readonly [ElectionState, readonly Effect[]] {
  type Handler = (scene: Scene, event: AnyEvent) => Move | null;
  const handler = TABLE[state.state][event.kind] as Handler | undefined;
  const scene = { settings, state, at: event.at, priority: priorityOf(settings, state) };
  const move = handler?.(scene, event) ?? null;
  const spent = SPENT[event.kind] ?? null;
  if (move === null && spent === null) return [state, []];
  const next = move?.state ?? state;
  const effects: Effect[] = orders(standing(settings, state), standing(settings, next), event.at, move, spent);
  if (next.state !== state.state) effects.push({ kind: 'role', from: state.state, to: next.state, why: next.why });
  if (move?.told) effects.push(...move.told);
  return [next, effects];
}

/** The same instance under other settings: state and role stay, only orders that differ are given. */
export function retune(
  before: ElectionSettings,
  after: ElectionSettings,
  state: ElectionState,
  at: number,
): readonly [ElectionState, readonly Effect[]] {
  if (equalSettings(before, after)) return [state, []];
  const next = state.state === 'backup' ? reviewed({ settings: after, at }, state) : state;
  return [next, orders(standing(before, state), standing(after, next), at, null, null)];
}

export function equalSettings(a: ElectionSettings, b: ElectionSettings): boolean {
  return (Object.keys(a) as (keyof ElectionSettings)[]).every((key) => a[key] === b[key]);
}
