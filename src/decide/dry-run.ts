import type { Config } from '../config/schema.ts';
import type { KernelDump } from '../model/observed.ts';
import type { Plan } from '../model/op.ts';
import type { Overrides } from '../model/override.ts';
import { desire } from './desire.ts';
import { clientFates, type Fate } from './fate.ts';
import { foreseen, type Judgement } from './judgement.ts';
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
export function dryRun(config: Config, { overrides, judgement, policy }: Circumstances, dump: KernelDump): DryRun {
  const desired = desire(config, overrides, 1);
  const { target, end } = foreseen(desired, judgement, dump);
  return {
    plan: plan(target, dump, { ...policy, exclusive: config.director.ipvs === 'exclusive' }),
    fates: clientFates(end, dump, desired),
  };
}
