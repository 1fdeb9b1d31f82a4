import { VERSION } from '../base/version.ts';
import type { Director } from '../daemon/lifecycle.ts';
import type { Snapshot } from '../daemon/store.ts';
import type { EngineCounters } from '../model/engine.ts';
import { directorInMaintenance } from '../model/override.ts';
import { fulfils } from '../model/sync.ts';
import { instancesOf } from './instances.ts';
import type { DirectorStatus, Status, SyncStatus } from './operations.ts';
import { overridesOf } from './overrides.ts';
import { Pieces } from './pieces.ts';
import { serviceTexts } from './service-status.ts';

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
export function statusOf(director: Director, reading: Reading, pid: number): Pieces<Status> {
  const snapshot = director.store.get();
  const held = new Set((snapshot.dump?.addresses ?? []).map((address) => `${address.interface} ${address.address}`));
  const short = {
    ...identityOf(snapshot, pid),
    overrides: overridesOf(snapshot),
    instances: instancesOf(snapshot, reading),
    sync: syncOf(snapshot),
    addresses: snapshot.desired.addresses.map(({ address, prefix, interface: name }) => ({
      address: `${address}/${prefix}`,
      interface: name,
      present: held.has(`${name} ${address}`),
    })),
  };
  const names = snapshot.desired.services.map(({ name }) => name);
  return new Pieces<Status>(short, { services: serviceTexts(snapshot, reading.now, names) });
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

/** What the kernel was to have and has not. */
export const refusedByKernel = ({ failures }: Snapshot): string[] =>
  failures.map((failed) => `the kernel refused ${failed.operation}: ${failed.text}`);

/** What somebody should look at while the director goes on serving. */
export function troublesOf({ refusedReload, conditions, checkTrouble, certificates }: Snapshot): string[] {
  const refused = refusedReload === null ? [] : [`the last reload was refused: ${refusedReload}`];
  const panics = [...conditions].flatMap(([name, { panic }]) =>
    panic === null ? [] : [`${name}: all servers stay in service: ${panic}`],
  );
  return [...refused, ...panics, ...checkTrouble, ...certificates];
}

const problemsOf = (snapshot: Snapshot): string[] => [...refusedByKernel(snapshot), ...troublesOf(snapshot)];
