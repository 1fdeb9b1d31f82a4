import { enter, idle } from './moves.ts';
import type { Handlers, IdleState, Move, Scene } from './state.ts';
import { WORDS } from './words.ts';

/** Initialize, RFC 9568 6.4.1. */
export const INIT: Handlers<IdleState> = {
  start: (scene) =>
    scene.state.faults.length > 0
      ? { state: idle(scene, 'fault', scene.state.faults.join(', ')) }
      : { state: enter(scene, scene.settings.startDelayMs, 'started') },
  judged: ({ state }, { priority, faults }) => ({ state: { ...state, priority, faults } }),
};

/** What is wrong keeps the instance out; what is wrong is told by the trackers, every time. */
function judged(scene: Scene<IdleState>, priority: number, faults: readonly string[]): Move {
  const state = { ...scene.state, priority, faults };
  if (faults.length > 0) return { state: { ...state, why: faults.join(', ') } };
  return { state: enter({ ...scene, state, priority }, 0, WORDS.healed(scene.state.faults)) };
}

export const FAULT: Handlers<IdleState> = {
  judged: (scene, { priority, faults }) => judged(scene, priority, faults),
  stop: (scene) => ({ state: idle(scene, 'init', 'stopped') }),
};
