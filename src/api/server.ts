import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import type { Clock } from '../base/clock.ts';
import { failure } from '../base/errors.ts';
import type { Director } from '../daemon/lifecycle.ts';
import { NOTHING_COUNTED } from '../model/engine.ts';
import { type InstancesStatus, type Problem, ROUTES, type RouteName, type RouteTypes } from './contract.ts';
import { instancesOf } from './instances.ts';
import { addMetrics } from './metrics.ts';
import { type Reading, statusOf } from './status.ts';

/** A status is read from the store; a dump with counters older than this is renewed first. */
const FRESH_MS = 900;

type Handlers = {
  readonly [N in RouteName]: (params: RouteTypes[N]['params']) => Promise<RouteTypes[N]['body'] | Problem>;
};

export interface ApiServer {
  close(): Promise<void>;
}

/** Serves the routes on a unix socket that only its owner and group can open. Rejects if a daemon already answers there. */
export async function serveApi(director: Director, socket: string, clock: Clock): Promise<ApiServer> {
  await takeSocket(socket);
  const server = fastify({ bodyLimit: 64 * 1024, requestTimeout: 60_000, forceCloseConnections: true });
  addRoutes(server, handlers(director, clock));
  addMetrics(server, director, clock);
  const mask = process.umask(0o117);
  try {
    await server.listen({ path: socket });
  } finally {
    process.umask(mask);
  }
  chmodSync(socket, 0o660);
  return { close: () => server.close() };
}

function addRoutes(server: FastifyInstance, table: Handlers): void {
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path } = ROUTES[name];
    server.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const handle = table[name] as (params: unknown) => Promise<unknown>;
        const body = await handle(request.params);
        if (isProblem(body)) return reply.code(body.status).type('application/problem+json').send(body);
        return reply.send(body);
      },
    });
  }
}

function handlers(director: Director, clock: Clock): Handlers {
  const status = async () => {
    if (clock.now() - director.store.get().dumpAt > FRESH_MS || lacksCounters(director))
      // A kernel that cannot be read is a problem that the status itself tells.
      await director.reconciler.observe({ stats: true }).catch(() => {});
    return statusOf(director, await reading(), process.pid);
  };
  const reading = async (): Promise<Reading> => ({
    now: clock.now(),
    wall: clock.wall(),
    counters: (await director.elections?.counters()) ?? NOTHING_COUNTED,
  });
  const instances = async (): Promise<InstancesStatus> => {
    await director.reconciler.observe({ stats: false }).catch(() => {});
    const snapshot = director.store.get();
    return { maintenance: snapshot.maintenance, instances: instancesOf(snapshot, await reading()) };
  };
  const setMaintenance = async (on: boolean) => {
    await director.elections?.setMaintenance(on);
    return instances();
  };
  const setDrained = async (params: { service: string; server: string }, drained: boolean) => {
    if (await director.setDrained(params.service, params.server, drained)) return status();
    const service = director.store.get().desired.services.find((s) => s.name === params.service);
    return service
      ? notFound(
          'server',
          params.server,
          service.servers.map((s) => s.name),
        )
      : notFound(
          'service',
          params.service,
          director.store.get().desired.services.map((s) => s.name),
        );
  };
  return {
    status,
    judgement: async () => {
      const { drained, verdicts } = director.store.get();
      const { owned, ownedAddresses, ownedDaemons } = director.reconciler.policy;
      return {
        drained: [...drained],
        verdicts: [...verdicts].map(([key, verdict]) => ({ key, status: verdict.status, why: verdict.why })),
        ownedServices: [...owned],
        ownedAddresses: [...ownedAddresses],
        ownedDaemons: [...ownedDaemons],
      };
    },
    events: async ({ after }) => director.store.events(Number(after) || 0),
    report: async () => director.history.report(),
    drain: (params) => setDrained(params, true),
    undrain: (params) => setDrained(params, false),
    instances,
    failover: async ({ instance, to }) => {
      const outcome = await director.elections?.failover(instance, to === 'peer' ? 'peer' : 'other');
      const present = director.store.get().desired.instances.map(({ name }) => name);
      return outcome ?? notFound('instance', instance, present);
    },
    maintenanceOn: () => setMaintenance(true),
    maintenanceOff: () => setMaintenance(false),
    reload: async () => {
      const accepted = await director.reload();
      const { refusedReload, revision, reloadNotes } = director.store.get();
      return { accepted, text: refusedReload ?? `revision ${revision}`, notes: accepted ? reloadNotes : [] };
    },
  };
}

const lacksCounters = (director: Director): boolean => director.store.get().dump?.services[0]?.stats === null;

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'status' in body && 'title' in body;

function notFound(kind: string, name: string, present: readonly string[]): Problem {
  const { code, message } = failure('not-found', { kind, name, present: present.join(', ') || 'none' });
  return { title: `no such ${kind}`, status: 404, code, detail: message };
}

/** Removes a socket whose daemon died; refuses one that answers. */
async function takeSocket(socket: string): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o755 });
  if (!existsSync(socket)) return;
  const answers = await new Promise<boolean>((resolve) => {
    const attempt = connect(socket);
    attempt.once('connect', () => {
      attempt.destroy();
      resolve(true);
    });
    attempt.once('error', () => resolve(false));
  });
  if (answers) throw failure('daemon-running', { socket });
  unlinkSync(socket);
}
