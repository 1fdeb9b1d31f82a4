import { writeIpv4, writeIpv6 } from '../../kernel/address-bytes.ts';
import type { Destination, VirtualService } from '../../model/service.ts';

/** How far apart two unsigned 32-bit numbers are. */
type Difference = (a: number, b: number) => number;

const exactly: Difference = (a, b) => a - b;
/** ipvsadm stores the difference in an int, so of numbers 2^31 or more apart the larger one comes first. */
const inAnInt: Difference = (a, b) => (a - b) | 0;

interface Key {
  readonly mark: number;
  readonly family: 2 | 10;
  readonly protocol: number;
  /** Four 32-bit words; an IPv4 address is the first, with zeros behind it. */
  readonly words: readonly number[];
  readonly port: number;
}

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;

/** By firewall mark (0 for none), family, protocol, address, port. */
export function sortServices<T extends { readonly service: Pick<VirtualService, 'id'> }>(
  services: readonly T[],
  strictCompat: boolean,
): T[] {
  const difference = strictCompat ? inAnInt : exactly;
  const compare = (a: Key, b: Key): number =>
    difference(a.mark, b.mark) ||
    a.family - b.family ||
    a.protocol - b.protocol ||
    compareWords(a, b, difference, 4) ||
    a.port - b.port;
  return sortBy(services, ({ service }) => serviceKey(service.id), compare, strictCompat);
}

function serviceKey(id: VirtualService['id']): Key {
  if (id.kind === 'fwmark')
    return { mark: id.mark, family: id.family === 'inet6' ? 10 : 2, protocol: PROTOCOLS.tcp, words: NO_WORDS, port: 0 };
  return { mark: 0, ...addressKey(id.address), protocol: PROTOCOLS[id.protocol], port: id.port };
}

/** By address, then port. Where families are mixed, ipvsadm looks at all of an IPv6 address but only at 32 bits when an
 *  IPv4 one stands on the left. */
export function sortDestinations<T extends Pick<Destination, 'address' | 'port'>>(
  destinations: readonly T[],
  strictCompat: boolean,
): T[] {
  const difference = strictCompat ? inAnInt : exactly;
  const compare = (a: Key, b: Key): number =>
    compareWords(a, b, difference, strictCompat && a.family === 2 ? 1 : 4) || a.port - b.port;
  const key = ({ address, port }: T): Key => ({ mark: 0, ...addressKey(address), protocol: 0, port });
  return sortBy(destinations, key, compare, strictCompat);
}

function compareWords(a: Key, b: Key, difference: Difference, count: number): number {
  let result = 0;
  for (let i = 0; result === 0 && i < count; i++) result = difference(a.words[i] as number, b.words[i] as number);
  return result;
}

const NO_WORDS: readonly number[] = [0, 0, 0, 0];
const BYTES = new DataView(new ArrayBuffer(16));
const SCRATCH = new Uint8Array(BYTES.buffer);

function addressKey(address: string): Pick<Key, 'family' | 'words'> {
  if (writeIpv4(SCRATCH, 0, address)) return { family: 2, words: [BYTES.getUint32(0), 0, 0, 0] };
  writeIpv6(SCRATCH, 0, address);
  return { family: 10, words: [0, 4, 8, 12].map((at) => BYTES.getUint32(at)) };
}

function sortBy<T>(items: readonly T[], key: (item: T) => Key, compare: (a: Key, b: Key) => number, byMerge: boolean) {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  type Keyed = (typeof keyed)[number];
  const order = (a: Keyed, b: Keyed): number => compare(a.key, b.key);
  return (byMerge ? mergeSort(keyed, order) : keyed.sort(order)).map(({ item }) => item);
}

/** qsort() of the GNU C library: halves, the smaller one first where the count is odd, merged from the left. With a
 *  comparison that contradicts itself, as ipvsadm's does, the result hangs on exactly this. */
export function mergeSort<T>(items: readonly T[], compare: (a: T, b: T) => number): T[] {
  if (items.length <= 1) return [...items];
  const middle = items.length >> 1;
  const left = mergeSort(items.slice(0, middle), compare);
  const right = mergeSort(items.slice(middle), compare);
  const merged: T[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i] as T, right[j] as T];
    if (compare(a, b) <= 0) {
      merged.push(a);
      i++;
    } else {
      merged.push(b);
      j++;
    }
  }
  return merged.concat(left.slice(i), right.slice(j));
}
