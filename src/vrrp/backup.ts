import { type HeardAdvert, LEAVING } from '../model/vrrp.ts';
import { idle, master, reviewed } from './moves.ts';
import { listenMs } from './standing.ts';
import { type BackupState, type Handlers, type Move, type Scene, TOLERANCE_MS } from './state.ts';
import { standingOf, WORDS } from './words.ts';

type Here = Scene<BackupState>;

/** Priority 0 cuts the timer to the skew (RFC 9568 6.4.2), but only said by the master we go by: during a hand-over a
 *  late goodbye of the old one must not put us up against the new one. Said again, it does not begin anew: a master that
 *  repeats itself would hold off the takeover it asks for. */
function goodbye({ state, at }: Here, advert: HeardAdvert): Move | null {
  const other = state.heard !== null && state.heard.source !== advert.source;
  if (state.leaving || other) return null;
  const next = { ...state, heard: advert, leaving: true, armedAt: at };
  return { state: { ...next, worseSince: null, preempting: false } };
}

function advert(scene: Here, heard: HeardAdvert): Move | null {
  if (heard.priority === LEAVING) return goodbye(scene, heard);
  const next = reviewed(scene, { ...scene.state, heard, leaving: false });
  // RFC 9568 6.4.2: a worse advert is discarded where we preempt, every other sets the timer by what it says.
  return { state: next.preempting ? next : { ...next, armedAt: scene.at, learnedMs: heard.intervalMs } };
}

function silence(scene: Here): Move | null {
  const { settings, state, at, priority } = scene;
  const listened = listenMs(settings, state);
  // Said before we last set the timer: an advert was faster. The order stands again.
  if (at - state.armedAt < listened - TOLERANCE_MS) return null;
  if (state.heard === null) return { state: master(scene, WORDS.silence(at - state.armedAt)) };
  if (state.leaving) return { state: master(scene, WORDS.leaves(state.heard.source)) };
  if (state.preempting) return { state: master(scene, standingOf(state.heard, priority)) };
  return { state: master(scene, WORDS.silence(listened)) };
}

/** Whether a master we hear would step down before an advert of ours. */
export const beats = (priority: number, heard: HeardAdvert): boolean =>
  heard.priority < priority || (heard.priority === priority && heard.order < 0);

function claim(scene: Here): Move {
  const { state, priority } = scene;
  const wanting = { state: reviewed(scene, { ...state, content: false }) };
  if (state.heard === null) return wanting;
  const why = `claimed: ${standingOf(state.heard, priority)}`;
  if (state.leaving || beats(priority, state.heard)) return { state: master(scene, why) };
  return { ...wanting, told: [{ kind: 'notice', why: `cannot take over: ${standingOf(state.heard, priority)}` }] };
}

/** Backup, RFC 9568 6.4.2. */
export const BACKUP: Handlers<BackupState> = {
  advert: (scene, event) => advert(scene, event.advert),
  silence,
  wake: (scene) => ({ state: reviewed(scene, scene.state) }),
  judged: (scene, { priority, faults }) => {
    const state = { ...scene.state, priority, faults };
    if (faults.length > 0) return { state: idle({ ...scene, state }, 'fault', faults.join(', ')) };
    return { state: reviewed(scene, state) };
  },
  stop: (scene) => ({ state: idle(scene, 'init', 'stopped') }),
  yield: (scene) => ({ state: reviewed(scene, { ...scene.state, content: true }) }),
  claim,
  take: (scene, { why }) => ({ state: master(scene, why) }),
  wait: (scene) => {
    const { state, at } = scene;
    // A worse master is there still: the member goes along with it. Or nobody was heard, and it listens anew.
    if (state.preempting) return { state: reviewed(scene, { ...state, content: true }) };
    return { state: { ...state, heard: null, leaving: false, armedAt: at, worseSince: null } };
  },
};
