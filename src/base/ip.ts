import ipaddr from 'ipaddr.js';

export type Family = 'inet' | 'inet6';

/** The one text form of an address that the rest of the program compares: RFC 5952 for IPv6, dotted quad for IPv4.
 *  Undefined when the text is not an address. Short IPv4 forms (`10.9`) and zone ids are refused. */
export function canonicalAddress(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text.split('.').map(Number).join('.');
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text).toRFC5952String();
}

/** Family of an address in canonical form. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'inet6' : 'inet';
}

/** Address bytes in network order, 4 or 16 of them. The address must be canonical. */
export function addressBytes(address: string): number[] {
  return ipaddr.parse(address).toByteArray();
}

/** The first address of the network that a canonical address lies in. */
export function networkAddress(address: string, prefix: number): string {
  const bytes = addressBytes(address).map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))));
  return canonicalAddress(ipaddr.fromByteArray(bytes.map((byte) => byte & 0xff)).toString()) ?? address;
}

/** The `offset`-th address of a network with that first address; offsets stay within the network. */
export function addressAfter(network: string, offset: number): string {
  const bytes = addressBytes(network);
  const sum = bytes.map((byte, i) => byte + ((offset / 256 ** (bytes.length - 1 - i)) & 255));
  return canonicalAddress(ipaddr.fromByteArray(sum).toString()) ?? network;
}

/** `10.0.0.1:80` or `[2001:db8::1]:80`. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Orders addresses as numbers, IPv4 before IPv6: the same on every director, whatever the text looks like. */
export function compareAddresses(a: string, b: string): number {
  const left = addressBytes(a);
  const right = addressBytes(b);
  if (left.length !== right.length) return left.length - right.length;
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Longest prefix a family has. */
export const fullPrefix = (family: Family): number => (family === 'inet' ? 32 : 128);

/** Whether only this machine reaches a canonical address. */
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
