import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../../src/scheduling/candidate.ts';
import {
  failOver,
  leastConnections,
  neverQueue,
  overflow,
  shortestExpectedDelay,
  weightedLeastConnections,
} from '../../../src/scheduling/connections.ts';
import { roundRobin, weightedReset, weightedRoundRobin } from '../../../src/scheduling/turns.ts';
import { added, four } from './build.ts';

const hosts = (candidates: readonly Candidate[], picks: readonly number[]): string =>
  picks.map((pick) => candidates[pick]?.address.split('.')[3] ?? '-').join(' ');

const busy = (host: number, weight: number, active: number, inactive = 0): Candidate => ({
  ...four(host, weight),
  activeConnections: active,
  inactiveConnections: inactive,
});

describe('turns', () => {
  test('round robin begins with the newest and goes round', () => {
    const list = added(four(11), four(12), four(13));
    const picks: number[] = [];
    for (let i = 0; i < 4; i++) picks.push(roundRobin(list, picks.at(-1)));
    expect(hosts(list, picks)).toBe('13 12 11 13');
    expect(roundRobin(added(four(11, 0), { ...four(12), overloaded: true }))).toBe(-1);
    expect(roundRobin([])).toBe(-1);
  });

  const turns = (list: readonly Candidate[], count: number, level = 0): string => {
    let state = weightedReset(list, level);
    const picks: number[] = [];
    for (let i = 0; i < count; i++) {
      const result = weightedRoundRobin(list, state);
      picks.push(result.pick);
      state = result.state;
    }
    return hosts(list, picks);
  };

  test('weighted round robin interleaves as a kernel was seen to, from the level that adding them one by one left', () => {
    const destinations = [four(11, 1), four(12, 2), four(13, 3)];
    const level = destinations.reduce(
      (kept, _, i) => weightedReset(added(...destinations.slice(0, i + 1)), kept).level,
      0,
    );
    expect(turns(added(...destinations), 12, level)).toBe('13 12 11 13 13 12 13 12 11 13 13 12');
    expect(turns(added(...destinations), 6)).toBe('13 13 12 13 12 11');
  });

  test('common divisors, huge ratios and nobody', () => {
    expect(turns(added(four(11, 2), four(12, 4)), 3)).toBe('12 12 11');
    expect(turns([four(11, 1), { ...four(12, 2 ** 31 - 1), overloaded: true }], 2)).toBe('11 11');
    expect(turns([four(11, 0)], 1)).toBe('-');
    expect(turns([], 1)).toBe('-');
  });

  test('an edit starts the walk again and keeps the level where it can', () => {
    const list = added(four(11, 2), four(12, 6));
    expect(weightedReset(list)).toEqual({ last: -1, level: 5 });
    expect(weightedReset(list, 4)).toEqual({ last: -1, level: 5 });
    expect(weightedReset(list, 3)).toEqual({ last: -1, level: 3 });
    expect(weightedReset(list, 9)).toEqual({ last: -1, level: 5 });
  });
});

describe('connections', () => {
  const picks = (list: readonly Candidate[]): string =>
    hosts(
      list,
      [leastConnections, weightedLeastConnections, shortestExpectedDelay, neverQueue, failOver, overflow].map((pick) =>
        pick(list),
      ),
    );

  test.each([
    [
      'nobody has any: the first of the list, the heaviest where weight counts',
      added(busy(11, 1, 0), busy(12, 2, 0)),
      '12 12 12 12 12 12',
    ],
    ['few for its weight', added(busy(11, 1, 4), busy(12, 4, 8)), '11 12 12 12 12 -'],
    ['an idle one of small weight', added(busy(11, 1, 0), busy(12, 9, 1)), '11 11 12 11 12 12'],
    ['256 inactive ones weigh one active one', added(busy(11, 1, 0, 255), busy(12, 1, 1, 0)), '11 11 11 11 12 12'],
    ['weight 0 never', added(busy(11, 1, 50), busy(12, 0, 0)), '11 11 11 11 11 -'],
    ['nobody', added(busy(11, 0, 0)), '- - - - - -'],
  ])('%s', (_, list, expected) => {
    expect(picks(list)).toBe(expected);
  });

  test('products beyond 2^53 are compared exactly', () => {
    const heavy = 2 ** 31 - 1;
    const list = added(busy(11, heavy - 1, heavy - 1), busy(12, heavy, heavy + 1));
    expect(hosts(list, [weightedLeastConnections(list)])).toBe('11');
  });

  test('overflow takes one more than the weight', () => {
    expect(hosts([busy(11, 2, 2)], [overflow([busy(11, 2, 2)])])).toBe('11');
    expect(overflow([busy(11, 2, 3)])).toBe(-1);
  });
});
