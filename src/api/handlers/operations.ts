import { noSuch } from '../problem.ts';
import type { operationRoutes } from '../routes/operations.ts';
import { type Caller, type HandlersOf, type Parts, Revised } from './parts.ts';
import { freshDump } from './reading.ts';
import { oneServer } from './services.ts';
import { change, drainEdit, undrainEdit } from './settings.ts';

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
