import { addressBytes, canonicalAddress, type Family, fullPrefix } from '../base/ip.ts';
import { fullNetmask } from '../model/service.ts';

/** Prefix length of a dotted IPv4 mask; undefined when it is none (gaps between its ones included). */
export function parseNetmask(text: string): number | undefined {
  const canonical = canonicalAddress(text);
  if (canonical === undefined || canonical.includes(':')) return undefined;
  const bits = addressBytes(canonical)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return /^1+0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

const dotted = (prefix: number): string =>
  [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - from)))).join('.');

/** The kernel's form of `persistence.mask` for one listener: dotted for IPv4, a prefix length for IPv6. A dotted mask
 *  means IPv4 only, so clients of IPv6 listeners are then not grouped. */
export function netmaskFor(mask: number | string | undefined, family: Family): string {
  if (mask === undefined || (typeof mask === 'string' && family === 'inet6')) return fullNetmask(family);
  const prefix = typeof mask === 'number' ? mask : (parseNetmask(mask) ?? fullPrefix(family));
  return family === 'inet' ? dotted(prefix) : String(prefix);
}
