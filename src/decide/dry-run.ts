import type { Config } from '../config/schema.ts';
import type { Verdicts } from '../model/health.ts';
import type { Roles } from '../model/instance.ts';
import type { KernelDump } from '../model/observed.ts';
import type { Plan } from '../model/op.ts';
import type { Overrides } from '../model/override.ts';
import { desire } from './desire.ts';
import { linger, nothingLingers } from './drain.ts';
import { clientFates, type Fate } from './fate.ts';
import { gate } from './gate.ts';
import { plan } from './plan.ts';
import type { Policy } from './policy.ts';
import { takenAsUp } from './taken-as-up.ts';

/** What a dry run takes into account beside the configuration. */
export interface Circumstances {
  readonly overrides: Overrides;
  readonly verdicts: Verdicts;
  readonly roles?: Roles;
  readonly policy: Omit<Policy, 'exclusive'>;
}

export interface DryRun {
  readonly plan: Plan;
  /** Worked out as one asks for the next. */
  readonly fates: Iterable<Fate>;
}

/** What would change in the kernel if this configuration ran, and which clients get another server. */
export function dryRun(
  config: Config,
  { overrides, verdicts, roles, policy }: Circumstances,
  dump: KernelDump,
): DryRun {
  const desired = desire(config, overrides, 1);
  // As the daemon would: who left the file is drained first.
  const end = gate(desired, takenAsUp(desired, verdicts), roles);
  const { target } = linger(end, desired, dump, nothingLingers, 0);
  return {
    plan: plan(target, dump, { ...policy, exclusive: config.director.ipvs === 'exclusive' }),
    fates: clientFates(end, dump, desired),
  };
}
