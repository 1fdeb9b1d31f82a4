import { noSuch } from '../problem.ts';
import type { operationRoutes } from '../routes/operations.ts';
import type { HandlersOf, Parts } from './parts.ts';
import { freshDump } from './reading.ts';
import { oneServer } from './services.ts';

export function operationHandlers(parts: Parts): HandlersOf<typeof operationRoutes> {
  const { director, drains } = parts;
  const undrain = async (service: string, server: string, by: string): Promise<void> => {
    oneServer(parts, service, server);
    await director.setDrained(service, server, false);
    drains.cancel(service, server, by);
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
    drainServer: async ({ params: { service, server } }, caller) => {
      oneServer(parts, service, server);
      await director.setDrained(service, server, true);
      await director.reconciler.observe({ stats: false }).catch(() => {});
      return drains.watch(service, server, caller.name);
    },
    undrainServer: async ({ params: { service, server } }, caller) => {
      await undrain(service, server, caller.name);
      await freshDump(parts);
      return oneServer(parts, service, server);
    },
    listOperations: async () => ({ operations: drains.list() }),
    getOperation: async ({ params }) => known(params.operation),
    cancelOperation: async ({ params }, caller) => {
      const { state, service, server } = known(params.operation);
      if (state === 'running') await undrain(service, server, caller.name);
      return known(params.operation);
    },
  };
}
