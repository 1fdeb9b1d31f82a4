import { atOnce } from '../base/steps.ts';
import type {
  Desired,
  DesiredServer,
  DesiredService,
  Target,
  TargetDestination,
  TargetService,
} from '../model/desired.ts';
import { serverKey, type Verdicts } from '../model/health.ts';
import type { DesiredInstance, Roles } from '../model/instance.ts';
import type { InterfaceAddress } from '../model/observed.ts';
import { type Destination, destinationKey, type VirtualService, type VirtualServiceId } from '../model/service.ts';
import type { SyncDaemon, SyncRole } from '../model/sync.ts';
import type { EngineInstance } from '../model/vrrp.ts';
import { compareText, inCanonicalOrder } from './canonical.ts';
import { type Conditions, NO_CONDITIONS } from './conditions.ts';
import { familyFits } from './desire.ts';
import { weightZeroRefuses, withFallbackFlag } from './fallback-flag.ts';
import { type Standing, standing } from './standing.ts';

export const FALLING_BACK = 'the fallback: no server takes connections';

/** What the operator's wish means now, given the health of the servers and services and the roles of the instances. Every `why` completes
 *  "SERVER is ...". */
export const gate = (
  desired: Desired,
  verdicts: Verdicts,
  roles: Roles = new Map(),
  conditions: Conditions = NO_CONDITIONS,
): Target => atOnce(gateSteps(desired, verdicts, roles, conditions));

/** As gate, a service at a time; nothing of it may change meanwhile. */
export function* gateSteps(
  desired: Desired,
  verdicts: Verdicts,
  roles: Roles,
  conditions: Conditions,
): Generator<void, Target> {
  const services: TargetService[] = [];
  for (const service of desired.services) {
    services.push(...gateService(service, verdicts, conditions));
    yield;
  }
  return {
    revision: desired.revision,
    services,
    addresses: desired.addresses,
    sysctls: desired.sysctls,
    daemons: daemonsOf(desired, roles),
    elected: desired.instances.flatMap(({ engine }) => heldBy(engine)),
    routes: mastered(desired, roles).flatMap(({ routes }) => routes),
    rules: mastered(desired, roles).flatMap(({ rules }) => rules),
  };
}

function gateService(service: DesiredService, verdicts: Verdicts, conditions: Conditions): TargetService[] {
  const standings = standingsOf(service, verdicts, conditions);
  return service.listeners.map((listener) => {
    const { fallback } = service;
    if (fallback === null || familyFits(fallback, listener.id)) return gateListener(service, listener, standings);
    // Nobody could serve in the place of servers that are held back for the fallback.
    const alone = { ...service, fallback: null };
    return gateListener(alone, listener, standingsOf(alone, verdicts, conditions));
  });
}

type NamedStanding = Standing & { readonly server: DesiredServer };

function standingsOf(service: DesiredService, verdicts: Verdicts, conditions: Conditions): NamedStanding[] {
  const condition = conditions.get(service.name);
  return service.servers
    .map((server) => ({
      server,
      ...standing(service, server, verdicts.get(serverKey(service.name, server.name)), condition),
    }))
    .sort((a, b) => compareText(a.server.name, b.server.name));
}

const mastered = ({ instances }: Desired, roles: Roles): DesiredInstance[] =>
  instances.filter(({ name }) => roles.get(name) === 'master');

function daemonsOf({ sync }: Desired, roles: Roles): SyncDaemon[] {
  if (sync === null) return [];
  const wanted: readonly SyncRole[] =
    'follow' in sync.roles ? [roles.get(sync.roles.follow) === 'master' ? 'master' : 'backup'] : sync.roles;
  return wanted.map((role) => sync.daemons[role]);
}

/** With a virtual MAC, what is meant for the parent interface is on the macvlan. */
export const heldBy = ({ held, virtualMac, wire }: EngineInstance): InterfaceAddress[] =>
  held.map(({ interface: name, address, prefix }) => ({
    interface: virtualMac !== null && name === wire.interface ? virtualMac.interface : name,
    address,
    prefix,
  }));

function gateListener(
  service: DesiredService,
  listener: VirtualService,
  standings: readonly NamedStanding[],
): TargetService {
  const listed = new Map<string, TargetDestination>();
  const withheld = new Map<string, string>();
  let available = 0;
  for (const { server, weight, why } of standings) {
    if (!familyFits(server, listener.id)) continue;
    const destination = destinationOf(server, listener.id, weight ?? 0);
    const key = destinationKey(destination);
    // Two entries for one destination (port left out and port written) cannot both be in the table: the first name is.
    if (listed.has(key) || withheld.has(key)) continue;
    if (weight === null) withheld.set(key, why);
    else listed.set(key, { destination, server: server.name, why });
    if (weight !== null && weight > 0) available++;
  }
  addFallback(service, listener, listed, withheld, available);
  const destinations = inCanonicalOrder([...listed.values()], (entry) => entry.destination);
  return {
    name: service.name,
    service: withFallbackFlag(
      listener,
      destinations.map((entry) => entry.destination),
    ),
    destinations,
    withheld: Object.fromEntries(withheld),
  };
}

function addFallback(
  { fallback, inhibitFallback }: DesiredService,
  listener: VirtualService,
  listed: Map<string, TargetDestination>,
  withheld: Map<string, string>,
  available: number,
): void {
  if (fallback === null) return;
  const destination = destinationOf(fallback, listener.id, fallback.weight);
  const key = destinationKey(destination);
  if (available === 0) {
    listed.set(key, { destination, server: fallback.name, why: FALLING_BACK });
    withheld.delete(key);
  } else if (!listed.has(key) && !withheld.has(key)) {
    const servers = available === 1 ? '1 server takes' : `${available} servers take`;
    const why = `the fallback, standing by: ${servers} connections`;
    // At weight 0 dh would refuse a share of the clients.
    if (inhibitFallback && !weightZeroRefuses(listener.scheduler))
      listed.set(key, { destination: { ...destination, weight: 0 }, server: fallback.name, why });
    else withheld.set(key, why);
  }
}

/** Port 0 keeps the packet's own port: what a firewall mark or an every-port listener needs when the server names none. */
export function destinationOf(server: DesiredServer, id: VirtualServiceId, weight: number): Destination {
  return {
    address: server.address,
    port: server.port ?? (id.kind === 'fwmark' ? 0 : id.port),
    forward: server.forward,
    weight,
    upperThreshold: server.upperThreshold,
    lowerThreshold: server.lowerThreshold,
    tunnel: server.tunnel,
  };
}
