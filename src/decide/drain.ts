import { formatDuration } from '../base/duration.ts';
import type { Desired, DesiredService, Target, TargetDestination, TargetService } from '../model/desired.ts';
import type { KernelDump, ObservedDestination, ObservedService } from '../model/observed.ts';
import { destinationKey, serviceKey, settingsOf } from '../model/service.ts';
import { inCanonicalOrder } from './canonical.ts';
import { weightZeroRefuses, withFallbackFlag } from './fallback-flag.ts';
import { destinationOf } from './gate.ts';
import { WAITING } from './standing.ts';

/** When each destination that left was first seen leaving: monotonic milliseconds by service and destination key. Holds
 *  only what the kernel still has, so the kernel's table bounds it. */
export type LingerState = ReadonlyMap<string, number>;
export const nothingLingers: LingerState = new Map();

export interface Lingered {
  readonly target: Target;
  readonly state: LingerState;
  /** When to look again: a destination may be empty by then, or its time is over. Null: nothing waits. */
  readonly wakeAtMs: number | null;
}

/** How often a leaving destination's connections are counted. */
const LOOK_MS = 1000;

/** Destinations that left the file stay in the target with weight 0 until their connections have ended or the service's
 *  drain time is over. So do a fallback that is no longer needed and a server that waits for its first check although the
 *  kernel has it (renamed in the file). What is down goes at once, and so does a service that left the file: without it in
 *  the table there is nothing its connections could go through.
 *
 *  A destination goes no earlier than one look after its weight became 0, or a connection that came between the look and
 *  the change would be cut. After a restart of the daemon the drain time starts anew. */
export function linger(target: Target, desired: Desired, dump: KernelDump, state: LingerState, now: number): Lingered {
  const wanted = new Map(desired.services.map((service) => [service.name, service]));
  const held = new Map(dump.services.map((service) => [serviceKey(service.service.id), service]));
  const next = new Map<string, number>();
  let wakeAtMs: number | null = null;

  const services = target.services.map((entry): TargetService => {
    const key = serviceKey(entry.service.id);
    const observed = held.get(key);
    const service = wanted.get(entry.name);
    if (!observed || !service) return entry;
    const leaving = leavers(entry, observed, service);
    if (leaving.length === 0) return entry;

    const kept: TargetDestination[] = [];
    const gone: [string, string][] = [];
    for (const destination of leaving) {
      const name = destinationKey(destination);
      const since = state.get(`${key} ${name}`) ?? now;
      const deadline = since + service.drainMs;
      next.set(`${key} ${name}`, since);
      const over = goneBecause(entry, service, destination, now >= deadline);
      if (over !== null) {
        gone.push([name, over]);
        continue;
      }
      kept.push(leaver(entry, destination));
      wakeAtMs = Math.min(wakeAtMs ?? Number.POSITIVE_INFINITY, deadline, now + LOOK_MS);
    }
    return merge(entry, kept, gone);
  });
  return { target: { ...target, services }, state: next, wakeAtMs };
}

/** The target with those that were leaving already, at weight 0, for as long as the kernel has them. */
export function stillLeaving(target: Target, dump: KernelDump, state: LingerState): Target {
  if (state.size === 0) return target;
  const held = new Map(dump.services.map((service) => [serviceKey(service.service.id), service]));
  const services = target.services.map((entry): TargetService => {
    const key = serviceKey(entry.service.id);
    const staying = new Set(entry.destinations.map((d) => destinationKey(d.destination)));
    const kept = (held.get(key)?.destinations ?? [])
      .filter((d) => state.has(`${key} ${destinationKey(d)}`) && !staying.has(destinationKey(d)))
      .map((d) => leaver(entry, d));
    return kept.length === 0 ? entry : merge(entry, kept, []);
  });
  return { ...target, services };
}

const leaver = (entry: TargetService, destination: ObservedDestination): TargetDestination => {
  const name = destinationKey(destination);
  return {
    destination: { ...settingsOf(destination), weight: 0 },
    server: name,
    why: leavingWhy(entry, name, destination),
  };
};

/** What the kernel has and the target does not, servers that are down aside. */
function leavers(
  entry: TargetService,
  observed: ObservedService,
  service: DesiredService,
): readonly ObservedDestination[] {
  const staying = new Set(entry.destinations.map((d) => destinationKey(d.destination)));
  const { fallback } = service;
  const fallbackKey = fallback ? destinationKey(destinationOf(fallback, entry.service.id, 0)) : null;
  const isDown = (key: string): boolean => {
    const reason = entry.withheld[key];
    return reason !== undefined && reason !== WAITING && key !== fallbackKey;
  };
  return observed.destinations.filter((d) => {
    const key = destinationKey(d);
    return !staying.has(key) && !isDown(key);
  });
}

/** Why the destination leaves the table now, or null while it lingers. */
function goneBecause(
  entry: TargetService,
  service: DesiredService,
  destination: ObservedDestination,
  timeOver: boolean,
): string | null {
  const what = entry.withheld[destinationKey(destination)] ?? 'not in the file';
  const { activeConnections: active } = destination;
  if (destination.weight === 0 && active === 0) return `${what} and has no connections left`;
  if (timeOver) return `${what} and its drain time of ${formatDuration(service.drainMs)} is over (${open(active)})`;
  // At weight 0 dh would refuse a share of the clients all the while.
  if (weightZeroRefuses(entry.service.scheduler))
    return `${what}, and ${entry.service.scheduler} cannot drain a server`;
  return null;
}

function leavingWhy(entry: TargetService, key: string, destination: ObservedDestination): string {
  return `leaving: ${entry.withheld[key] ?? 'not in the file'}, ${open(destination.activeConnections)}`;
}

const open = (connections: number): string =>
  connections === 1 ? '1 connection open' : `${connections} connections open`;

function merge(
  entry: TargetService,
  kept: readonly TargetDestination[],
  gone: readonly (readonly [string, string])[],
): TargetService {
  const keptKeys = new Set(kept.map((d) => destinationKey(d.destination)));
  const withheld = Object.entries(entry.withheld).filter(([key]) => !keptKeys.has(key));
  const destinations = inCanonicalOrder([...entry.destinations, ...kept], (d) => d.destination);
  return {
    ...entry,
    service: withFallbackFlag(
      entry.service,
      destinations.map((d) => d.destination),
    ),
    destinations,
    withheld: Object.fromEntries([...withheld, ...gone]),
  };
}
