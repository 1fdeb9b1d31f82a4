import type { Snapshot } from '../daemon/store.ts';
import { operatorInWords } from '../decide/explain.ts';
import { whyNow } from '../health/certificate.ts';
import type { Desired, DesiredServer, DesiredService, TargetService } from '../model/desired.ts';
import { serverKey } from '../model/health.ts';
import type { Counters, ObservedService } from '../model/observed.ts';
import { destinationKey, serviceKey } from '../model/service.ts';
import type { DestinationStatus, ListenerStatus, ServerStatus, ServiceStatus } from './operations.ts';

/** The services of these names, in their order; what is in no file is left out. */
export function serviceOf(snapshot: Snapshot, now: number, names: readonly string[]): ServiceStatus[] {
  const rows = rowsOf(snapshot);
  return names.flatMap((name): ServiceStatus | [] => {
    const service = rows.services.get(name);
    if (service === undefined) return [];
    const servers = service.servers.map((server) => serverStatus(snapshot, name, server, now));
    return { name, listeners: rows.listenersOf(service), servers };
  });
}

/** The same as JSON, each made when it is its turn. */
export function* serviceTexts(snapshot: Snapshot, now: number, names: readonly string[]): Generator<string, void> {
  const rows = rowsOf(snapshot);
  for (const name of names) {
    const service = rows.services.get(name);
    if (service === undefined) continue;
    const servers = service.servers.map((server) => serverStatus(snapshot, name, server, now));
    yield `{"name":${JSON.stringify(name)},"listeners":${rows.textOf(service)},"servers":${JSON.stringify(servers)}}`;
  }
}

type Parts = Pick<Snapshot, 'desired' | 'dump' | 'target'>;

/** The listeners of services, each made when it is first asked for: many readers ask between two looks at the kernel. */
class Rows {
  readonly services: ReadonlyMap<string, DesiredService>;
  readonly #of: Parts;
  readonly #inKernel: ReadonlyMap<string, ObservedService>;
  readonly #targets: ReadonlyMap<string, TargetService>;
  readonly #made = new Map<string, readonly ListenerStatus[]>();
  readonly #texts = new Map<string, string>();

  constructor(of: Parts) {
    this.#of = of;
    this.services = new Map(of.desired.services.map((service) => [service.name, service]));
    this.#inKernel = new Map(of.dump?.services.map((observed) => [serviceKey(observed.service.id), observed]));
    this.#targets = new Map(of.target?.services.map((target) => [serviceKey(target.service.id), target]));
  }

  holdFor({ dump, target }: Parts): boolean {
    return dump === this.#of.dump && target === this.#of.target;
  }

  listenersOf({ name, listeners, servers }: DesiredService): readonly ListenerStatus[] {
    const made = this.#made.get(name);
    if (made) return made;
    const weights = new Map(servers.map(({ name, weight, fileWeight = 0 }) => [name, weight || fileWeight]));
    const rows = listeners.map((listener) => {
      const key = serviceKey(listener.id);
      return listenerStatus(key, listener, this.#inKernel.get(key), this.#targets.get(key), weights);
    });
    this.#made.set(name, rows);
    return rows;
  }

  /** They are most of a long answer, and the same for all who ask. */
  textOf(service: DesiredService): string {
    const made = this.#texts.get(service.name);
    if (made !== undefined) return made;
    const text = JSON.stringify(this.listenersOf(service));
    this.#texts.set(service.name, text);
    return text;
  }
}

const newest = new WeakMap<Desired, Rows>();

/** Those of the three parts that it is made of: verdicts, which change in place, are none of them. */
function rowsOf(snapshot: Parts): Rows {
  const kept = newest.get(snapshot.desired);
  if (kept?.holdFor(snapshot)) return kept;
  const { desired, dump, target } = snapshot;
  const rows = new Rows({ desired, dump, target });
  newest.set(desired, rows);
  return rows;
}

function listenerStatus(
  key: string,
  service: ListenerStatus['service'],
  observed: ObservedService | undefined,
  target: TargetService | undefined,
  configured: ReadonlyMap<string, number>,
): ListenerStatus {
  const wanted = new Map((target?.destinations ?? []).map((entry) => [destinationKey(entry.destination), entry]));
  const destinations = (observed?.destinations ?? []).map((destination): DestinationStatus => {
    const entry = wanted.get(destinationKey(destination));
    const lastWeight = configured.get(entry?.server ?? '');
    return {
      key: destinationKey(destination),
      address: destination.address,
      port: destination.port,
      forward: destination.forward,
      weight: destination.weight,
      ...(lastWeight !== undefined && { lastWeight }),
      activeConnections: destination.activeConnections,
      inactiveConnections: destination.inactiveConnections,
      ...countersOf(destination.stats),
      server: entry?.server ?? null,
      why: entry?.why ?? 'not in the configuration',
    };
  });
  return {
    key,
    service,
    inKernel: observed !== undefined,
    ...countersOf(observed?.stats),
    destinations,
  };
}

const COUNTERS = ['connections', 'inPackets', 'outPackets', 'inBytes', 'outBytes'] as const;

/** As decimal text; what has none counts from 0. */
const countersOf = (stats: Counters | null | undefined) =>
  Object.fromEntries(COUNTERS.map((name) => [name, String(stats?.[name] ?? 0n)])) as Record<
    (typeof COUNTERS)[number],
    string
  >;

const verdictOf = ({ verdicts }: Snapshot, service: string, { check, name }: DesiredServer) =>
  check === null ? undefined : verdicts.get(serverKey(service, name));

export const healthOf = (snapshot: Snapshot, service: string, server: DesiredServer): ServerStatus['health'] =>
  verdictOf(snapshot, service, server)?.status ?? 'unchecked';

function serverStatus(snapshot: Snapshot, service: string, server: DesiredServer, now: number): ServerStatus {
  const { name, address, administrative, pinned = null } = server;
  const operator = operatorInWords(server).join(', ') || null;
  const verdict = verdictOf(snapshot, service, server);
  const health = verdict?.status ?? 'unchecked';
  const why = verdict ? whyNow(verdict) : 'no check is configured';
  const forMs = verdict ? Math.round(now - verdict.since) : null;
  return { name, address, health, administrative, pinned, operator, why, forMs };
}
