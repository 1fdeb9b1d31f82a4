import { OWNER } from '../model/vrrp.ts';
import { priorityOf } from './standing.ts';
import {
  type BackupState,
  type ElectionState,
  type IdleState,
  type MasterState,
  type Scene,
  TOLERANCE_MS,
} from './state.ts';

const common = ({ state, at }: Scene, why: string) => ({
  since: at,
  why,
  priority: state.priority,
  faults: state.faults,
});

export const idle = (scene: Scene, state: IdleState['state'], why: string): IdleState => ({
  ...common(scene, why),
  state,
});

export const master = (scene: Scene, why: string): MasterState => ({
  ...common(scene, why),
  state: 'master',
  leaving: null,
  rivals: [],
  announcedAt: null,
  announceAt: null,
});

export const backup = (scene: Scene, why: string, known: Partial<BackupState> = {}): BackupState =>
  reviewed(scene, {
    heard: null,
    leaving: false,
    learnedMs: null,
    armedAt: scene.at,
    notBefore: null,
    worseSince: null,
    preempting: false,
    content: false,
    ...known,
    ...common(scene, why),
    state: 'backup',
  });

/** Looks at the master we go by again: whether it is one to preempt and whether all delays are over. */
export function reviewed({ settings, at }: Pick<Scene, 'settings' | 'at'>, state: BackupState): BackupState {
  const { heard, leaving, content } = state;
  const over = (time: number): boolean => at >= time - TOLERANCE_MS;
  const worse = heard !== null && !leaving && heard.priority < priorityOf(settings, state);
  const worseSince = worse && settings.preempt && !content ? (state.worseSince ?? at) : null;
  // A start delay with nobody heard is part of the timer and needs no end of its own.
  const notBefore = state.notBefore === null || (heard !== null && over(state.notBefore)) ? null : state.notBefore;
  const preempting =
    worseSince !== null && notBefore === null && (state.preempting || over(worseSince + settings.preemptDelayMs));
  const next = { ...state, worseSince, notBefore, preempting };
  // It was about to preempt and goes along with that master after all.
  const relents = state.preempting && !preempting && heard !== null;
  return relents ? { ...next, armedAt: at, learnedMs: heard.intervalMs } : next;
}

/** Begins to take part: an address owner is master at once, everybody else listens first (RFC 9568 6.4.1). */
export function enter(scene: Scene, delayMs: number, why: string): ElectionState {
  if (scene.priority === OWNER && delayMs === 0) return master(scene, `${why}: owns the addresses`);
  return backup(scene, why, { notBefore: delayMs > 0 ? scene.at + delayMs : null });
}
