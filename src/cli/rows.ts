import type { DestinationStatus, ListenerStatus, ServerStatus, ServiceStatus } from '../api/operations.ts';
import type { Cell } from './style.ts';

/** Services and servers as rows of what people read: what the listeners of a service hold of a server, added up. */

export interface ServerRow {
  readonly service: string;
  readonly server: ServerStatus;
  /** In the kernel; null while it is not in the table. */
  readonly weight: number | null;
  readonly active: number;
  readonly inactive: number;
  /** Connections since its destinations were made; null while it is not in the table. */
  readonly total: bigint | null;
  /** Keys of its destinations: the listener's, a blank and its own. */
  readonly destinations: readonly string[];
}

export interface ServiceRow {
  readonly service: ServiceStatus;
  /** Servers that are up or unchecked, drained ones included. */
  readonly up: number;
  /** Those in maintenance included. */
  readonly drained: number;
  readonly active: number;
  readonly inactive: number;
  readonly total: bigint;
}

/** The servers of a service, in the file's order. */
export function serverRows({ name, listeners, servers }: ServiceStatus): ServerRow[] {
  const held = new Map<string | null, (DestinationStatus & { readonly path: string })[]>();
  for (const { key, destinations } of listeners)
    for (const destination of destinations) {
      const entry = { ...destination, path: `${key} ${destination.key}` };
      const mine = held.get(destination.server);
      if (mine) mine.push(entry);
      else held.set(destination.server, [entry]);
    }
  return servers.map((server) => {
    const mine = held.get(server.name) ?? [];
    return {
      service: name,
      server,
      weight: mine[0]?.weight ?? null,
      active: mine.reduce((sum, each) => sum + each.activeConnections, 0),
      inactive: mine.reduce((sum, each) => sum + each.inactiveConnections, 0),
      total: mine.length === 0 ? null : mine.reduce((sum, each) => sum + BigInt(each.connections), 0n),
      destinations: mine.map(({ path }) => path),
    };
  });
}

export function serviceRow(service: ServiceStatus): ServiceRow {
  const all = service.listeners.flatMap(({ destinations }) => destinations);
  return {
    service,
    up: service.servers.filter(serves).length,
    drained: service.servers.filter(({ administrative }) => administrative !== 'enabled').length,
    active: all.reduce((sum, each) => sum + each.activeConnections, 0),
    inactive: all.reduce((sum, each) => sum + each.inactiveConnections, 0),
    total: service.listeners.reduce((sum, { connections }) => sum + BigInt(connections), 0n),
  };
}

const HEALTH_TONES = { up: 'green', unchecked: 'green', unknown: 'yellow', down: 'red' } as const;

const OPERATORS = { enabled: [], drain: ['drained'], maintenance: ['in maintenance'] } as const;

/** What its checks say, and what an operator says beside that. */
export function serverState({ health, administrative, pinned }: Pick<ServerStatus, StateParts>): Cell {
  const operators = [...(pinned === null ? [] : [`pinned ${pinned}`]), ...OPERATORS[administrative]];
  return operators.length === 0
    ? { text: health, tone: HEALTH_TONES[health] }
    : { text: [health, ...operators].join(', '), tone: 'yellow' };
}
type StateParts = 'health' | 'administrative' | 'pinned';

const serves = ({ health, pinned }: ServerStatus): boolean =>
  pinned === null ? health === 'up' || health === 'unchecked' : pinned === 'up';

export function serviceState({ service, up, drained }: ServiceRow): Cell {
  if (service.listeners.some(({ inKernel }) => !inKernel)) return { text: 'not in the kernel', tone: 'red' };
  if (up === 0 && service.servers.length > 0) return { text: 'down', tone: 'red' };
  if (up < service.servers.length) return { text: 'degraded', tone: 'yellow' };
  return drained > 0 ? { text: 'draining', tone: 'yellow' } : { text: 'up', tone: 'green' };
}

/** Protocol, scheduler and persistence of a listener are the service's own; addresses differ. */
export const listenersOf = (listeners: readonly ListenerStatus[]): string => listeners.map(({ key }) => key).join(' ');
