import { expect, test } from 'vitest';
import type { Candidate } from '../../../src/scheduling/candidate.ts';
import { policyOf } from '../../../src/scheduling/index.ts';
import { added, FALLBACK, four } from './build.ts';

const warnings = (scheduler: string, candidates: readonly Candidate[], flags = FALLBACK): string[] =>
  (policyOf(scheduler)?.warnings({ candidates, family: 'inet', flags }) ?? []).map(({ message }) => message);

const pool = (count: number, weight: number): Candidate[] =>
  added(...Array.from({ length: count }, (_, i) => four(i + 11, weight)));

test('source hash with large weights starves servers', () => {
  expect(warnings('sh', pool(10, 100))).toEqual([
    'source hash has 256 buckets and the weights add up to 1000: 10.9.1.17:80, 10.9.1.16:80, 10.9.1.15:80, 10.9.1.14:80, 10.9.1.13:80 and 2 more get no clients; use smaller weights or mh',
  ]);
});

test('source hash with middling weights is uneven', () => {
  expect(warnings('sh', pool(10, 10))).toEqual([
    'source hash has 256 buckets and the weights add up to 100: 10.9.1.20:80 gets 11.7 % of the clients instead of 10 %; use smaller weights or mh',
  ]);
});

test('Maglev with a ratio above 63', () => {
  expect(warnings('mh', added(four(11, 1), four(12, 4094)))).toEqual([
    'weights go from 1 to 4094 and Maglev shows ratios up to 63:1: 10.9.1.11:80 gets 1.6 % of the clients instead of 0.02 %',
  ]);
});

test('more destinations than cells', () => {
  const many = Array.from({ length: 4094 }, (_, i) => ({ ...four(11), port: i + 1 }));
  expect(warnings('mh', many)[0]).toContain('4093 slots for 4094 destinations');
  expect(warnings('dh', many.slice(0, 300))[0]).toContain('256 buckets for 300 destinations');
});

test.each(['sh', 'mh'])('%s without fallback refuses the clients of a drained server', (scheduler) => {
  const drained = [four(11), four(12, 0, 1)];
  expect(warnings(scheduler, drained, 0)).toEqual([
    'without the fallback flag the clients of 10.9.1.12:80 (weight 0) are refused, not moved',
  ]);
  expect(warnings(scheduler, drained)).toEqual([]);
});

test('a server that never had a weight has a place with sh and dh, and none with mh', () => {
  const never = [four(11), four(12, 0, 0)];
  expect(warnings('sh', never, 0)).toEqual([expect.stringContaining('10.9.1.12:80 (weight 0) are refused')]);
  expect(warnings('dh', never)).toEqual([expect.stringContaining('10.9.1.12:80 (weight 0) is refused')]);
  expect(warnings('mh', never, 0)).toEqual([]);
});

test('overflow with weight 1', () => {
  expect(warnings('ovf', [four(11)])[0]).toContain('takes two');
});

test.each(['sh', 'mh', 'dh', 'rr', 'wlc', 'ovf'])(
  '%s with few servers of equal weight has nothing to warn of',
  (name) => {
    expect(warnings(name, pool(4, name === 'ovf' ? 100 : 1))).toEqual([]);
    expect(warnings(name, [])).toEqual([]);
  },
);
