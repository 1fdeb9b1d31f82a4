import type { Desired, Target } from '../model/desired.ts';
import type { Verdicts } from '../model/health.ts';
import type { Roles } from '../model/instance.ts';
import type { KernelDump } from '../model/observed.ts';
import { type Conditions, conditionsOf, NO_CONDITIONS } from './conditions.ts';
import { type LingerState, linger, nothingLingers, stillLeaving } from './drain.ts';
import { gate } from './gate.ts';
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
export function judged(desired: Desired, judgement: Judgement, dump: KernelDump): Judged {
  const { now, verdicts, roles } = judgement;
  const { conditions, wakeAtMs } = conditionsOf(desired, verdicts, judgement.conditions, now);
  const kept = linger(gate(desired, verdicts, roles, conditions), desired, dump, judgement.lingering, now);
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
export function foreseen(desired: Desired, judgement: Judgement, dump: KernelDump): Foreseen {
  const { now, roles, lingering } = judgement;
  const verdicts = takenAsUp(desired, judgement.verdicts);
  const { conditions } = conditionsOf(desired, verdicts, judgement.conditions, now);
  const end = stillLeaving(gate(desired, verdicts, roles, conditions), dump, lingering);
  return { end, target: linger(end, desired, dump, lingering, now).target };
}
