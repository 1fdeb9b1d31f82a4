import type { RatedService } from '../../kernel/records.ts';
import type { IpvsInfo } from '../../model/observed.ts';
import type { Tunnel, VirtualService } from '../../model/service.ts';
import { servicesJson } from './json.ts';
import type { Names } from './names.ts';
import type { ListFormat } from './request.ts';
import { sortDestinations, sortServices } from './sort.ts';
import { endpoint, forwardWords, groupingMask, markText, portProtocol, shownFlagNames } from './words.ts';

type RatedDestination = RatedService['destinations'][number];

/** Text of `-L`. `info` gives the line with the version, which a listing of one service leaves out: null. */
export function printServices(
  services: readonly RatedService[],
  format: ListFormat,
  names: Names,
  info: IpvsInfo | null,
): string {
  const sorted = format.sort ? sortServices(services, format.strictCompat) : services;
  if (format.json) return servicesJson(sorted.map((service) => withSorted(service, format)));
  const view = VIEWS.find(({ applies }) => applies(format)) ?? PLAIN;
  const lines = info ? [`IP Virtual Server version ${info.version} (size=${info.connectionTableSize})`] : [];
  lines.push(...view.title);
  for (const service of sorted) {
    const { destinations } = withSorted(service, format);
    lines.push(view.service(serviceName(service.service, format, names), service, format));
    for (const destination of destinations)
      lines.push(view.destination(destinationName(service.service, destination, format, names), destination, format));
  }
  return `${lines.join('\n')}\n`;
}

const withSorted = (service: RatedService, format: ListFormat): RatedService =>
  format.sort ? { ...service, destinations: sortDestinations(service.destinations, format.strictCompat) } : service;

/** Longest texts in the first column; IPv6 addresses are not cut. */
const SERVICE_WIDTH = 33;
const DESTINATION_WIDTH = 28;

function serviceName(service: VirtualService, format: ListFormat, names: Names): string {
  const { id } = service;
  if (id.kind === 'fwmark') return `FWM  ${markText(id.mark, format)}${id.family === 'inet6' ? ' IPv6' : ''}`;
  const name = endpoint(id.address, id.port, portProtocol(service), format, names);
  const text = `${id.protocol.toUpperCase().padEnd(4)} ${name}`;
  return id.address.includes(':') ? text : text.slice(0, SERVICE_WIDTH);
}

function destinationName(
  service: VirtualService,
  { address, port }: RatedDestination,
  format: ListFormat,
  names: Names,
) {
  const name = endpoint(address, port, portProtocol(service), format, names);
  return `  -> ${(address.includes(':') ? name : name.slice(0, DESTINATION_WIDTH)).padEnd(DESTINATION_WIDTH)}`;
}

interface View {
  readonly applies: (format: ListFormat) => boolean;
  readonly title: readonly [string, string];
  readonly service: (name: string, service: RatedService, format: ListFormat) => string;
  readonly destination: (name: string, destination: RatedDestination, format: ListFormat) => string;
}

const REMOTE = '  -> RemoteAddress:Port';
const title = (...columns: readonly string[]): string =>
  `${'Prot LocalAddress:Port'.padEnd(SERVICE_WIDTH)}${columns.join('')}`;
const right = (text: string): string => text.padStart(9);
const left = (value: number | string, width: number): string => ` ${String(value).padEnd(width)}`;

const PLAIN: View = {
  applies: () => true,
  title: ['Prot LocalAddress:Port Scheduler Flags', `${REMOTE}           Forward Weight ActiveConn InActConn`],
  service: withSettings,
  destination: (name, d, format) =>
    name +
    left(forwardWords(d, format).name, 7) +
    left(d.weight, 6) +
    left(d.activeConnections, 10) +
    left(d.inactiveConnections, 10),
};

/** The first that applies is printed. */
const VIEWS: readonly View[] = [
  {
    applies: (format) => format.stats,
    title: [title(...['Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes'].map(right)), REMOTE],
    service: (name, { stats }, { exact }) => {
      if (!stats) return name.padEnd(SERVICE_WIDTH);
      const { connections, inPackets, outPackets, inBytes, outBytes } = stats;
      const numbers = [connections, inPackets, outPackets, inBytes, outBytes];
      return name.padEnd(SERVICE_WIDTH) + numbers.map((number) => largeNumber(number, exact)).join('');
    },
    destination: (name, { stats }, { exact, strictCompat }) => {
      if (!stats) return name;
      const counts = [stats.connections, stats.inPackets, stats.outPackets];
      const numbers = [...counts.map((number) => wrapped(number, strictCompat)), stats.inBytes, stats.outBytes];
      return name + numbers.map((number) => largeNumber(number, exact)).join('');
    },
  },
  {
    applies: (format) => format.rate,
    title: [title(...['CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS'].map(right)), REMOTE],
    service: (name, { rates }, { exact }) => {
      const { connections, inPackets, outPackets, inBytes, outBytes } = rates;
      const numbers = [connections, inPackets, outPackets, inBytes, outBytes];
      return name.padEnd(SERVICE_WIDTH) + numbers.map((number) => largeNumber(BigInt(number), exact)).join('');
    },
    destination: (name, { rates }, { exact, strictCompat }) => {
      const wrap = (number: number): bigint => wrapped(BigInt(number), strictCompat);
      const counts = [rates.connections, rates.inPackets, rates.outPackets].map(wrap);
      const bytes = [rates.inBytes, rates.outBytes].map(wrap);
      return [name, ...counts.map((n) => ` ${String(n).padStart(8)}`), ...bytes.map((n) => largeNumber(n, exact))].join(
        '',
      );
    },
  },
  {
    applies: (format) => format.thresholds,
    title: [
      title(left('Uthreshold', 10), left('Lthreshold', 10), left('ActiveConn', 10), left('InActConn', 10)),
      REMOTE,
    ],
    service: withSettings,
    destination: (name, d) =>
      name +
      [d.upperThreshold, d.lowerThreshold, d.activeConnections, d.inactiveConnections]
        .map((number) => left(number, 10))
        .join(''),
  },
  {
    applies: (format) => format.persistentConnections,
    title: [title(left('Weight', 9), left('PersistConn', 11), left('ActiveConn', 10), left('InActConn', 10)), REMOTE],
    service: withSettings,
    destination: (name, d) =>
      name +
      left(d.weight, 9) +
      left(d.persistentConnections, 11) +
      left(d.activeConnections, 10) +
      left(d.inactiveConnections, 10),
  },
  {
    ...PLAIN,
    applies: (format) => format.tunnelInfo,
    title: [PLAIN.title[0], `${REMOTE}           Forward TunnelInfo    Weight ActiveConn InActConn`],
    destination: (name, d, format) =>
      name +
      left(forwardWords(d, format).name, 7) +
      left(d.tunnel ? tunnelInfo(d.tunnel) : 'n/a', 13) +
      left(d.weight, 6) +
      left(d.activeConnections, 10) +
      left(d.inactiveConnections, 10),
  },
];

const CHECKSUMS: Readonly<Record<Tunnel['checksum'], string>> = { none: '-c', csum: '+c', remcsum: 'r+c' };

function tunnelInfo({ type, port, checksum }: Tunnel): string {
  if (type === 'ipip') return type;
  return type === 'gue' ? `${type}:${port}:${CHECKSUMS[checksum]}` : `${type}:${CHECKSUMS[checksum]}`;
}

/** ipvsadm reads a destination's 64-bit counters as 32-bit ones. */
const wrapped = (number: bigint, strictCompat: boolean): bigint => (strictCompat ? number & 0xffffffffn : number);

function withSettings(name: string, { service }: RatedService): string {
  const flags = shownFlagNames(service);
  const words = [name, service.scheduler];
  if (flags.length > 0) words.push(`(${flags.join(',')})`);
  if (service.persistence) {
    words.push('persistent', String(service.persistence.timeoutS));
    const mask = groupingMask(service);
    if (mask !== undefined) words.push('mask', mask);
    if (service.engine) words.push('pe', service.engine);
  }
  if (service.onePacket) words.push('ops');
  return words.join(' ');
}

const UNITS = [
  { below: 100_000_000n, per: 1n, letter: '' },
  { below: 1_000_000_000n, per: 1_000n, letter: 'K' },
  { below: 100_000_000_000n, per: 1_000_000n, letter: 'M' },
  { below: 100_000_000_000_000n, per: 1_000_000_000n, letter: 'G' },
] as const;
const LARGEST_UNIT = { per: 1_000_000_000_000n, letter: 'T' } as const;

/** A counter in 9 characters; `exact` gives all digits, and a blank before them where they need more. */
export function largeNumber(value: bigint, exact: boolean): string {
  if (exact) {
    const digits = String(value);
    return digits.length <= 8 ? right(digits) : ` ${digits}`;
  }
  const { per, letter } = UNITS.find(({ below }) => value < below) ?? LARGEST_UNIT;
  return right(`${value / per}${letter}`);
}
