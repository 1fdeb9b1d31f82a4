import { formatEndpoint } from '../../base/ip.ts';
import { CHECKS, type CheckKind } from '../../config/checks/index.ts';
import type { Snapshot } from '../../daemon/store.ts';
import { whyNow } from '../../health/certificate.ts';
import { targetOf } from '../../health/shared.ts';
import type { Desired, DesiredServer } from '../../model/desired.ts';
import { serverKey } from '../../model/health.ts';
import type { ProbeTarget } from '../../model/ports.ts';
import type { CheckPage, CheckStatus, ServerOfService, ServerPage, ServicePage, ServiceStatus } from '../operations.ts';
import { Pieces, textsOf } from '../pieces.ts';
import { noSuch } from '../problem.ts';
import type { serviceRoutes } from '../routes/services.ts';
import { healthOf, serviceOf, serviceTexts } from '../service-status.ts';
import { pageOf } from './page.ts';
import { type HandlersOf, type Parts, Revised } from './parts.ts';
import { freshDump } from './reading.ts';

export function serviceHandlers(parts: Parts): HandlersOf<typeof serviceRoutes> {
  const { director, clock } = parts;
  const revised = <T>(body: T): Revised<T> => new Revised(body, director.store.get().overrides.revision);
  return {
    listServices: async ({ query }) => {
      await freshDump(parts);
      const names = director.store.get().desired.services.map(({ name }) => name);
      const { items, next } = pageOf(names, (name) => name, query);
      return new Pieces<ServicePage>({ next }, { services: serviceTexts(director.store.get(), clock.now(), items) });
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
      return new Pieces<ServerPage>({ next }, { servers: textsOf(serverRows(snapshot, clock.now(), items)) });
    },
    getServer: async ({ params }) => {
      await freshDump(parts);
      return revised(oneServer(parts, params.service, params.server));
    },
    listChecks: async ({ query }) => {
      director.store.gather();
      const snapshot = director.store.get();
      const { items, next } = pageOf(checkedIn(snapshot, query.service), keyOf, query);
      return new Pieces<CheckPage>({ next }, { checks: textsOf(checkRows(parts, snapshot, items)) });
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
function serversIn(snapshot: Snapshot, service: string | undefined): readonly OfService[] {
  if (service === undefined) return allServersOf(snapshot.desired);
  const name = known(snapshot, service);
  return listed(snapshot.desired.services.filter((each) => each.name === name));
}

const listed = (services: Desired['services']): readonly OfService[] =>
  services.flatMap(({ name, servers }) => servers.map((server) => ({ service: name, server })));

const lists = new WeakMap<Desired, readonly OfService[]>();
function allServersOf(desired: Desired): readonly OfService[] {
  const known = lists.get(desired);
  if (known) return known;
  const list = listed(desired.services);
  lists.set(desired, list);
  return list;
}

/** Servers that follow each other in the file's order; those of one service are made together. */
function* serverRows(snapshot: Snapshot, now: number, items: readonly OfService[]): Generator<ServerOfService, void> {
  for (let next = 0; next < items.length; ) {
    const service = items[next]?.service ?? '';
    const names = new Set<string>();
    for (; items[next]?.service === service; next++) names.add(items[next]?.server.name ?? '');
    for (const status of serviceOf(snapshot, now, [service])) {
      const servers = status.servers.filter(({ name }) => names.has(name));
      yield* serversOf({ ...status, servers });
    }
  }
}

function* checkRows(parts: Parts, snapshot: Snapshot, items: readonly Checked[]): Generator<CheckStatus, void> {
  for (const checked of items) yield checkStatus(parts, snapshot, checked);
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

function checkStatus(
  { director, clock }: Parts,
  { verdicts }: Snapshot,
  { service, server, check }: Checked,
): CheckStatus {
  const now = clock.now();
  const key = serverKey(service, server.name);
  const verdict = verdicts.get(key);
  const last = verdict?.last;
  const cycle = director.health.cycleOf(key);
  return {
    service,
    server: server.name,
    kind: check.check.kind,
    target: targetText(check.check.kind, cycle?.target ?? targetOf(server, check)),
    users: [...(cycle?.users ?? [key])],
    nextInMs: cycle === undefined || cycle.nextAt === null ? null : Math.max(0, Math.round(cycle.nextAt - now)),
    everyMs: check.everyMs,
    timeoutMs: check.timeoutMs,
    rise: check.rise,
    fall: check.fall,
    status: verdict?.status ?? 'unknown',
    why: verdict ? whyNow(verdict) : 'waiting for its first check',
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

/** What a kind of check needs of its target. */
function targetText(kind: string, { address, port }: ProbeTarget): string {
  const to = kind in CHECKS ? CHECKS[kind as CheckKind].to : undefined;
  if (to === 'nothing') return '';
  return to === 'address' ? address : formatEndpoint(address, port);
}
