import { DIRECTOR, directorInMaintenance, instanceTarget, overrideId, targetName } from '../../model/override.ts';
import { instancesOf } from '../instances.ts';
import type { InstanceStatus, InstancesStatus } from '../operations.ts';
import { noSuch, refuse } from '../problem.ts';
import type { instanceRoutes } from '../routes/instances.ts';
import { type HandlersOf, Otherwise, type Parts } from './parts.ts';
import { readingOf } from './reading.ts';

export function instanceHandlers(parts: Parts): HandlersOf<typeof instanceRoutes> {
  const { director } = parts;
  const names = (): string[] => director.store.get().desired.instances.map(({ name }) => name);
  return {
    listInstances: () => instancesNow(parts),
    getInstance: async ({ params }): Promise<InstanceStatus> => {
      const found = (await instancesNow(parts)).instances.find(({ name }) => name === params.instance);
      if (!found) throw noSuch('instance', params.instance, names());
      return found;
    },
    // Probes come often and from anybody: from memory alone, and without telling other names.
    getInstanceRole: async ({ params: { instance } }) => {
      if (!names().includes(instance)) throw noSuch('instance', instance, ['not told here']);
      const report = director.store.get().instances.get(instance);
      const state = report?.state ?? 'init';
      const master = state === 'master';
      const why = report?.why ?? 'waiting for its trackers';
      const role = { instance, role: master ? ('master' as const) : ('other' as const), state, why };
      return master ? role : new Otherwise(role);
    },
    failOver: async ({ params: { instance }, body }) => {
      if (names().includes(instance)) refuseInMaintenance(parts, instance);
      const outcome = await director.elections?.failover(instance, body.to);
      if (!outcome) throw noSuch('instance', instance, names());
      return outcome;
    },
  };
}

/** What is in maintenance stays out of the election, so nothing can be handed over or taken. */
function refuseInMaintenance({ director }: Parts, instance: string): void {
  const { rows } = director.store.get().overrides;
  for (const target of [DIRECTOR, instanceTarget(instance)]) {
    const id = overrideId({ kind: 'maintenance', target });
    if (rows.has(id)) throw refuse('override-conflict', { detail: `${targetName(target)} is in maintenance`, id });
  }
}

/** All instances as they are now. */
export async function instancesNow(parts: Parts): Promise<InstancesStatus> {
  const { director } = parts;
  await director.reconciler.observe({ stats: false }).catch(() => {});
  const snapshot = director.store.get();
  return {
    maintenance: directorInMaintenance(snapshot.overrides),
    instances: instancesOf(snapshot, await readingOf(parts)),
  };
}
