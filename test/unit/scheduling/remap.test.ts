import { expect, test } from 'vitest';
import type { Candidate } from '../../../src/scheduling/candidate.ts';
import { mhTable } from '../../../src/scheduling/mh.ts';
import { shTable } from '../../../src/scheduling/sh.ts';
import { added, four } from './build.ts';

type Fill = (candidates: readonly Candidate[]) => Int32Array | null;
const maglev: Fill = (candidates) => mhTable(candidates, 'inet');

const ten = (weight: number): Candidate[] => added(...Array.from({ length: 10 }, (_, i) => four(i + 11, weight)));

/** Of the cells that did not belong to `gone`, the fraction that another destination has afterwards. */
function remapped(fill: Fill, before: readonly Candidate[], after: readonly Candidate[], gone?: Candidate): number {
  const owners = (list: readonly Candidate[]) => [...(fill(list) ?? [])].map((index) => list[index]?.address);
  const afterwards = owners(after);
  const others = owners(before).flatMap((owner, cell) => (owner === gone?.address ? [] : [owner !== afterwards[cell]]));
  return others.filter(Boolean).length / others.length;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

const eachRemoved = (fill: Fill, list: readonly Candidate[]): number[] =>
  list.map((gone) =>
    remapped(
      fill,
      list,
      list.filter((other) => other !== gone),
      gone,
    ),
  );

const eachQuiesced = (fill: Fill, list: readonly Candidate[]): number[] =>
  list.map((gone) => {
    const after = list.map((c) => (c === gone ? { ...c, weight: 0, lastWeight: c.weight } : c));
    return remapped(fill, list, after, gone);
  });

test('one of ten removed: 1.2 % of the others move with mh, 90 % with sh', () => {
  expect(mean(eachRemoved(maglev, ten(1)))).toBeCloseTo(0.012, 3);
  expect(mean(eachRemoved(shTable, ten(1)))).toBeCloseTo(0.9, 2);
});

test('the same ten in reverse order: 0.8 % move with mh, all with sh', () => {
  expect(remapped(maglev, ten(1), ten(1).reverse())).toBeCloseTo(0.008, 3);
  expect(remapped(shTable, ten(1), ten(1).reverse())).toBe(1);
});

test('weight 10 to 0: nobody else moves with mh, with sh 74 % when it is the middle one', () => {
  expect(eachQuiesced(maglev, ten(10))).toEqual(Array<number>(10).fill(0));
  expect(eachQuiesced(shTable, ten(10))[5]).toBeCloseTo(0.74, 2);
});

test('weight 1 to 0 moves nobody else', () => {
  expect(eachQuiesced(maglev, ten(1))).toEqual(Array<number>(10).fill(0));
  expect(eachQuiesced(shTable, ten(1))).toEqual(Array<number>(10).fill(0));
});
