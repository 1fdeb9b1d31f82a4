import { VERSION } from '../base/version.ts';
import type { Director } from '../daemon/lifecycle.ts';
import type { Snapshot } from '../daemon/store.ts';
import { operatorInWords } from '../decide/explain.ts';
import type { TargetService } from '../model/desired.ts';
import type { EngineCounters } from '../model/engine.ts';
import { serverKey } from '../model/health.ts';
import type { Counters, ObservedService } from '../model/observed.ts';
import { directorInMaintenance } from '../model/override.ts';
import { destinationKey, serviceKey } from '../model/service.ts';
import { fulfils } from '../model/sync.ts';
import { instancesOf } from './instances.ts';
import type {
  DestinationStatus,
  DirectorStatus,
  ListenerStatus,
  ServerStatus,
  ServiceStatus,
  Status,
  SyncStatus,
} from './operations.ts';
import { overridesOf } from './overrides.ts';

/** When a status is read, and what the engine counted. */
export interface Reading {
  /** Monotonic milliseconds, and wall-clock ones. */
  readonly now: number;
  readonly wall: number;
  readonly counters: EngineCounters;
}

/** What every view of a director begins with. */
function identityOf(snapshot: Snapshot, pid: number) {
  return {
    version: VERSION,
    pid,
    file: snapshot.file,
    revision: snapshot.revision,
    startedAtMs: snapshot.startedAt,
    inSync: snapshot.failures.length === 0 && snapshot.refusedReload === null,
    problems: problemsOf(snapshot),
    notes: snapshot.notes,
    maintenance: directorInMaintenance(snapshot.overrides),
  };
}

/** The store, arranged for people. Reads nothing else. */
export function statusOf(director: Director, reading: Reading, pid: number): Status {
  const snapshot = director.store.get();
  const held = new Set((snapshot.dump?.addresses ?? []).map((address) => `${address.interface} ${address.address}`));
  return {
    ...identityOf(snapshot, pid),
    overrides: overridesOf(snapshot),
    services: serviceOf(
      snapshot,
      reading.now,
      snapshot.desired.services.map(({ name }) => name),
    ),
    instances: instancesOf(snapshot, reading),
    sync: syncOf(snapshot),
    addresses: snapshot.desired.addresses.map(({ address, prefix, interface: name }) => ({
      address: `${address}/${prefix}`,
      interface: name,
      present: held.has(`${name} ${address}`),
    })),
  };
}

export const directorOf = (snapshot: Snapshot, pid: number, host: string, lastEvent: number): DirectorStatus => ({
  ...identityOf(snapshot, pid),
  name: snapshot.config.director.name ?? host,
  services: snapshot.desired.services.length,
  servers: snapshot.desired.services.reduce((sum, { servers }) => sum + servers.length, 0),
  instances: snapshot.desired.instances.length,
  lastEvent,
});

export const syncOf = (snapshot: Snapshot): SyncStatus[] =>
  (snapshot.target?.daemons ?? []).map((daemon) => ({
    role: daemon.state,
    interface: daemon.interface,
    id: daemon.syncId,
    group: daemon.group ?? '',
    port: daemon.port ?? 0,
    running: snapshot.dump?.daemons.some((present) => fulfils(present, daemon)) ?? false,
  }));

/** These services, in the file's order. */
export function serviceOf(snapshot: Snapshot, now: number, names: readonly string[]): ServiceStatus[] {
  const wanted = new Set(names);
  const services = snapshot.desired.services.filter(({ name }) => wanted.has(name));
  const inKernel = new Map(
    (snapshot.dump?.services ?? []).map((observed) => [serviceKey(observed.service.id), observed]),
  );
  const targets = new Map((snapshot.target?.services ?? []).map((target) => [serviceKey(target.service.id), target]));
  return services.map((service) => {
    const weights = new Map(service.servers.map(({ name, weight, fileWeight = 0 }) => [name, weight || fileWeight]));
    return {
      name: service.name,
      listeners: service.listeners.map((listener) => {
        const key = serviceKey(listener.id);
        return listenerStatus(key, listener, inKernel.get(key), targets.get(key), weights);
      }),
      servers: service.servers.map((server) => serverStatus(snapshot, service.name, server, now)),
    };
  });
}

export function problemsOf(snapshot: Snapshot): string[] {
  const refused = snapshot.refusedReload === null ? [] : [`the last reload was refused: ${snapshot.refusedReload}`];
  const panics = [...snapshot.conditions].flatMap(([name, { panic }]) =>
    panic === null ? [] : [`${name}: all servers stay in service: ${panic}`],
  );
  const failures = snapshot.failures.map((failed) => `the kernel refused ${failed.operation}: ${failed.text}`);
  return [...refused, ...failures, ...panics, ...snapshot.checkTrouble];
}

function listenerStatus(
  key: string,
  service: ListenerStatus['service'],
  observed: ObservedService | undefined,
  target: TargetService | undefined,
  configured: ReadonlyMap<string, number> | undefined,
): ListenerStatus {
  const wanted = new Map((target?.destinations ?? []).map((entry) => [destinationKey(entry.destination), entry]));
  const destinations = (observed?.destinations ?? []).map((destination): DestinationStatus => {
    const entry = wanted.get(destinationKey(destination));
    const lastWeight = configured?.get(entry?.server ?? '');
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

function serverStatus(
  snapshot: Snapshot,
  service: string,
  server: Snapshot['desired']['services'][number]['servers'][number],
  now: number,
): ServerStatus {
  const { name, address, administrative, pinned = null } = server;
  const operator = operatorInWords(server).join(', ') || null;
  const base = { name, address, administrative, pinned, operator };
  const verdict = snapshot.verdicts.get(serverKey(service, server.name));
  if (server.check === null || !verdict)
    return { ...base, health: 'unchecked', why: 'no check is configured', forMs: null };
  return { ...base, health: verdict.status, why: verdict.why, forMs: Math.round(now - verdict.since) };
}
