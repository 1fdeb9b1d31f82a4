import type { Target, TargetService } from '../model/desired.ts';
import type { TrackerState } from '../model/instance.ts';
import { type Conditions, NO_CONDITIONS, type ServiceCondition } from './conditions.ts';
import { FALLING_BACK } from './gate.ts';
import { WAITING } from './standing.ts';
import { count } from './words.ts';

/** What instances that depend on services go by: a service is up while a server of it takes connections on any of its
 *  listeners and, if it has a quorum, that is held. The fallback is no such server, and servers that only serve because we
 *  distrust ourselves are a reason for another director to take over. Unknown until the first checks came back. */
export function serviceStates(target: Target, conditions: Conditions = NO_CONDITIONS): Map<string, TrackerState> {
  return new Map(
    [...servicesByName(target)].map(([name, services]) => [name, stateOf(services, conditions.get(name))]),
  );
}

function servicesByName({ services }: Target): Map<string, TargetService[]> {
  const byName = new Map<string, TargetService[]>();
  for (const service of services) {
    const known = byName.get(service.name);
    if (known) known.push(service);
    else byName.set(service.name, [service]);
  }
  return byName;
}

function stateOf(services: readonly TargetService[], condition?: ServiceCondition): TrackerState {
  if (condition?.panic) return { state: 'down', value: 0, why: condition.panic };
  if (condition?.quorum?.held === false) return { state: 'down', value: 0, why: condition.quorum.why };
  const most = Math.max(...services.map(available));
  if (most > 0) return { state: 'up', value: 1, why: `${count(most, 'server')} in service` };
  const waits = services.some(({ withheld }) => Object.values(withheld).includes(WAITING));
  if (waits) return { state: 'unknown', value: 0, why: 'its servers are not checked yet' };
  return { state: 'down', value: 0, why: 'no server takes connections' };
}

const available = ({ destinations }: TargetService): number =>
  destinations.filter(({ destination, why }) => destination.weight > 0 && why !== FALLING_BACK).length;
