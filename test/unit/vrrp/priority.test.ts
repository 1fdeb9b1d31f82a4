import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectivePriority, type Tracked } from '../../../src/vrrp/priority.ts';

const tracker = (weight: number, state: Tracked['state'], over: Partial<Tracked> = {}): Tracked => ({
  name: 'process nginx',
  weight,
  state,
  why: state === 'up' ? 'running' : 'not running',
  ...over,
});

describe('what a tracker adds', () => {
  test.each([
    ['a positive weight while up', 20, 'up', false, 120],
    ['a positive weight while down', 20, 'down', false, 100],
    ['a negative weight while up', -20, 'up', false, 100],
    ['a negative weight while down', -20, 'down', false, 80],
    ['reversed, a positive weight while up', 20, 'up', true, 100],
    ['reversed, a positive weight while down', 20, 'down', true, 120],
    ['reversed, a negative weight while up', -20, 'up', true, 80],
    ['reversed, a negative weight while down', -20, 'down', true, 100],
    ['nothing known', 20, 'unknown', false, 100],
    ['nothing known, reversed', -20, 'unknown', true, 100],
  ] as const)('%s', (_, weight, state, reverse, priority) => {
    expect(effectivePriority(100, [tracker(weight, state, { reverse })])).toMatchObject({ priority, faults: [] });
  });
});

describe('weight 0', () => {
  test.each([
    ['down is a fault', 'down', false, ['process nginx: not running']],
    ['up is none', 'up', false, []],
    ['reversed, up is one', 'up', true, ['process nginx: running']],
    ['reversed, down is none', 'down', true, []],
    ['nothing known is none', 'unknown', false, []],
  ] as const)('%s', (_, state, reverse, faults) => {
    expect(effectivePriority(100, [tracker(0, state, { reverse })])).toMatchObject({ priority: 100, faults });
  });
});

test('terms are told in order, with their reasons', () => {
  const trackers = [
    tracker(-50, 'down'),
    tracker(10, 'up', { name: 'interface eth1', why: 'carrier' }),
    tracker(5, 'down'),
  ];
  expect(effectivePriority(150, trackers)).toEqual({
    priority: 110,
    faults: [],
    terms: [
      { name: 'base', value: 150 },
      { name: 'process nginx', value: -50, why: 'not running' },
      { name: 'interface eth1', value: 10, why: 'carrier' },
    ],
  });
});

test.each([
  [10, -50, 'down', 1, 41],
  [250, 50, 'up', 254, -46],
] as const)('clamped: %d and %d', (base, weight, state, priority, value) => {
  const { terms, ...rest } = effectivePriority(base, [tracker(weight, state)]);
  expect(rest).toEqual({ priority, faults: [] });
  expect(terms.at(-1)).toEqual({ name: 'clamped', value, why: 'a priority is 1 to 254' });
});

test('an owner stays 255, but its faults count', () => {
  expect(
    effectivePriority(255, [tracker(-200, 'down'), tracker(0, 'down', { name: 'interface eth1', why: 'no carrier' })]),
  ).toEqual({ priority: 255, faults: ['interface eth1: no carrier'], terms: [{ name: 'base', value: 255 }] });
});

test('the terms add up to a priority that a backup may have', () => {
  const trackers = fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b'),
      weight: fc.integer({ min: -254, max: 254 }),
      reverse: fc.boolean(),
      state: fc.constantFrom('up' as const, 'down' as const, 'unknown' as const),
      why: fc.constant('so'),
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 254 }), trackers, (base, list) => {
      const { priority, terms } = effectivePriority(base, list);
      expect(terms.reduce((sum, term) => sum + term.value, 0)).toBe(priority);
      expect(priority).toBeGreaterThanOrEqual(1);
      expect(priority).toBeLessThanOrEqual(254);
    }),
  );
});
