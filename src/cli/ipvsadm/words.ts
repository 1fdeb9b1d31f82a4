import {
  type Destination,
  type Forward,
  fullNetmask,
  serviceFamily,
  type VirtualService,
} from '../../model/service.ts';
import type { Names } from './names.ts';
import type { ListFormat } from './request.ts';

/** What ipvsadm calls things, shared by listing and save. */

/** ipvsadm has a place for 60 bytes, the last of which ends the text. */
const LONGEST_ENDPOINT = 59;

/** `10.0.0.1:80`, `[2001:db8::1]:80`, `web1.example:http`. `protocol` decides on the port's name; undefined: none has. */
export function endpoint(
  address: string,
  port: number,
  protocol: string | undefined,
  format: Pick<ListFormat, 'numeric'>,
  names: Names,
): string {
  const host = (format.numeric ? undefined : names.host(address)) ?? addressText(address);
  const service = format.numeric || protocol === undefined ? undefined : names.service(port, protocol);
  const text = `${address.includes(':') ? `[${host}]` : host}:${service ?? port}`;
  return format.numeric ? text : text.slice(0, LONGEST_ENDPOINT);
}

/** The C library writes the last four bytes of ::/96 and ::ffff:0:0/96 as an IPv4 address, but for :: and ::1 and their
 *  like, whose gap reaches further. `address` in the form that src/kernel/address-bytes.ts writes. */
export function addressText(address: string): string {
  const [, prefix, high, low] = /^(::|::ffff:)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const bytes = (group: string): string => {
    const value = Number.parseInt(group, 16);
    return `${value >> 8}.${value & 255}`;
  };
  return `${prefix}${bytes(high)}.${bytes(low)}`;
}

/** The protocol whose port names a service's rows get: a firewall mark has none. */
export const portProtocol = ({ id }: VirtualService): string | undefined =>
  id.kind === 'fwmark' ? undefined : id.protocol;

/** Names of the scheduler's flags, in the order of their bits. */
export function schedulerFlagNames({ scheduler, schedulerFlags }: VirtualService): string[] {
  const own = hasOwnFlags(scheduler) ? [`${scheduler}-fallback`, `${scheduler}-port`] : [];
  return ['flag-1', 'flag-2', LAST_FLAG]
    .map((name, bit) => own[bit] ?? name)
    .filter((_, bit) => schedulerFlags & (1 << bit));
}

/** The names that ipvsadm gives: with sh and mh it keeps quiet about the third. */
export const shownFlagNames = (service: VirtualService): string[] =>
  schedulerFlagNames(service).filter((name) => name !== LAST_FLAG || !hasOwnFlags(service.scheduler));

const LAST_FLAG = 'flag-3';
const hasOwnFlags = (scheduler: string): boolean => scheduler === 'sh' || scheduler === 'mh';

/** The mask, if it groups clients. */
export const groupingMask = ({ id, netmask }: VirtualService): string | undefined =>
  netmask === fullNetmask(serviceFamily(id)) ? undefined : netmask;

/** A mark as text; ipvsadm takes it for a signed number. */
export const markText = (mark: number, format: Pick<ListFormat, 'strictCompat'>): string =>
  String(format.strictCompat ? mark | 0 : mark);

interface ForwardWords {
  /** In the listing. */
  readonly name: string;
  /** In a command. */
  readonly option: string;
}

/** ipvsadm knows no word for bypass, and gives printf no text. */
const NO_TEXT = '(null)';

const FORWARDS: Readonly<Record<Forward, ForwardWords>> = {
  nat: { name: 'Masq', option: '-m' },
  local: { name: 'Local', option: '-g' },
  tunnel: { name: 'Tunnel', option: '-i' },
  dr: { name: 'Route', option: '-g' },
  bypass: { name: 'Bypass', option: '--forward bypass' },
};

export function forwardWords({ forward }: Destination, format: Pick<ListFormat, 'strictCompat'>): ForwardWords {
  if (forward === 'bypass' && format.strictCompat) return { name: NO_TEXT, option: NO_TEXT };
  return FORWARDS[forward];
}
