import { addressBytes } from './advert.ts';
import type { Packet } from './injector.ts';

/** Ethernet frames as they are on the wire. */

export const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

const BROADCAST = macBytes('ff:ff:ff:ff:ff:ff');

/** ARP reply to everyone: `address` is at `mac`. */
export function arpFrame(address: string, mac: string): Buffer {
  const [ip, own] = [addressBytes(address), macBytes(mac)];
  const head = Buffer.from([8, 6, 0, 1, 8, 0, 6, 4, 0, 2]);
  return Buffer.concat([BROADCAST, own, head, own, ip, BROADCAST, ip]);
}

/** A packet to a multicast group, with its IP header. */
export function multicastFrame({ from, to, ttl = 255, bytes }: Packet, mac: string): Buffer {
  const [source, group] = [addressBytes(from), addressBytes(to)];
  if (to.includes(':')) {
    const head = Buffer.from([0x86, 0xdd, 0x60, 0, 0, 0, bytes.length >> 8, bytes.length & 0xff, VRRP, ttl]);
    return Buffer.concat([Buffer.from([0x33, 0x33]), group.subarray(12), macBytes(mac), head, source, group, bytes]);
  }
  const length = 20 + bytes.length;
  const head = Buffer.from([0x45, 0xc0, length >> 8, length & 0xff, 0, 0, 0, 0, ttl, VRRP, 0, 0]);
  const header = Buffer.concat([head, source, group]);
  header.writeUInt16BE(0xffff - folded(header), 10);
  const to48 = Buffer.from([0x01, 0x00, 0x5e, (group[1] ?? 0) & 0x7f, group[2] ?? 0, group[3] ?? 0]);
  return Buffer.concat([to48, macBytes(mac), Buffer.from([8, 0]), header, bytes]);
}

const VRRP = 112;

/** Sum of 16-bit words with the carries added (RFC 1071). */
export function folded(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
