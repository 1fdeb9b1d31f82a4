import { describe, expect, test } from 'vitest';
import { addon } from '../../../src/kernel/addon.ts';
import { unpackDump } from '../../../src/kernel/records.ts';
import { inTurns, Pace, unpackInTurns } from '../../../src/kernel/turns.ts';
import { sameNames } from '../../../src/library/same-names.ts';
import { table } from '../../support/dump.ts';

const { layout } = addon().codec;

/** A clock that stands still until it is told to go on. */
function handClock() {
  let now = 0;
  const clock = () => now;
  const pass = (ms: number): void => {
    now += ms;
  };
  return { clock, pass };
}

describe('the pace', () => {
  test('grows while turns are short, shrinks when one is long, within limits', () => {
    const { clock, pass } = handClock();
    const pace = new Pace(clock);
    const sizes = (ms: number, turns: number) =>
      Array.from({ length: turns }, () => {
        pace.turn(() => pass(ms));
        return pace.size;
      });
    expect(pace.size).toBe(64);
    expect(sizes(0.1, 5)).toEqual([128, 256, 512, 512, 512]);
    expect(sizes(2, 2)).toEqual([512, 512]);
    expect(sizes(9, 6)).toEqual([256, 128, 64, 32, 32, 32]);
  });

  test('gives what the turn gave, and throws what it threw', () => {
    const pace = new Pace(() => 0);
    expect(pace.turn(() => 'made')).toBe('made');
    const thrown = new Error('midway');
    const failing = () => {
      throw thrown;
    };
    expect(() => pace.turn(failing)).toThrow(thrown);
    expect(pace.size).toBe(128);
  });
});

describe('work in turns', () => {
  /** Steps that take a millisecond each and are written down. */
  function* steps(name: string, count: number, log: string[], pass: (ms: number) => void): Generator<void, string> {
    for (let i = 0; i < count; i++) {
      log.push(`${name}${i}`);
      pass(1);
      yield;
    }
    return name;
  }

  test('lets the event loop do what else there is, and other work in turns', async () => {
    const { clock, pass } = handClock();
    const log: string[] = [];
    setImmediate(() => log.push('other'));
    const both = [inTurns(steps('a', 6, log, pass), clock), inTurns(steps('b', 5, log, pass), clock)];
    expect(await Promise.all(both)).toEqual(['a', 'b']);
    expect(log.join(' ')).toBe('a0 a1 a2 a3 b0 b1 b2 b3 other a4 a5 b4');
  });

  test('of little ends in the turn it began in', async () => {
    const log: string[] = [];
    setImmediate(() => log.push('other'));
    await inTurns(steps('a', 3, log, () => {}));
    expect(log).toEqual(['a0', 'a1', 'a2']);
  });

  test('rejects with what a later turn threw', async () => {
    const { clock, pass } = handClock();
    const thrown = new Error('midway');
    const log: string[] = [];
    function* failing(): Generator<void, never> {
      yield* steps('a', 5, log, pass);
      throw thrown;
    }
    await expect(inTurns(failing(), clock)).rejects.toBe(thrown);
    expect(log).toHaveLength(5);
  });

  test('unpacks one service of many destinations, or services alone, as in one go', async () => {
    for (const dump of [table([5000]), table([0, 700, 3]), { ...table([4, 0, 9]), destinations: new Uint8Array(0) }])
      expect(await unpackInTurns(layout, dump, { stats: true })).toEqual(unpackDump(layout, dump, { stats: true }));
  });
});

test('dumps name the same or not, by services, destinations and order', async () => {
  const dump = (...sizes: number[]) => unpackDump(layout, table(sizes), { stats: false });
  const same = async (left: ReturnType<typeof dump>, right: ReturnType<typeof dump>) => inTurns(sameNames(left, right));
  expect(await same(dump(3, 200, 0), dump(3, 200, 0))).toBe(true);
  expect(await same(dump(), dump())).toBe(true);
  for (const other of [dump(3, 200), dump(3, 199, 0), dump(3, 200, 0).reverse()])
    expect(await same(dump(3, 200, 0), other)).toBe(false);
  const turned = dump(3, 200, 0).map((entry) => ({ ...entry, destinations: entry.destinations.toReversed() }));
  expect(await same(dump(3, 200, 0), turned)).toBe(false);
  const moved = dump(3).map((entry) => ({
    ...entry,
    destinations: entry.destinations.map((destination) => ({ ...destination, port: 81 })),
  }));
  expect(await same(dump(3), moved)).toBe(false);
});
