import { atOnce } from '../base/steps.ts';
import type { Desired, Target } from '../model/desired.ts';
import type { Verdicts } from '../model/health.ts';
import type { Roles } from '../model/instance.ts';
import type { KernelDump } from '../model/observed.ts';
import { type Conditions, conditionsOf, NO_CONDITIONS } from './conditions.ts';
import { type LingerState, linger, nothingLingers, stillLeaving } from './drain.ts';
import { gateSteps } from './gate.ts';
import { takenAsUp } from './taken-as-up.ts';

/** All that decides, beside the operator's wish and the kernel, what should be in the table: one value, so that whoever
 *  asks what a pass would do goes by what a pass goes by. */
export interface Judgement {
  /** Monotonic milliseconds: when this held. */
  readonly now: number;
  readonly verdicts: Verdicts;
  readonly roles: Roles;
  /** What held for services as a whole at the last pass. */
  readonly conditions: Conditions;
  /** Who was leaving at the last pass. */
  readonly lingering: LingerState;
}

/** Where no daemon runs: nothing is known. */
export const NO_JUDGEMENT: Judgement = {
  now: 0,
  verdicts: new Map(),
  roles: new Map(),
  conditions: NO_CONDITIONS,
  lingering: nothingLingers,
};

export interface Judged {
  readonly target: Target;
  readonly conditions: Conditions;
  readonly lingering: LingerState;
  /** Monotonic milliseconds when time alone will change the target next; null: never. */
  readonly wakeAtMs: number | null;
}

/** What a pass brings the kernel to. */
export const judged = (desired: Desired, judgement: Judgement, dump: KernelDump): Judged =>
  atOnce(judgedSteps(desired, judgement, dump));

/** As judged, in steps, of what verdicts say at the first. */
export function* judgedSteps(desired: Desired, judgement: Judgement, dump: KernelDump): Generator<void, Judged> {
  const { now, roles } = judgement;
  // The conditions and the gate must go by the same.
  const verdicts = new Map(judgement.verdicts);
  const { conditions, wakeAtMs } = conditionsOf(desired, verdicts, judgement.conditions, now);
  yield;
  const gated = yield* gateSteps(desired, verdicts, roles, conditions);
  const kept = linger(gated, desired, dump, judgement.lingering, now);
  const wakes = [wakeAtMs, kept.wakeAtMs].filter((at) => at !== null);
  return {
    target: kept.target,
    conditions,
    lingering: kept.state,
    wakeAtMs: wakes.length === 0 ? null : Math.min(...wakes),
  };
}

export interface Foreseen {
  /** What a pass brings the kernel to first: who leaves the file is drained. */
  readonly target: Target;
  /** What is left when they have gone. */
  readonly end: Target;
}

/** What passes would bring the kernel to with this wish. Servers the daemon does not know yet are taken to be healthy; who is
 *  leaving already stays until it is gone, since that is not this wish's doing. */
export const foreseen = (desired: Desired, judgement: Judgement, dump: KernelDump): Foreseen =>
  atOnce(foreseenSteps(desired, judgement, dump));

/** As foreseen, in a few steps; what verdicts say is taken in the first. */
export function* foreseenSteps(desired: Desired, judgement: Judgement, dump: KernelDump): Generator<void, Foreseen> {
  const { now, roles, lingering } = judgement;
  const verdicts = takenAsUp(desired, judgement.verdicts);
  yield;
  const { conditions } = conditionsOf(desired, verdicts, judgement.conditions, now);
  yield;
  const gated = yield* gateSteps(desired, verdicts, roles, conditions);
  const end = stillLeaving(gated, dump, lingering);
  yield;
  return { end, target: linger(end, desired, dump, lingering, now).target };
}
