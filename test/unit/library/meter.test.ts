import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Meter } from '../../../src/library/meter.ts';
import { realServer, virtualService } from '../../../src/library/names.ts';
import type { Counters, ObservedService } from '../../../src/model/observed.ts';

const counters = (connections: bigint): Counters => ({
  connections,
  inPackets: 2n * connections,
  outPackets: 0n,
  inBytes: 100n * connections,
  outBytes: 0n,
});
/** A dump with one service of one destination; a destination of null is left out. */
const dump = (service: bigint, destination: bigint | null = null): ObservedService[] => [
  {
    service: virtualService('tcp://10.0.0.100:80'),
    stats: counters(service),
    destinations:
      destination === null
        ? []
        : [
            {
              ...realServer('10.0.0.11:80'),
              activeConnections: 0,
              inactiveConnections: 0,
              persistentConnections: 0,
              stats: counters(destination),
            },
          ],
  },
];
const rate = (metered: ReturnType<Meter['feed']>) => metered[0]?.measured?.connections ?? null;
const rateOfServer = (metered: ReturnType<Meter['feed']>) => metered[0]?.destinations[0]?.measured?.connections ?? null;

describe('rates', () => {
  test('need two dumps as far apart as the kernel publishes', () => {
    const meter = new Meter();
    expect(rate(meter.feed(dump(100n), 0))).toBeNull();
    expect(rate(meter.feed(dump(150n), 1999))).toBeNull();
    expect(meter.feed(dump(200n), 4000)[0]?.measured).toEqual({
      connections: 25,
      inPackets: 50,
      outPackets: 0,
      inBytes: 2500,
      outBytes: 0,
      spanMs: 4000,
    });
  });

  test('are those of the window', () => {
    const meter = new Meter({ windowMs: 4000 });
    for (const [at, total] of [
      [0, 0n],
      [2000, 1000n],
      [4000, 2000n],
      [6000, 2000n],
    ] as const)
      meter.feed(dump(total), at);
    expect(rate(meter.feed(dump(2000n), 8000))).toBe(0);
  });

  test('begin anew after counters were set to zero', () => {
    const meter = new Meter();
    meter.feed(dump(5000n), 0);
    expect(rate(meter.feed(dump(10n), 2000))).toBeNull();
    expect(rate(meter.feed(dump(30n), 4000))).toBe(10);
  });

  test('a destination that came back with its old counters, or a new one, is where measuring begins', () => {
    const meter = new Meter();
    meter.feed(dump(0n, 900n), 0);
    meter.feed(dump(0n), 2000);
    expect(rateOfServer(meter.feed(dump(0n, 900n), 4000))).toBeNull();
    expect(rateOfServer(meter.feed(dump(0n, 904n), 6000))).toBe(2);
  });

  test('are null without counters, and a clock that went back is no time', () => {
    const meter = new Meter();
    const bare = dump(1n).map((entry) => ({ ...entry, stats: null }));
    expect(rate(meter.feed(bare, 0))).toBeNull();
    meter.feed(dump(10n), 5000);
    expect(rate(meter.feed(dump(20n), 1000))).toBeNull();
    expect(rate(meter.feed(dump(40n), 3000))).toBe(10);
  });

  test('counters over 53 bits lose nothing in between', () => {
    const meter = new Meter();
    meter.feed(dump(2n ** 63n), 0);
    expect(rate(meter.feed(dump(2n ** 63n + 7n), 1000 * 2))).toBe(3.5);
  });

  test('of steady traffic are exact, however often it is fed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 60 }),
        fc.nat(1000),
        (steps, perMs) => {
          const meter = new Meter();
          let now = 0;
          for (const step of steps) {
            now += step;
            const measured = meter.feed(dump(BigInt(now * perMs)), now)[0]?.measured;
            if (!measured) continue;
            expect(measured.connections).toBeCloseTo(1000 * perMs, 3);
            expect(measured.spanMs).toBeGreaterThanOrEqual(2000);
            expect(measured.spanMs).toBeLessThanOrEqual(10_000 + 5000 + 1000);
          }
        },
      ),
    );
  });
});
