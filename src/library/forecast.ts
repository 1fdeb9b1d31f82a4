import type { VirtualService } from '../model/service.ts';
import { serviceFamily } from '../model/service.ts';
import { type Churn, churn as churnOf } from '../scheduling/churn.ts';
import { policyOf } from '../scheduling/index.ts';
import type { Candidate, Client } from '../scheduling/predict.ts';
import { DEFAULT_SIZES, type TableSizes } from '../scheduling/prediction.ts';
import type { Warning } from '../scheduling/warnings.ts';

/** A service with destinations in the scheduler's order, newest first: an entry of a dump, or one made up. */
export interface Situation {
  readonly service: VirtualService;
  readonly destinations: readonly Candidate[];
}

/** Which share of these clients a change would move, needlessly move, and refuse; null when the scheduler cannot be predicted. */
export const churn = (before: Situation, after: Situation, clients: readonly Client[]): Churn | null =>
  churnOf(
    { service: before.service, candidates: before.destinations },
    { service: after.service, candidates: after.destinations },
    clients,
  );

/** What an operator would not expect of these weights and flags, a trap's name and one sentence each: sh weights near 256, mh
 *  ratios over 63:1 or more destinations than slots, weight 0 without the fallback flag. */
export function warnings({ service, destinations }: Situation, sizes: TableSizes = DEFAULT_SIZES): Warning[] {
  const policy = policyOf(service.scheduler);
  const circumstances = {
    candidates: destinations,
    family: serviceFamily(service.id),
    flags: service.schedulerFlags,
    sizes,
  };
  return policy?.warnings(circumstances) ?? [];
}
