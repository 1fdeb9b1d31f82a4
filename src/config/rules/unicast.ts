import { addressBytes } from '../../base/ip.ts';

/** Why an address belongs to no single host, in words; undefined when it does. The kernel refuses such destinations
 *  (net/netfilter/ipvs/ip_vs_ctl.c, __ip_vs_new_dest) and never sees such a virtual address. */
export function notUnicast(address: string): string | undefined {
  return address.includes(':') ? notUnicast6(address) : notUnicast4(address);
}

export const isMulticast = (address: string): boolean => notUnicast(address) === 'a multicast address';

function notUnicast4(address: string): string | undefined {
  if (address === '0.0.0.0') return 'the unspecified address';
  if (address === '255.255.255.255') return 'the broadcast address';
  return /^2(2[4-9]|3\d)\./.test(address) ? 'a multicast address' : undefined;
}

function notUnicast6(address: string): string | undefined {
  if (address === '::') return 'the unspecified address';
  const bytes = addressBytes(address);
  const [first = 0, second = 0] = bytes;
  if (first === 0xff) return 'a multicast address';
  if (first === 0xfe && (second & 0xc0) === 0x80) return 'a link-local address';
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? 'an IPv4-mapped address' : undefined;
}
