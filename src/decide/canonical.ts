import type { Destination } from '../model/service.ts';

type Identity = Pick<Destination, 'address' | 'port'>;

/** Orders things whose destinations compareDestinations would order, in the same way, but reads every address only once:
 *  plan() sorts tens of thousands of them. */
export function inCanonicalOrder<T>(items: readonly T[], identity: (item: T) => Identity): readonly T[] {
  const keys = items.map((item) => sortKey(identity(item)));
  if (keys.every((key, i) => i === 0 || (keys[i - 1] ?? '') <= key)) return items;
  return items
    .map((item, i) => ({ item, key: keys[i] ?? '' }))
    .sort((a, b) => compareText(a.key, b.key))
    .map(({ item }) => item);
}

/** Text that compares as address and port compare as numbers, IPv4 first. Reads canonical addresses (base/ip.ts) only. */
function sortKey({ address, port }: Identity): string {
  if (address.includes(':')) return `6${String.fromCharCode(...groups(address), port)}`;
  let value = 0;
  let octet = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) {
      value = value * 256 + octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - ZERO;
    }
  }
  value = value * 256 + octet;
  return `4${String.fromCharCode(value >>> 16, value & 0xffff, port)}`;
}

const DOT = 46;
const ZERO = 48;

/** The eight 16-bit groups of an IPv6 address. */
function groups(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = new Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...gap, ...back].map((group) => Number.parseInt(group, 16));
}

/** Plain code-unit order: the same on every machine, unlike localeCompare. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
