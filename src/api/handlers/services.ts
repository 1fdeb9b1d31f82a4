import type { Snapshot } from '../../daemon/store.ts';
import { serverKey } from '../../model/health.ts';
import type { CheckStatus, ServerOfService, ServiceStatus } from '../operations.ts';
import { noSuch } from '../problem.ts';
import type { serviceRoutes } from '../routes/services.ts';
import { serviceOf } from '../service-status.ts';
import { pageOf } from './page.ts';
import { type HandlersOf, type Parts, Revised } from './parts.ts';
import { freshDump } from './reading.ts';

export function serviceHandlers(parts: Parts): HandlersOf<typeof serviceRoutes> {
  const { director, clock } = parts;
  const services = (names: readonly string[]): ServiceStatus[] => serviceOf(director.store.get(), clock.now(), names);
  const revised = <T>(body: T): Revised<T> => new Revised(body, director.store.get().overrides.revision);
  return {
    listServices: async ({ query }) => {
      await freshDump(parts);
      const names = director.store.get().desired.services.map(({ name }) => name);
      const { items, next } = pageOf(names, (name) => name, query);
      return { services: services(items), next };
    },
    getService: async ({ params }) => {
      await freshDump(parts);
      return revised(oneService(parts, params.service));
    },
    listServers: async ({ query }) => {
      await freshDump(parts);
      const all = services(named(director.store.get(), query.service)).flatMap(serversOf);
      const wanted = query.health === undefined ? all : all.filter(({ health }) => health === query.health);
      const { items, next } = pageOf(wanted, ({ service, name }) => serverKey(service, name), query);
      return { servers: items, next };
    },
    getServer: async ({ params }) => {
      await freshDump(parts);
      return revised(oneServer(parts, params.service, params.server));
    },
    listChecks: async ({ query }) => {
      const checks = checksOf(director.store.get(), clock.now(), query.service);
      const { items, next } = pageOf(checks, ({ service, server }) => serverKey(service, server), query);
      return { checks: items, next };
    },
  };
}

/** One service as it is now; throws a refusal when there is none. */
export function oneService({ director, clock }: Parts, name: string): ServiceStatus {
  const snapshot = director.store.get();
  return serviceOf(snapshot, clock.now(), [known(snapshot, name)])[0] as ServiceStatus;
}

/** One server as it is now; throws a refusal when there is none. */
export function oneServer({ director, clock }: Parts, service: string, server: string): ServerOfService {
  const snapshot = director.store.get();
  const [found] = serviceOf(snapshot, clock.now(), [known(snapshot, service)]);
  const servers = found ? serversOf(found) : [];
  const one = servers.find(({ name }) => name === server);
  if (one) return one;
  throw noSuch(
    'server',
    server,
    servers.map(({ name }) => name),
  );
}

export function known({ desired }: Snapshot, name: string): string {
  if (desired.services.some((service) => service.name === name)) return name;
  throw noSuch(
    'service',
    name,
    desired.services.map((service) => service.name),
  );
}

const named = (snapshot: Snapshot, name: string | undefined): string[] =>
  name === undefined ? snapshot.desired.services.map((service) => service.name) : [known(snapshot, name)];

const serversOf = ({ name, listeners, servers }: ServiceStatus): ServerOfService[] =>
  servers.map((server) => {
    const mine = listeners.flatMap(({ destinations }) => destinations.filter((each) => each.server === server.name));
    return {
      ...server,
      service: name,
      weight: mine[0]?.weight ?? null,
      activeConnections: mine.reduce((sum, each) => sum + each.activeConnections, 0),
      inactiveConnections: mine.reduce((sum, each) => sum + each.inactiveConnections, 0),
      connections: String(mine.reduce((sum, each) => sum + BigInt(each.connections), 0n)),
    };
  });

function checksOf(snapshot: Snapshot, now: number, service: string | undefined): CheckStatus[] {
  const wanted = new Set(named(snapshot, service));
  return snapshot.desired.services
    .filter(({ name }) => wanted.has(name))
    .flatMap(({ name, servers }) =>
      servers.flatMap((server): CheckStatus[] => {
        const { check } = server;
        if (check === null) return [];
        const verdict = snapshot.verdicts.get(serverKey(name, server.name));
        const last = verdict?.last;
        return [
          {
            service: name,
            server: server.name,
            kind: check.check.kind,
            everyMs: check.everyMs,
            timeoutMs: check.timeoutMs,
            rise: check.rise,
            fall: check.fall,
            status: verdict?.status ?? 'unknown',
            why: verdict?.why ?? 'waiting for its first check',
            contradictingResults: verdict?.streak ?? 0,
            last: last
              ? {
                  ok: last.ok,
                  agoMs: Math.max(0, Math.round(now - last.at)),
                  durationMs: last.durationMs,
                  phase: last.phase,
                  outcome: last.outcome,
                  evidence: last.evidence,
                }
              : null,
          },
        ];
      }),
    );
}
