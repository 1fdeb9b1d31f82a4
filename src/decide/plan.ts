import type { Target, TargetService } from '../model/desired.ts';
import type { KernelDump, ObservedService } from '../model/observed.ts';
import type { Plan } from '../model/op.ts';
import { sameServiceSettings, serviceKey } from '../model/service.ts';
import { compareText, inCanonicalOrder } from './canonical.ts';
import { fallbackBit } from './fallback-flag.ts';
import { type Step, StepList } from './order.ts';
import { planAddresses } from './plan-addresses.ts';
import { planDestinations } from './plan-destinations.ts';
import { planRouting } from './plan-routing.ts';
import { planSync } from './plan-sync.ts';
import { planSysctls } from './plan-sysctls.ts';
import type { Policy } from './policy.ts';
import { count, serverIs, serviceDifference, serviceIs } from './words.ts';

const REASONS = { notInFile: 'is not in the file', exclusive: 'is not in the file, and the table is ours alone' };
export type Reasons = typeof REASONS;

/** What turns the kernel's state into the target: the fewest operations, in an order that is safe to cut short anywhere
 *  (order.ts). What the policy does not give us stays untouched and is noted. `reasons` are quoted in deletions. */
export function plan(target: Target, dump: KernelDump, policy: Policy, reasons: Reasons = REASONS): Plan {
  const steps = new StepList();
  const notes: string[] = [];
  const left = planServices(steps, notes, target, dump, policy, reasons);
  planAddresses(steps, notes, target, dump, policy, reasons.notInFile);
  planRouting(steps, notes, target, dump);
  planSync(steps, notes, target, dump, policy, { left, notInFile: reasons.notInFile });
  planSysctls(steps, notes, target, dump);
  return { ops: steps.inOrder(), notes };
}

/** Returns the services that are not ours and stay. */
function planServices(
  steps: StepList,
  notes: string[],
  target: Target,
  dump: KernelDump,
  policy: Policy,
  reasons: Reasons,
): ObservedService[] {
  const present = new Map(dump.services.map((entry) => [serviceKey(entry.service.id), entry]));
  const wanted = new Map<string, TargetService>();
  for (const entry of target.services) {
    const key = serviceKey(entry.service.id);
    if (wanted.has(key)) notes.push(`${entry.name}: ${key} belongs to ${wanted.get(key)?.name} already; left out`);
    else wanted.set(key, entry);
  }
  for (const [key, entry] of [...wanted].sort(byKey)) {
    const observed = present.get(key);
    if (observed) planExisting(steps, entry, observed);
    else planNew(steps, entry);
  }

  const foreign: ObservedService[] = [];
  for (const [key, observed] of [...present].sort(byKey)) {
    if (wanted.has(key)) continue;
    const why = `${key} ${policy.owned.has(key) ? reasons.notInFile : reasons.exclusive}`;
    if (policy.owned.has(key) || policy.exclusive)
      steps.add('delete-service', { kind: 'delete-service', id: observed.service.id, why });
    else foreign.push(observed);
  }
  if (foreign.length > 0) notes.push(foreignNote(foreign));
  return foreign;
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => compareText(a[0], b[0]);

const NAMED = 10;

function foreignNote(foreign: readonly ObservedService[]): string {
  const named = foreign
    .slice(0, NAMED)
    .map(({ service, destinations }) => `${serviceKey(service.id)} (${count(destinations.length, 'destination')})`);
  const more = foreign.length > NAMED ? ` and ${foreign.length - NAMED} more` : '';
  return `not ours and left alone: ${named.join(', ')}${more}`;
}

function planNew(steps: StepList, entry: TargetService): void {
  const { service, name } = entry;
  steps.add('new-service', { kind: 'add-service', service, why: serviceIs(entry, 'is new') });
  // The kernel puts each newcomer first in its list, so the last in order is added first.
  for (const wanted of inCanonicalOrder(entry.destinations, (d) => d.destination).toReversed()) {
    steps.add('new-service', {
      kind: 'add-destination',
      id: service.id,
      destination: wanted.destination,
      why: serverIs(name, wanted),
    });
  }
}

function planExisting(steps: StepList, entry: TargetService, observed: ObservedService): void {
  const { service } = entry;
  if (!sameServiceSettings(observed.service, service)) {
    const why = serviceIs(entry, `changes: ${serviceDifference(observed.service, service)}`);
    steps.add(stepOfSet(entry, observed), { kind: 'set-service', service, why });
  }
  planDestinations(steps, entry, observed);
}

function stepOfSet({ service }: TargetService, { service: before }: ObservedService): Step {
  if (before.scheduler !== service.scheduler) return 'set-service';
  const bit = fallbackBit(service.scheduler);
  const gains = (service.schedulerFlags & bit & ~before.schedulerFlags) !== 0;
  const loses = (before.schedulerFlags & bit & ~service.schedulerFlags) !== 0;
  return gains ? 'prepare-service' : loses ? 'calm-service' : 'set-service';
}
