import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../../src/scheduling/candidate.ts';
import { dhTable } from '../../../src/scheduling/dh.ts';
import { mhOrder, mhRatio, mhSlots, mhTable, mhTurns } from '../../../src/scheduling/mh.ts';
import { shTable } from '../../../src/scheduling/sh.ts';
import { added, four } from './build.ts';

/** Cells by destination, in list order. */
const counts = (cells: Int32Array | null, candidates: readonly Candidate[]): number[] =>
  candidates.map((_, index) => [...(cells ?? [])].filter((cell) => cell === index).length);

const list = (...weights: readonly number[]): Candidate[] => added(...weights.map((w, i) => four(i + 11, w, 0)));
const weighted = list(1, 2, 3);

describe('source hash', () => {
  test('weights 1, 2, 3 get 42, 85, 129 of 256 buckets, in runs of their weight', () => {
    expect(counts(shTable(weighted), weighted)).toEqual([129, 85, 42]);
    expect([...shTable(weighted).slice(0, 7)]).toEqual([0, 0, 0, 1, 1, 2, 0]);
  });

  test('ten servers of weight 100: only the three newest get clients', () => {
    const ten = list(...Array<number>(10).fill(100));
    expect(counts(shTable(ten), ten)).toEqual([100, 100, 56, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('ten servers of weight 10: 20 to 30 buckets each', () => {
    const ten = list(...Array<number>(10).fill(10));
    expect(new Set(counts(shTable(ten), ten))).toEqual(new Set([20, 26, 30]));
  });

  test('weight 0 still takes one bucket per turn', () => {
    const candidates = list(3, 0);
    expect(counts(shTable(candidates), candidates)).toEqual([64, 192]);
  });

  test('no destinations, one of the largest weight, more than buckets', () => {
    expect(new Set(shTable([]))).toEqual(new Set([-1]));
    expect(new Set(shTable(list(2 ** 31 - 1)))).toEqual(new Set([0]));
    const many = list(...Array<number>(300).fill(1));
    expect(counts(shTable(many), many).filter((n) => n > 0)).toHaveLength(256);
  });

  test('other table sizes', () => {
    expect(shTable(weighted, 4)).toHaveLength(16);
    expect(shTable(weighted, 20)).toHaveLength(2 ** 20);
  });
});

describe('destination hash', () => {
  test('deals buckets in turn whatever the weights', () => {
    expect(counts(dhTable(weighted), weighted)).toEqual([86, 85, 85]);
    expect(new Set(dhTable([]))).toEqual(new Set([-1]));
  });
});

describe('Maglev', () => {
  test('weights 1, 2, 3 get 682, 1364, 2047 of 4093 slots', () => {
    expect(counts(mhTable(weighted, 'inet'), weighted)).toEqual([2047, 1364, 682]);
  });

  test.each([
    [11, 790, 2838],
    [12, 366, 3764],
    [13, 4024, 2052],
  ])('10.9.1.%i begins at %i and steps by %i', (host, offset, skip) => {
    expect(mhOrder(four(host), 'inet')).toEqual({ offset, skip });
  });

  test('ratios above 63 are cut down: 1 and 4094 get 63 and 4030 slots', () => {
    const candidates = list(1, 4094);
    expect(mhTurns([4094, 1])).toEqual([63, 1]);
    expect(counts(mhTable(candidates, 'inet'), candidates)).toEqual([4030, 63]);
  });

  test.each([
    [[], []],
    [
      [0, 0],
      [0, 0],
    ],
    [
      [100, 100],
      [1, 1],
    ],
    [
      [100, 300, 0, 7],
      [12, 37, 0, 1],
    ],
    [
      [63, 1],
      [63, 1],
    ],
    [
      [64, 1],
      [32, 1],
    ],
    [
      [2 ** 31 - 1, 1],
      [63, 1],
    ],
    [
      [2 ** 30, 2 ** 29, 2 ** 20],
      [32, 16, 1],
    ],
  ])('turns of weights %j', (weights, turns) => {
    expect(mhTurns(weights)).toEqual(turns);
  });

  test('nobody ever had a weight: an empty table', () => {
    expect(new Set(mhTable(list(0, 0), 'inet'))).toEqual(new Set([-1]));
    expect(new Set(mhTable([], 'inet'))).toEqual(new Set([-1]));
  });

  test('a quiesced destination keeps its slots, one added with weight 0 has none', () => {
    const quiesced = added(four(11, 1), four(12, 0, 2), four(13, 3));
    expect(mhTable(quiesced, 'inet')).toEqual(mhTable(weighted, 'inet'));
    const fresh = added(four(11, 1), four(12, 0, 0), four(13, 3));
    expect(counts(mhTable(fresh, 'inet'), fresh)[1]).toBe(0);
  });

  test('no table without the former weight, nor for more destinations than slots', () => {
    expect(mhTable(added(four(11), four(12, 0)), 'inet')).toBeNull();
    const full = Array.from({ length: 4093 }, (_, i) => ({ ...four(11), port: i + 1 }));
    expect(new Set(mhTable(full, 'inet')).size).toBe(4093);
    expect(mhTable([...full, four(12)], 'inet')).toBeNull();
  });

  test('other table sizes', () => {
    expect(mhSlots()).toBe(4093);
    expect(mhRatio()).toBe(63);
    expect(mhTable(weighted, 'inet', 8)).toHaveLength(251);
    expect(mhRatio(8)).toBe(15);
    expect(mhTable(weighted, 'inet', 17)).toHaveLength(131071);
    expect(mhRatio(17)).toBe(255);
  });
});
