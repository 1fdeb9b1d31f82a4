import { type OverrideKind, type Overrides, overrideId, serverTarget } from '../../model/override.ts';
import { noSuch } from '../problem.ts';
import type { operationRoutes } from '../routes/operations.ts';
import { type Caller, type HandlersOf, type Parts, Revised } from './parts.ts';
import { freshDump } from './reading.ts';
import { oneServer, oneService } from './services.ts';
import { change, drainEdit, undrainEdit } from './settings.ts';

/** Kinds under which a server gets nothing new already. */
const STANDING: readonly OverrideKind[] = ['drain', 'maintenance'];

export function operationHandlers(parts: Parts): HandlersOf<typeof operationRoutes> {
  const { director, drains } = parts;
  const undrain = async (service: string, server: string, caller: Caller): Promise<number> => {
    oneServer(parts, service, server);
    const revision = await change(parts, [undrainEdit(service, server)], caller);
    drains.cancel(service, server, caller.name);
    return revision;
  };
  const known = (id: string) => {
    const found = drains.get(id);
    if (found) return found;
    throw noSuch(
      'operation',
      id,
      drains.list().map((operation) => operation.id),
    );
  };
  return {
    drainServer: async ({ params: { service, server }, body }, caller) => {
      oneServer(parts, service, server);
      const revision = await change(parts, [drainEdit(service, server, body)], caller);
      await director.reconciler.observe({ stats: false }).catch(() => {});
      return new Revised(drains.watch(service, server, caller.name), revision);
    },
    undrainServer: async ({ params: { service, server } }, caller) => {
      const revision = await undrain(service, server, caller);
      await freshDump(parts);
      return new Revised(oneServer(parts, service, server), revision);
    },
    drainService: async ({ params: { service }, body }, caller) => {
      const { servers } = oneService(parts, service);
      const free = ({ rows }: Overrides): string[] =>
        servers
          .map(({ name }) => name)
          .filter(
            (name) => !STANDING.some((kind) => rows.has(overrideId({ kind, target: serverTarget(service, name) }))),
          );
      const edits = (present: Overrides) => free(present).map((name) => drainEdit(service, name, body));
      const revision = await change(parts, edits, caller);
      await director.reconciler.observe({ stats: false }).catch(() => {});
      const { rows } = director.store.get().overrides;
      const drained = servers.filter(({ name }) =>
        rows.has(overrideId({ kind: 'drain', target: serverTarget(service, name) })),
      );
      return new Revised({ operations: drained.map(({ name }) => drains.watch(service, name, caller.name)) }, revision);
    },
    undrainService: async ({ params: { service } }, caller) => {
      const { servers } = oneService(parts, service);
      const revision = await change(
        parts,
        servers.map(({ name }) => undrainEdit(service, name)),
        caller,
      );
      for (const { name } of servers) drains.cancel(service, name, caller.name);
      await freshDump(parts);
      return new Revised(oneService(parts, service), revision);
    },
    listOperations: async () => ({ operations: drains.list() }),
    getOperation: async ({ params }) => known(params.operation),
    cancelOperation: async ({ params }, caller) => {
      const { state, service, server } = known(params.operation);
      if (state !== 'running') return known(params.operation);
      const revision = await undrain(service, server, caller);
      return new Revised(known(params.operation), revision);
    },
  };
}
