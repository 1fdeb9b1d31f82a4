import { atOnce } from '../base/steps.ts';
import type { Config } from '../config/schema.ts';
import type { KernelDump } from '../model/observed.ts';
import type { Plan } from '../model/op.ts';
import type { Overrides } from '../model/override.ts';
import { desireSteps } from './desire.ts';
import { clientFates, type Fate } from './fate.ts';
import { foreseenSteps, type Judgement } from './judgement.ts';
import { plan } from './plan.ts';
import type { Policy } from './policy.ts';

/** What a dry run takes into account beside the configuration. */
export interface Circumstances {
  readonly overrides: Overrides;
  readonly judgement: Judgement;
  readonly policy: Omit<Policy, 'exclusive'>;
}

export interface DryRun {
  readonly plan: Plan;
  /** Worked out as one asks for the next. */
  readonly fates: Iterable<Fate>;
}

/** What would change in the kernel if this configuration ran, and which clients get another server. */
export const dryRun = (config: Config, circumstances: Circumstances, dump: KernelDump): DryRun =>
  atOnce(dryRunSteps(config, circumstances, dump));

/** As dryRun, in steps. */
export function* dryRunSteps(
  config: Config,
  { overrides, judgement, policy }: Circumstances,
  dump: KernelDump,
): Generator<void, DryRun> {
  const desired = yield* desireSteps(config, overrides, 1);
  const { target, end } = yield* foreseenSteps(desired, judgement, dump);
  yield;
  return {
    plan: plan(target, dump, { ...policy, exclusive: config.director.ipvs === 'exclusive' }),
    fates: clientFates(end, dump, desired),
  };
}
