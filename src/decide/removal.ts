import { EMPTY_TARGET } from '../model/desired.ts';
import type { KernelDump } from '../model/observed.ts';
import type { Plan } from '../model/op.ts';
import { plan } from './plan.ts';
import type { Policy } from './policy.ts';

const STOPPING = 'goes: Fairlead stops and director.onStop is remove';

/** Takes everything of ours out of the kernel, addresses first, then sync daemons. Kernel settings stay: nobody knows what they were. */
export const removal = (dump: KernelDump, policy: Policy): Plan =>
  plan(EMPTY_TARGET, dump, policy, { notInFile: STOPPING, exclusive: STOPPING });
