import { type Family, familyOf, formatEndpoint } from '../base/ip.ts';
import { atOnce } from '../base/steps.ts';
import { transportsOf } from '../config/check.ts';
import { serverName } from '../config/names.ts';
import { netmaskFor } from '../config/netmask.ts';
import type { Config, ServerConfig, ServiceConfig, SyncConfig } from '../config/schema.ts';
import { servicePaths } from '../config/service-path.ts';
import { sameData } from '../health/same.ts';
import type { Desired, DesiredServer, DesiredService, DesiredSync } from '../model/desired.ts';
import type { Overrides } from '../model/override.ts';
import { schedulerRow } from '../model/schedulers.ts';
import {
  type Destination,
  fullNetmask,
  type Persistence,
  type Protocol,
  SCHEDULER_FLAGS,
  serviceFamily,
  type VirtualService,
  type VirtualServiceId,
} from '../model/service.ts';
import { SYNC_ROLES, type SyncDaemon, type SyncRole } from '../model/sync.ts';
import { checkSettings, serverHooks, serviceHealth } from './desire-checks.ts';
import { desireGroups, desireInstances } from './desire-instances.ts';
import { serverOverride } from './overrides.ts';

/** Everything the operator wants, fully expanded: no default and no inheritance is left to read further down. */
export const desire = (config: Config, overrides: Overrides, revision: number): Desired =>
  atOnce(desireSteps(config, overrides, revision));

/** As desire, a service at a time. */
export function* desireSteps(config: Config, overrides: Overrides, revision: number): Generator<void, Desired> {
  const services: DesiredService[] = [];
  for (const service of config.services) {
    services.push(desireService(service, overrides));
    yield;
  }
  return {
    revision,
    services,
    addresses: config.addresses.map((entry) => ({ interface: entry.interface, ...entry.address })),
    sysctls: usesIpvs(config) ? sysctlsOf(config) : {},
    sync: config.director.sync ? desireSync(config.director.sync) : null,
    instances: desireInstances(config),
    groups: desireGroups(config),
  };
}

/** What is wanted, with the services that stayed as they were being the same objects: whoever follows a change has the less to
 *  compare. */
export function* keptSteps(before: Desired, desired: Desired): Generator<void, Desired> {
  const known = new Map(before.services.map((service) => [service.name, service]));
  const services: DesiredService[] = [];
  for (const service of desired.services) {
    const earlier = known.get(service.name);
    services.push(earlier !== undefined && sameData(earlier, service) ? earlier : service);
    yield;
  }
  return { ...desired, services };
}

const usesIpvs = ({ services, director }: Config): boolean => services.length > 0 || director.sync !== undefined;

/** Whether the kernel has to have IPVS for this; instances alone do without. */
export const needsIpvs = ({ services, sync }: Desired): boolean => services.length > 0 || sync !== null;

const sysctlsOf = ({ director }: Config): Record<string, string> =>
  Object.fromEntries(
    Object.entries(director.sysctls).flatMap(([name, value]) => (value === 'keep' ? [] : [[name, String(value)]])),
  );

function desireSync({ id, role, maxLength, ...shared }: SyncConfig): DesiredSync {
  const daemon = (state: SyncRole): SyncDaemon => ({
    ...shared,
    state,
    syncId: typeof id === 'number' ? id : id[state],
    ...(maxLength !== undefined && { maxLength }),
  });
  return {
    roles: typeof role === 'object' ? role : role === 'both' ? SYNC_ROLES : [role],
    daemons: { master: daemon('master'), backup: daemon('backup') },
  };
}

function desireService(service: ServiceConfig, overrides: Overrides): DesiredService {
  return {
    name: service.name,
    listeners: service.listen.map((id) => virtualService(service, id)),
    servers: service.servers.map((server) => desireServer(service, server, overrides)),
    fallback: service.fallback ? desireFallback(service, service.fallback) : null,
    onFailure: service.onFailure,
    drainMs: service.drain,
    ...serviceHealth(service),
  };
}

function virtualService(service: ServiceConfig, id: VirtualServiceId): VirtualService {
  return {
    id,
    scheduler: service.scheduler,
    schedulerFlags: flagBits(service.scheduler, service.flags),
    onePacket: service.onePacket,
    persistence: service.persistence ? persistence(service.persistence) : null,
    ...(service.persistence?.engine ? { engine: service.persistence.engine } : {}),
    netmask: netmask(service, serviceFamily(id)),
  };
}

function flagBits(scheduler: string, words: readonly string[]): number {
  const bits: Readonly<Record<string, number>> = { ...SCHEDULER_FLAGS, ...schedulerRow(scheduler)?.flags };
  return words.reduce((sum, word) => sum | (bits[word] ?? 0), 0);
}

type PersistenceConfig = NonNullable<ServiceConfig['persistence']>;

const persistence = (config: PersistenceConfig): Persistence => ({
  timeoutS: Math.max(1, Math.round(config.timeout / 1000)),
});

/** One mask serves listeners of both families, and 24 bits of an IPv6 address would put the world into one group. So in a
 *  service that has both, a mask IPv4 can have is meant for IPv4, and the other family groups nobody. */
function netmask(service: ServiceConfig, family: Family): string {
  const mask = service.persistence?.mask;
  if (typeof mask === 'number') {
    const meantFor: Family = mask <= 32 && service.listen.some((id) => serviceFamily(id) === 'inet') ? 'inet' : 'inet6';
    if (family !== meantFor) return fullNetmask(family);
  }
  return netmaskFor(mask, family);
}

/** The port that a probe of this protocol goes to when neither check nor server names one: that of the first such listener,
 *  else of the first one; 0 when no listener has a port either. */
function listenerPort({ listen }: ServiceConfig, transport: Protocol = 'tcp'): number {
  const withPort = listen.flatMap((id) => (id.kind === 'address' && id.port !== 0 ? [id] : []));
  return (withPort.find((id) => id.protocol === transport) ?? withPort[0])?.port ?? 0;
}

function desireServer(service: ServiceConfig, server: ServerConfig, overrides: Overrides): DesiredServer {
  const name = serverName(server);
  const forward = server.forward ?? service.forward;
  const thresholds = server.thresholds ?? service.thresholds;
  const configured = server.check ?? service.check;
  const [transport] = configured === 'none' ? [] : transportsOf(configured);
  const checkPort = server.port ?? listenerPort(service, transport);
  const own = (other: Protocol): number => server.port ?? listenerPort(service, other);
  const paths = configured === 'none' ? [] : servicePaths(service, server, configured.to?.port ?? configured.port);
  const check = configured === 'none' ? null : checkSettings(configured, { portFor: own, paths });
  const { weight, ...override } = serverOverride(overrides, service.name, name);
  return {
    name,
    address: server.address,
    port: server.port ?? null,
    forward,
    weight: weight ?? server.weight,
    ...(weight !== undefined && { fileWeight: server.weight }),
    upperThreshold: thresholds?.upper ?? 0,
    lowerThreshold: thresholds?.lower ?? 0,
    tunnel: tunnelOf(forward, server.tunnel ?? service.tunnel),
    ...override,
    check,
    checkPort: check?.port ?? checkPort,
    ...serverHooks(service, server),
  };
}

type FallbackConfig = NonNullable<ServiceConfig['fallback']>;

function desireFallback(service: ServiceConfig, fallback: FallbackConfig): DesiredServer {
  const forward = fallback.forward ?? service.forward;
  return {
    name: addressName(fallback.address, fallback.port),
    address: fallback.address,
    port: fallback.port ?? null,
    forward,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: tunnelOf(forward, fallback.tunnel ?? service.tunnel),
    administrative: 'enabled',
    check: null,
    checkPort: fallback.port ?? 0,
  };
}

const addressName = (address: string, port: number | undefined): string =>
  port === undefined ? address : formatEndpoint(address, port);

function tunnelOf(forward: Destination['forward'], tunnel: ServiceConfig['tunnel']): Destination['tunnel'] {
  if (forward !== 'tunnel') return null;
  return { type: tunnel?.type ?? 'ipip', port: tunnel?.port ?? 0, checksum: tunnel?.checksum ?? 'none' };
}

export const familyFits = (server: Pick<DesiredServer, 'address' | 'forward'>, id: VirtualServiceId): boolean =>
  // Only a tunnel can carry one family inside the other; the kernel refuses every other mix.
  server.forward === 'tunnel' || familyOf(server.address) === serviceFamily(id);
