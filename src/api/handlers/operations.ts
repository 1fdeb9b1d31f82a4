import { overrideId, serverTarget } from '../../model/override.ts';
import { noSuch } from '../problem.ts';
import type { operationRoutes } from '../routes/operations.ts';
import { askOf } from './overrides.ts';
import type { Caller, HandlersOf, Parts } from './parts.ts';
import { freshDump } from './reading.ts';
import { oneServer } from './services.ts';

export function operationHandlers(parts: Parts): HandlersOf<typeof operationRoutes> {
  const { director, drains } = parts;
  const drain = (service: string, server: string) =>
    ({ kind: 'drain', value: null, target: serverTarget(service, server) }) as const;
  const undrain = async (service: string, server: string, caller: Caller): Promise<void> => {
    oneServer(parts, service, server);
    await director.overrides.change([{ clear: overrideId(drain(service, server)) }], askOf(caller));
    drains.cancel(service, server, caller.name);
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
      await director.overrides.change([{ set: drain(service, server) }], askOf(caller));
      await director.reconciler.observe({ stats: false }).catch(() => {});
      return drains.watch(service, server, caller.name);
    },
    undrainServer: async ({ params: { service, server } }, caller) => {
      await undrain(service, server, caller);
      await freshDump(parts);
      return oneServer(parts, service, server);
    },
    listOperations: async () => ({ operations: drains.list() }),
    getOperation: async ({ params }) => known(params.operation),
    cancelOperation: async ({ params }, caller) => {
      const { state, service, server } = known(params.operation);
      if (state === 'running') await undrain(service, server, caller);
      return known(params.operation);
    },
  };
}
