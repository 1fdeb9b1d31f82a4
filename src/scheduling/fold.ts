import { addressBytes, type Family } from '../base/ip.ts';

/** An address as the hashing schedulers see it, one unsigned 32-bit number: IPv4 as it is, IPv6 as the exclusive or of
 *  its four words. The family is the service's, not the address's: of an IPv6 destination in an IPv4 service only the
 *  first word counts (net/netfilter/ipvs/ip_vs_sh.c and ip_vs_mh.c, the hashkey functions). */
export function fold(address: string, family: Family): number {
  const bytes = addressBytes(address);
  const words = family === 'inet' ? 1 : bytes.length / 4;
  let folded = 0;
  for (let word = 0; word < words; word++) {
    for (let i = 0; i < 4; i++) folded ^= (bytes[word * 4 + i] ?? 0) << (24 - 8 * i);
  }
  return folded >>> 0;
}

/** The kernel's hash_32: multiply by the golden ratio, keep the top bits (include/linux/hash.h). */
export const hash32 = (value: number, bits: number): number => Math.imul(value, 0x61c88647) >>> (32 - bits);

/** Sum modulo 2^32 of a folded address, a port and an offset. So (address, port) and (address + 1, port - 1) collide. */
export const mix = (folded: number, port: number, offset = 0): number => (folded + port + offset) >>> 0;
