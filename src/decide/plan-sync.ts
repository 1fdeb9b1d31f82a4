import type { Target } from '../model/desired.ts';
import type { KernelDump, ObservedService } from '../model/observed.ts';
import type { Op } from '../model/op.ts';
import {
  type Destination,
  destinationKey,
  mixesFamilies,
  serviceKey,
  type VirtualServiceId,
} from '../model/service.ts';
import { fulfils, SYNC_ROLES, type SyncDaemon, type SyncRole, syncDaemonKey } from '../model/sync.ts';
import type { StepList } from './order.ts';
import type { Policy } from './policy.ts';

/** Starts, restarts and stops the connection sync daemons. One that Fairlead did not start and the file does not name stays,
 *  in an exclusive table too. `left` are the services of the kernel that this plan leaves alone. */
export function planSync(
  steps: StepList,
  notes: string[],
  target: Target,
  dump: KernelDump,
  policy: Policy,
  parts: { readonly left: readonly ObservedService[]; readonly notInFile: string },
): void {
  // Looks at every destination, so only where it matters.
  const mixed = (): string | undefined => mixedIn(target, parts.left);
  for (const role of SYNC_ROLES) {
    const wanted = target.daemons.find(({ state }) => state === role);
    const present = dump.daemons.find(({ state }) => state === role);
    const asked = [...policy.ownedDaemons].filter((key) => key.startsWith(`${role} `));
    if (wanted) planWanted(steps, notes, wanted, present, asked, mixed);
    else if (present && asked.length === 0) notes.push(`sync ${syncDaemonKey(present)} is not ours and left alone`);
    // A server of the other family can come only when it is gone; otherwise it tells its peers to the end.
    else if (present) steps.add(mixed() ? 'free-families' : 'stop-sync', stop(role, parts.notInFile));
  }
}

function planWanted(
  steps: StepList,
  notes: string[],
  wanted: SyncDaemon,
  present: SyncDaemon | undefined,
  asked: readonly string[],
  mixed: () => string | undefined,
): void {
  const key = syncDaemonKey(wanted);
  // What the file no longer asks for is the kernel's choice again, and that shows only in what we asked for before.
  const isAsAsked = asked.length === 0 || asked.includes(key);
  if (present && isAsAsked && fulfils(present, wanted)) return;
  const obstacle = mixed();
  if (obstacle !== undefined) {
    notes.push(
      `sync ${wanted.state} waits: the kernel cannot sync connections while ${obstacle} crosses address families`,
    );
    return;
  }
  const why = present ? `changes: ${syncDaemonKey(present)} -> ${key}` : 'is in the file and does not run';
  if (present) steps.add('start-sync', stop(wanted.state, why));
  steps.add('start-sync', { kind: 'start-daemon', daemon: wanted, why: `sync ${wanted.state} ${why}` });
}

const stop = (role: SyncRole, why: string): Op => ({ kind: 'stop-daemon', role, why: `sync ${role} ${why}` });

/** A destination of another family than its service that will be in the kernel after the plan. */
function mixedIn(target: Target, left: readonly ObservedService[]): string | undefined {
  for (const { service, destinations } of target.services) {
    const found = crossing(
      service.id,
      destinations.map(({ destination }) => destination),
    );
    if (found) return found;
  }
  for (const { service, destinations } of left) {
    const found = crossing(service.id, destinations);
    if (found) return found;
  }
  return undefined;
}

function crossing(id: VirtualServiceId, destinations: readonly Destination[]): string | undefined {
  const found = destinations.find((destination) => mixesFamilies(id, destination));
  return found && `${destinationKey(found)} of ${serviceKey(id)}`;
}
