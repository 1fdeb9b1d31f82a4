import { readIpv6, writeIpv4, writeIpv6 } from '../../kernel/address-bytes.ts';
import type { Protocol } from '../../model/service.ts';
import { numberFrom } from './numbers.ts';

/** Where names of hosts and services are looked up. */
export interface Resolver {
  /** First IPv4 address of a host. */
  host(name: string): Promise<string | undefined>;
  /** Port of a service of /etc/services. */
  port(name: string, protocol: Protocol): number | undefined;
}

export interface Endpoint {
  /** Canonical: dotted quad, or RFC 5952 with hexadecimal groups only. */
  readonly address: string;
  /** Null where none was given. */
  readonly port: number | null;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`, `2001:db8::1`, `host:http`, read with ipvsadm's rules: digits alone are no address,
 *  brackets need a port behind them, and an IPv4 address in brackets loses it. Port names need a protocol. */
export function readEndpoint(
  text: string,
  protocol: Protocol | null,
  resolver: Resolver,
): Awaitable<Endpoint | undefined> {
  if (/^[0-9]*$/.test(text)) return undefined;
  let host = text;
  let portText: string | null = null;
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    if (end < 0 || text.charAt(end + 1) !== ':') return undefined;
    host = text.slice(1, end);
    portText = text.slice(end + 2);
  }
  let address: Awaitable<string | undefined> = ipv6From(host);
  if (address === undefined) {
    const colon = host.lastIndexOf(':');
    portText = colon < 0 ? null : host.slice(colon + 1);
    if (colon >= 0) host = host.slice(0, colon);
    address = ipv4OrHost(host, resolver);
  }
  return whenKnown(address, (known) => {
    if (known === undefined) return undefined;
    if (portText === null) return { address: known, port: null };
    const port = numberFrom(portText, 0, 65535) ?? (protocol ? resolver.port(portText, protocol) : undefined);
    return port === undefined ? undefined : { address: known, port };
  });
}

/** At hand, or to be waited for: only a host's name is, and restoring a table means reading thousands of addresses. */
export type Awaitable<T> = T | Promise<T>;

export const whenKnown = <T, R>(value: Awaitable<T>, use: (known: T) => R): Awaitable<R> =>
  value instanceof Promise ? value.then(use) : use(value);

/** What inet_aton() takes, or the address of a host. */
export const ipv4OrHost = (text: string, resolver: Resolver): Awaitable<string | undefined> =>
  ipv4From(text) ?? (text === '' ? undefined : resolver.host(text));

const SCRATCH = new Uint8Array(16);
const OCTAL = /(^|\.)0[0-9]/;

/** As inet_aton(): one to four parts, decimal, octal with a leading 0 or hexadecimal with 0x, the last of which fills the
 *  bytes that are left (`10.9` is 10.0.0.9). What follows a blank does not count. */
export function ipv4From(text: string): string | undefined {
  // As nearly all are written.
  if (writeIpv4(SCRATCH, 0, text) && !OCTAL.test(text)) return text;
  const parts = (/^[^ \t\n\v\f\r]*/.exec(text)?.[0] ?? '').split('.');
  if (parts.length > 4) return undefined;
  let address = 0;
  for (const [index, part] of parts.entries()) {
    const value = partFrom(part);
    const bytesLeft = index === parts.length - 1 ? 4 - index : 1;
    if (value === undefined || value >= 256 ** bytesLeft) return undefined;
    address += value * 256 ** (4 - index - bytesLeft);
  }
  return [address / 2 ** 24, address / 2 ** 16, address / 2 ** 8, address].map((n) => Math.floor(n) % 256).join('.');
}

function partFrom(part: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(part)) return Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]*$/.test(part)) return Number.parseInt(part, 8);
  return /^[1-9][0-9]*$/.test(part) ? Number(part) : undefined;
}

/** As inet_pton() reads IPv6, in canonical form. */
export function ipv6From(text: string): string | undefined {
  if (text.indexOf(':') === text.lastIndexOf(':')) return undefined;
  const [, head, dotted] = /^(.*:)([0-9.]+)$/.exec(text) ?? [];
  let groups = text;
  if (head !== undefined && dotted?.includes('.')) {
    if (OCTAL.test(dotted) || !writeIpv4(SCRATCH, 0, dotted)) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = SCRATCH;
    groups = `${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  return writeIpv6(SCRATCH, 0, groups) ? readIpv6(SCRATCH, 0) : undefined;
}

/** A group address in its usual form, for messages to the kernel: IPv4 224.0.0.0/4, IPv6 ff00::/8. */
export function multicastFrom(text: string): string | undefined {
  if (text.includes(':')) {
    const address = ipv6From(text);
    return address?.startsWith('ff') && address.indexOf(':') === 4 ? address : undefined;
  }
  if (OCTAL.test(text) || !writeIpv4(SCRATCH, 0, text)) return undefined;
  const first = SCRATCH[0] as number;
  return first >= 224 && first <= 239 ? SCRATCH.subarray(0, 4).join('.') : undefined;
}
