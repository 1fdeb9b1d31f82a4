import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Condition,
  DAY_MS,
  emptyLedger,
  KEPT_GAPS,
  KEPT_SPANS,
  type Ledger,
  note,
  observe,
  totals,
} from '../../src/availability/ledger.ts';
import { JUMP_MS, KEPT_CORRECTIONS, pass, resume, wallOf } from '../../src/availability/time.ts';

/** The ledger through histories of changes, restarts, take-overs and clocks that are set both ways. */

const START = 20_000 * DAY_MS;

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('look' as const),
      after: fc.integer({ min: 0, max: 7_200_000 }),
      condition: fc.option(fc.constantFrom<Condition>('up', 'down', 'planned', 'unobserved')),
      before: fc.option(fc.integer({ min: 0, max: 5000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), after: fc.integer({ min: 0, max: DAY_MS }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('set' as const), by: fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('takeover' as const),
      ms: fc.integer({ min: -10, max: 10_000 }),
      ago: fc.integer({ min: -100, max: 10_000 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const span = { cause: 'c', detectedMs: null, by: 'b' };

function play(steps: readonly Step[]): Ledger {
  let ledger = observe(emptyLedger(START), START, new Map([['a', { condition: 'up', cause: '', by: '' }]]));
  let wall = START;
  for (const one of steps) {
    if (one.kind === 'set') {
      wall += one.by;
      continue;
    }
    if (one.kind === 'takeover') {
      const end = ledger.seen - one.ago;
      ledger = note(ledger, 'a', { kind: 'down', start: end - one.ms, end, ...span });
      continue;
    }
    wall += one.after;
    if (one.kind === 'restart') {
      // What is on disk says the same as what was in memory.
      const { tracks, ...rest } = JSON.parse(JSON.stringify({ ...ledger, tracks: [...ledger.tracks] }));
      ledger = resume({ ...rest, tracks: new Map(tracks) }, wall);
    } else {
      ledger = pass(ledger, one.after, wall);
      const since = one.before === null ? {} : { since: ledger.seen - one.before };
      const finding = one.condition && { condition: one.condition, cause: 'c', by: 'b', ...since };
      ledger = observe(ledger, ledger.seen, new Map([['a', finding]]));
    }
    expect(Math.abs(wallOf(ledger, ledger.seen) - wall)).toBeLessThanOrEqual(JUMP_MS);
    expect(ledger.corrections.length).toBeLessThanOrEqual(KEPT_CORRECTIONS);
  }
  return ledger;
}

const trackOf = (ledger: Ledger) => {
  const track = ledger.tracks.get('a');
  if (track === undefined) throw new Error('it is not followed');
  return track;
};

const histories = fc.array(step, { maxLength: 120 });

test('in every window the four kinds of time add up to it, and none is negative', () => {
  fc.assert(
    fc.property(
      histories,
      fc.integer({ min: 0, max: 40 * DAY_MS }),
      fc.integer({ min: 1, max: 40 * DAY_MS }),
      (steps, back, length) => {
        const ledger = play(steps);
        const to = ledger.seen - Math.min(back, ledger.seen - START);
        const { up, down, planned, unobserved, incidents } = totals(ledger, trackOf(ledger), to - length, to);
        for (const ms of [up, down, planned, unobserved, incidents]) expect(ms).toBeGreaterThanOrEqual(0);
        expect(Math.abs(up + down + planned + unobserved - length)).toBeLessThan(1);
      },
    ),
  );
});

test('two windows beside each other make the window over both', () => {
  fc.assert(
    fc.property(histories, fc.double({ min: 0, max: 1, noNaN: true }), (steps, where) => {
      const ledger = play(steps);
      const track = trackOf(ledger);
      const middle = START + where * (ledger.seen - START);
      const [all, left, right] = [
        [START, ledger.seen],
        [START, middle],
        [middle, ledger.seen],
      ].map(([a = 0, b = 0]) => totals(ledger, track, a, b));
      for (const kind of ['up', 'down', 'planned', 'unobserved'] as const)
        expect(Math.abs((all?.[kind] ?? 0) - (left?.[kind] ?? 0) - (right?.[kind] ?? 0))).toBeLessThan(1);
    }),
  );
});

test('spans are in order, do not overlap, and only the last goes on', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const ledger = play(steps);
      let last = START;
      const { spans } = trackOf(ledger);
      for (const [at, { start, end }] of spans.entries()) {
        expect(start).toBeGreaterThanOrEqual(last);
        if (end === null) expect(at).toBe(spans.length - 1);
        last = end ?? ledger.seen;
        expect(last).toBeGreaterThanOrEqual(start);
        expect(last).toBeLessThanOrEqual(ledger.seen);
      }
    }),
  );
});

test('what is remembered is bounded, and the sums survive being folded', () => {
  let ledger = observe(emptyLedger(START), START, new Map([['a', { condition: 'up', cause: '', by: '' }]]));
  const look = (at: number, condition: Condition): void => {
    ledger = observe(ledger, at, new Map([['a', { condition, cause: 'c', by: 'b' }]]));
  };
  for (let hour = 0; hour < 24 * 30; hour++) {
    look(START + hour * 3_600_000, 'down');
    look(START + hour * 3_600_000 + 600_000, 'up');
  }
  look(START + 30 * DAY_MS, 'up');
  const track = trackOf(ledger);
  expect(track.spans.length).toBe(KEPT_SPANS);
  const { down, incidents, up } = totals(ledger, track, START, START + 30 * DAY_MS);
  expect(Math.round(down)).toBe(30 * 24 * 600_000);
  expect(Math.round(up)).toBe(30 * 24 * 3_000_000);
  expect(incidents).toBe(30 * 24);
  for (let at = 1; at < 2 * KEPT_GAPS; at++) ledger = resume(ledger, ledger.seen + 1000);
  for (let at = 1; at < 2 * KEPT_CORRECTIONS; at++) ledger = pass(ledger, 0, ledger.seen - 10_000 * at);
  expect(ledger.corrections.length).toBe(KEPT_CORRECTIONS);
  expect(ledger.gaps.length).toBeLessThanOrEqual(KEPT_GAPS);
});

test('an outage is as long as it lasted, however often the clock is set meanwhile', () => {
  const steps = fc.array(
    fc.record({ after: fc.integer({ min: 1, max: 600_000 }), set: fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }) }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (looks) => {
      let ledger = observe(emptyLedger(START), START, new Map([['a', { condition: 'down', cause: 'c', by: 'b' }]]));
      let wall = START;
      let lasted = 0;
      for (const { after, set } of looks) {
        lasted += after;
        wall += after + set;
        ledger = pass(ledger, after, wall);
        ledger = observe(ledger, ledger.seen, new Map([['a', { condition: 'down', cause: 'c', by: 'b' }]]));
      }
      const { down, up } = totals(ledger, trackOf(ledger), START, ledger.seen);
      expect([down, up]).toEqual([lasted, 0]);
      // What would be told of the time before the clock was ever set.
      expect(wallOf(ledger, START)).toBe(START);
    }),
  );
});
