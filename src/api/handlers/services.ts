import type { Snapshot } from '../../daemon/store.ts';
import type { DesiredServer } from '../../model/desired.ts';
import { serverKey } from '../../model/health.ts';
import type { CheckStatus, ServerOfService, ServiceStatus } from '../operations.ts';
import { noSuch } from '../problem.ts';
import type { serviceRoutes } from '../routes/services.ts';
import { healthOf, serviceOf } from '../service-status.ts';
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
      const snapshot = director.store.get();
      const wanted = serversIn(snapshot, query.service).filter(
        ({ service, server }) => query.health === undefined || healthOf(snapshot, service, server) === query.health,
      );
      const { items, next } = pageOf(wanted, keyOf, query);
      const keys = new Set(items.map(keyOf));
      const shown = services([...new Set(items.map(({ service }) => service))]).map((status) => ({
        ...status,
        servers: status.servers.filter(({ name }) => keys.has(serverKey(status.name, name))),
      }));
      return { servers: shown.flatMap(serversOf), next };
    },
    getServer: async ({ params }) => {
      await freshDump(parts);
      return revised(oneServer(parts, params.service, params.server));
    },
    listChecks: async ({ query }) => {
      const snapshot = director.store.get();
      const { items, next } = pageOf(checkedIn(snapshot, query.service), keyOf, query);
      return { checks: items.map((checked) => checkStatus(snapshot, clock.now(), checked)), next };
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

interface OfService {
  readonly service: string;
  readonly server: DesiredServer;
}

const keyOf = ({ service, server }: OfService): string => serverKey(service, server.name);

/** Servers of one service, or of all, in the file's order; a list's rows are made of those that a page shows. */
function serversIn(snapshot: Snapshot, service: string | undefined): OfService[] {
  const only = service === undefined ? undefined : known(snapshot, service);
  return snapshot.desired.services
    .filter(({ name }) => only === undefined || name === only)
    .flatMap(({ name, servers }) => servers.map((server) => ({ service: name, server })));
}

type Checked = OfService & { readonly check: NonNullable<DesiredServer['check']> };

const checkedIn = (snapshot: Snapshot, service: string | undefined): Checked[] =>
  serversIn(snapshot, service).flatMap((each) => {
    const { check } = each.server;
    return check === null ? [] : [{ ...each, check }];
  });

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

function checkStatus({ verdicts }: Snapshot, now: number, { service, server, check }: Checked): CheckStatus {
  const verdict = verdicts.get(serverKey(service, server.name));
  const last = verdict?.last;
  return {
    service,
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
  };
}
