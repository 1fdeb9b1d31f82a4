import type { PacketVerdict } from '../../../src/model/vrrp.ts';
import { addressBytes, type Forged, forge } from './advert.ts';
import { folded } from './frame.ts';
import type { Packet } from './injector.ts';

/** What nobody on the segment may achieve with one packet or many: rows of a table, and seeded noise. The attacker has a
 *  priority above everybody's, so whatever is believed moves the addresses. */

export interface Row {
  readonly name: string;
  readonly packets: readonly Packet[];
  /** What it is refused for; null: it belongs to no instance. */
  readonly verdict: PacketVerdict | null;
  /** Milliseconds between two of them; 0: as fast as it goes. */
  readonly everyMs: number;
}

export interface Target {
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly addresses: readonly string[];
  /** On the wire. */
  readonly interval: number;
  readonly source: string;
  readonly group: string;
  readonly authentication?: Forged['authentication'];
}

export const FOUR: Target = {
  version: 3,
  vrid: 51,
  addresses: ['10.77.0.100'],
  interval: 10,
  source: '10.77.0.201',
  group: '224.0.0.18',
};
export const SIX: Target = {
  ...FOUR,
  addresses: ['fe80::100', 'fd77::100'],
  source: 'fe80::ff:fe00:c9',
  group: 'ff02::12',
};
export const OLD: Target = { ...FOUR, version: 2, interval: 1 };
export const PASSWORD: Target = { ...OLD, authentication: { type: 1, data: 'fairlead' } };

type Change = Partial<Forged>;

export function advertFor(target: Target, change: Change = {}): Buffer {
  const { group, ...fields } = target;
  return forge({ ...fields, priority: 254, destination: group, ...change });
}

/** Everything that is refused for one reason, in the order in which packets are looked at. */
export function rowsFor(target: Target): Row[] {
  const { source: from, group: to, version } = target;
  const six = to.includes(':');
  const row = (
    name: string,
    verdict: Row['verdict'],
    bytes: readonly Buffer[],
    { ttl = 255, everyMs = 0 } = {},
  ): Row => ({
    name,
    verdict,
    everyMs,
    packets: bytes.map((each) => ({ from, to, ttl, bytes: each })),
  });
  const times = (count: number, bytes: Buffer): Buffer[] => new Array<Buffer>(count).fill(bytes);
  const good = advertFor(target);
  const foreign = six ? ['fe80::66', 'fd77::66'] : ['10.77.0.66'];
  // As many as one frame carries.
  const many = lengths(1, six ? 80 : 255).map((i) => (six ? `fd77::66:${i}` : `10.66.0.${i}`));
  const both: Row[] = [
    row('TTL 1', 'ttl', times(10, good), { ttl: 1 }),
    row('TTL 254', 'ttl', times(10, good), { ttl: 254 }),
    row(
      'cut off in the header',
      null,
      lengths(0, 7).map((size) => good.subarray(0, size)),
    ),
    row(
      'cut off after the header',
      'length',
      lengths(8, good.length - 1).map((size) => good.subarray(0, size)),
    ),
    row('more addresses told than there are', 'length', times(10, advertFor(target, { count: 9 }))),
    row('checksum wrong by one, for 6 s', 'checksum', times(600, advertFor(target, { spoil: 1 })), { everyMs: 10 }),
    row('checksum 0', 'checksum', times(10, withoutChecksum(good))),
    row(
      'other versions',
      'version',
      [0, 1, version === 2 ? 3 : 2, 4, 15].map((each) => advertFor(target, { version: each })),
    ),
    row(
      'other types',
      'type',
      lengths(0, 15)
        .filter((type) => type !== 1)
        .map((type) => advertFor(target, { type })),
    ),
    row('another virtual router, 5000 times', null, times(5000, advertFor(target, { vrid: 50 }))),
    row('somebody else’s addresses', 'addresses', times(20, advertFor(target, { addresses: foreign }))),
    row('very many addresses of somebody else', 'addresses', times(20, advertFor(target, { addresses: many }))),
    row('no address at all', 'count', times(20, advertFor(target, { addresses: [] }))),
  ];
  const byVersion: Row[] =
    version === 3
      ? [
          row('interval 0, a hundred times', 'interval', times(100, advertFor(target, { interval: 0 })), {
            everyMs: 10,
          }),
          row('interval 4095, once', 'interval', [advertFor(target, { interval: 4095 })]),
        ]
      : [
          row('version 3, once a second', 'version', times(12, advertFor(target, { version: 3 })), { everyMs: 1000 }),
          row(
            'another interval',
            'interval',
            [0, 2, 255].map((interval) => advertFor(target, { interval })),
          ),
          row(
            'another password',
            'authentication',
            [
              { type: 1, data: 'fairleaf' },
              { type: target.authentication ? 0 : 1, data: 'x' },
              { type: 2, data: 'fairlead' },
              { type: 255, data: '' },
            ].map((authentication) => advertFor(target, { authentication })),
          ),
        ];
  return [...both, ...byVersion];
}

/** Adverts with some bytes changed or cut off, and bytes without any sense. What may be a valid advert of the target all the
 *  same, because its checksum is right, is left out. */
export function noise(
  target: Target,
  count: number,
  seed: number,
  kind: 'mutated' | 'random' | 'both' = 'both',
): Packet[] {
  const draw = generator(seed);
  const good = advertFor(target);
  const packets: Packet[] = [];
  while (packets.length < count) {
    const random = kind === 'both' ? draw(4) === 0 : kind === 'random';
    const bytes = random ? Buffer.from(lengths(1, draw(120)).map(() => draw(256))) : mutated(good, draw);
    if (sumsUp(bytes, target)) continue;
    packets.push({ from: target.source, to: target.group, ttl: 255, bytes });
  }
  return packets;
}

function mutated(good: Buffer, draw: (below: number) => number): Buffer {
  const bytes = Buffer.from(good);
  for (let left = 1 + draw(3); left > 0; left--) bytes[draw(bytes.length)] = draw(256);
  return draw(2) === 0 ? bytes : bytes.subarray(0, draw(bytes.length + 1));
}

/** Whether a receiver that takes the checksum for right in any form could go on reading. */
function sumsUp(bytes: Buffer, { source, group }: Target): boolean {
  const six = group.includes(':');
  const ends = Buffer.concat([addressBytes(source), addressBytes(group)]);
  const pseudo = Buffer.concat([
    ends,
    Buffer.from(six ? [0, 0, 0, bytes.length, 0, 0, 0, 112] : [0, 112, 0, bytes.length]),
  ]);
  return [bytes, Buffer.concat([pseudo, bytes])].some((whole) => folded(whole) === 0xffff);
}

const lengths = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function withoutChecksum(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(0, 6);
  return copy;
}

/** Whole numbers below a bound, the same for the same seed (xorshift). */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return below > 0 ? state % below : 0;
  };
}
