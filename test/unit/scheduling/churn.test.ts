import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../../src/scheduling/candidate.ts';
import { type Churn, churn } from '../../../src/scheduling/churn.ts';
import { added, FALLBACK, four, manyClients, service } from './build.ts';

const NOBODY = { moved: 0, needless: 0, left: 0, others: 0, refused: 0 };
const CLIENTS = manyClients(10_000);
const ten = (weight = 1): Candidate[] => Array.from({ length: 10 }, (_, i) => four(i + 11, weight));
const without = (list: readonly Candidate[], place: number): Candidate[] => list.filter((_, i) => i !== place);
const quiesce = (list: readonly Candidate[], place: number): Candidate[] =>
  list.map((c, i) => (i === place ? { ...c, weight: 0, lastWeight: c.weight } : c));

function change(scheduler: string, before: readonly Candidate[], after: readonly Candidate[], flags = 0): Churn {
  const layout = (list: readonly Candidate[]) => ({ service: service(scheduler, flags), candidates: added(...list) });
  const result = churn(layout(before), layout(after), CLIENTS);
  if (result === null) throw new Error(`${scheduler} cannot be predicted`);
  return result;
}

describe('what a change moves', () => {
  test('nothing when nothing changes', () => {
    for (const name of ['sh', 'mh', 'dh', 'fo']) {
      expect(change(name, ten(), ten())).toEqual(NOBODY);
    }
  });

  test('mh: one of ten removed moves a tenth, and about 1.2 % of the others', () => {
    const { moved, needless, left, others } = change('mh', ten(), without(ten(), 4));
    expect(moved - needless).toBeCloseTo(left);
    expect(left).toBeCloseTo(0.1, 1);
    expect(others).toBeCloseTo(needless / (1 - left));
    expect(others).toBeGreaterThan(0.002);
    expect(others).toBeLessThan(0.025);
  });

  test('weight 1 to 0: sh moves nobody else and refuses its clients', () => {
    const { moved, needless, refused } = change('sh', ten(), quiesce(ten(), 4));
    expect(needless).toBe(0);
    expect(refused).toBe(moved);
    expect(refused).toBeCloseTo(0.1, 1);
  });

  test('weight 10 to 0: sh moves most of the others, mh none', () => {
    const sh = change('sh', ten(10), quiesce(ten(10), 4)).needless / 0.9;
    expect(sh).toBeGreaterThan(0.5);
    expect(change('mh', ten(10), quiesce(ten(10), 4)).needless).toBe(0);
  });

  test('with fallback nobody is refused', () => {
    for (const name of ['sh', 'mh']) expect(change(name, ten(), quiesce(ten(), 4), FALLBACK).refused).toBe(0);
  });

  test('fail-over moves all when the heaviest goes', () => {
    const ranked = [four(11, 2), four(12, 1)];
    expect(change('fo', ranked, ranked.slice(1))).toEqual({ ...NOBODY, moved: 1, left: 1 });
  });
});

test('null where nobody can tell; no clients move no one', () => {
  const layout = { service: service('wlc'), candidates: ten() };
  expect(churn(layout, layout, CLIENTS.slice(0, 1))).toBeNull();
  expect(churn(layout, layout, [])).toEqual(NOBODY);
});
