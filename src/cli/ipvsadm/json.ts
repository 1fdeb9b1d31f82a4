import type { IpvsTimeouts, SyncDaemon } from '../../kernel/ipvs.ts';
import type { RatedService, Rates } from '../../kernel/records.ts';
import type { Connection } from '../../model/connection.ts';
import type { Counters } from '../../model/observed.ts';
import { type Destination, type Protocol, serviceFamily, settingsOf } from '../../model/service.ts';
import { schedulerFlagNames } from './words.ts';

// Every number is a JSON number with all its digits, counters above 2^53 too: RFC 8259 sets no limit, and readers with
// 64-bit integers take them exactly. Addresses, ports and protocols are never names.

/** `-L --json`. Whatever columns are asked for, every field is there. */
export interface ServiceListing {
  readonly services: readonly ListedService[];
}

export interface ListedService {
  /** Null with a firewall mark. */
  readonly protocol: Protocol | null;
  readonly address: string | null;
  readonly port: number | null;
  /** Firewall mark, or null. */
  readonly mark: number | null;
  readonly family: 'inet' | 'inet6';
  readonly scheduler: string;
  /** `sh-fallback`, `mh-port`, `flag-3`, ... */
  readonly schedulerFlags: readonly string[];
  readonly onePacket: boolean;
  readonly persistenceSeconds: number | null;
  readonly netmask: string;
  readonly persistenceEngine: string | null;
  readonly counters: Counters;
  readonly ratesPerSecond: Rates;
  readonly destinations: readonly ListedDestination[];
}

export interface ListedDestination extends Destination {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  readonly counters: Counters;
  readonly ratesPerSecond: Rates;
}

/** `-Lc --json`. */
export interface ConnectionListing {
  readonly connections: readonly ListedConnection[];
}

export interface ListedConnection {
  readonly protocol: Connection['protocol'];
  readonly client: string;
  readonly clientPort: number;
  readonly virtual: string;
  readonly virtualPort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly state: string;
  readonly expiresSeconds: number;
  readonly persistenceEngine: string | null;
  readonly persistenceData: string | null;
}

/** `-L --timeout --json`. */
export interface TimeoutListing {
  readonly tcpSeconds: number;
  readonly tcpFinSeconds: number;
  readonly udpSeconds: number;
}

/** `-L --daemon --json`. */
export interface DaemonListing {
  readonly daemons: readonly SyncDaemon[];
}

const NO_COUNTERS: Counters = { connections: 0n, inPackets: 0n, outPackets: 0n, inBytes: 0n, outBytes: 0n };

export const servicesJson = (services: readonly RatedService[]): string =>
  jsonDocument({ services: services.map(listedService) } satisfies ServiceListing);

function listedService({ service, stats, rates, destinations }: RatedService): ListedService {
  const { id } = service;
  const byAddress = id.kind === 'address';
  return {
    protocol: byAddress ? id.protocol : null,
    address: byAddress ? id.address : null,
    port: byAddress ? id.port : null,
    mark: byAddress ? null : id.mark,
    family: serviceFamily(id),
    scheduler: service.scheduler,
    schedulerFlags: schedulerFlagNames(service),
    onePacket: service.onePacket,
    persistenceSeconds: service.persistence?.timeoutS ?? null,
    netmask: service.netmask,
    persistenceEngine: service.engine ?? null,
    counters: stats ?? NO_COUNTERS,
    ratesPerSecond: rates,
    destinations: destinations.map(listedDestination),
  };
}

const listedDestination = (destination: RatedService['destinations'][number]): ListedDestination => ({
  ...settingsOf(destination),
  activeConnections: destination.activeConnections,
  inactiveConnections: destination.inactiveConnections,
  persistentConnections: destination.persistentConnections,
  counters: destination.stats ?? NO_COUNTERS,
  ratesPerSecond: destination.rates,
});

export const connectionsJson = (connections: readonly Connection[]): string =>
  jsonDocument({
    connections: connections.map(({ expiresS, engine, ...row }) => ({
      ...row,
      expiresSeconds: expiresS,
      persistenceEngine: engine?.name ?? null,
      persistenceData: engine?.data ?? null,
    })),
  } satisfies ConnectionListing);

export const timeoutsJson = ({ tcpS, tcpFinS, udpS }: IpvsTimeouts): string =>
  jsonDocument({ tcpSeconds: tcpS, tcpFinSeconds: tcpFinS, udpSeconds: udpS } satisfies TimeoutListing);

export const daemonsJson = (daemons: readonly SyncDaemon[]): string =>
  jsonDocument({ daemons } satisfies DaemonListing);

const jsonDocument = (value: object): string => `${jsonText(value, '')}\n`;

/** JSON.stringify() refuses bigint. Indented by two, as people read it. Keys are the names above. */
function jsonText(value: unknown, indent: string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = `${indent}  `;
  const [open, close, parts] = Array.isArray(value)
    ? ['[', ']', value.map((item) => jsonText(item, inner))]
    : ['{', '}', Object.entries(value).map(([key, item]) => `"${key}": ${jsonText(item, inner)}`)];
  return parts.length === 0 ? open + close : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}
