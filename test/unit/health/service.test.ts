import { describe, expect, test } from 'vitest';
import { combine } from '../../../src/health/combine.ts';
import { panicking } from '../../../src/health/panic.ts';
import { type QuorumState, quorumUnknown, stepQuorum } from '../../../src/health/quorum.ts';
import { rampAt, rampedWeight } from '../../../src/health/slow-start.ts';

describe('panic', () => {
  test.each([
    [50, ['down', 'down', 'up', 'up'], null],
    [50, ['down', 'down', 'down', 'up', 'up'], '60% of servers look dead, which is more likely our own trouble'],
    [99, ['down', 'down'], '100% of servers look dead, which is more likely our own trouble'],
    [30, ['unknown', 'unknown', 'down'], '33% of servers look dead, which is more likely our own trouble'],
    [1, [], null],
  ] as const)('above %i%% of %j', (threshold, statuses, why) => expect(panicking(threshold, statuses)).toBe(why));
});

describe('quorum', () => {
  const want = { weight: 10, hysteresis: 2 };
  const step = (before: QuorumState, alive: number, waiting = false) =>
    stepQuorum(before, want, { alive, waiting, now: 7 });
  const held = step(quorumUnknown(0), 10);

  test('nothing is said while servers wait for their first result', () => {
    expect(step(quorumUnknown(0), 4, true).held).toBeNull();
    expect(step(quorumUnknown(0), 4).held).toBe(false);
    expect(step(quorumUnknown(0), 10, true).held).toBe(true);
  });

  test('is lost below weight - hysteresis and found at weight + hysteresis', () => {
    expect(step(held, 8)).toBe(held);
    const lost = step(held, 7);
    expect(lost).toEqual({ held: false, since: 7, why: 'healthy servers have a weight of 7, 10 is needed' });
    expect(step(lost, 11)).toBe(lost);
    expect(step(lost, 12)).toEqual({ held: true, since: 7, why: 'healthy servers have a weight of 12, 10 is enough' });
  });
});

test.each([
  [1, 1],
  [10, 12],
])('a quorum of %i with a hysteresis of %i is lost when nothing is healthy, and found again', (weight, hysteresis) => {
  const step = (before: QuorumState, alive: number) =>
    stepQuorum(before, { weight, hysteresis }, { alive, waiting: false, now: 7 });
  const held = step(quorumUnknown(0), weight);
  const lost = step(held, 0);
  expect(lost).toMatchObject({ held: false, why: `healthy servers have a weight of 0, ${weight} is needed` });
  expect(step(step(lost, weight + hysteresis), 1).held).toBe(true);
});

describe('slow start', () => {
  test('rises in steps to the whole weight', () => {
    const shares = Array.from({ length: 12 }, (_, i) => rampAt(0, 10_000, i * 1000)?.share ?? 1);
    expect(shares[0]).toBeCloseTo(1 / 11);
    expect(shares[9]).toBeCloseTo(10 / 11);
    expect(shares.slice(10)).toEqual([1, 1]);
  });

  test('servers that came back within a step rise together', () => {
    expect(rampAt(100, 10_000, 1500)).toEqual(rampAt(900, 10_000, 1500));
    expect(rampAt(100, 10_000, 1500)).toMatchObject({ nextAt: 2000 });
  });

  test('no step is shorter than a second', () => {
    expect(rampAt(0, 2000, 10)).toEqual({ share: 1 / 3, nextAt: 1000 });
  });

  test('a weight is never rounded to nothing', () => {
    expect([rampedWeight(1, 0.1), rampedWeight(100, 0.1), rampedWeight(0, 0.5)]).toEqual([1, 10, 0]);
  });
});

describe('several checks of one server', () => {
  const good = { ok: true, phase: 'response', outcome: 'status-200', evidence: 'GET / answered 200' } as const;
  const bad = { ok: false, phase: 'connect', outcome: 'refused', evidence: 'connect to 10.0.0.12:25 refused' } as const;

  test('all', () => {
    expect(combine(2, [good, good])).toMatchObject({
      ok: true,
      outcome: 'enough',
      evidence: 'GET / answered 200 and GET / answered 200',
    });
    expect(combine(2, [good, bad])).toEqual(bad);
  });

  test('any', () => {
    expect(combine(1, [good, bad])).toEqual(good);
    expect(combine(1, [bad, bad])).toMatchObject({ ok: false, outcome: 'refused', phase: 'connect' });
    const silent = { ...bad, outcome: 'timeout', evidence: 'connect to 10.0.0.12:25 timed out' };
    expect(combine(1, [bad, silent])).toMatchObject({ ok: false, outcome: 'too-few' });
  });

  test('that nobody is at the address is passed on, whatever the others say', () => {
    const nobody = { ...bad, outcome: 'unreachable', evidence: '10.0.0.12 is unreachable' };
    expect(combine(1, [nobody, nobody])).toMatchObject({ ok: false, outcome: 'unreachable' });
    expect(combine(2, [good, bad, nobody]).outcome).toBe('unreachable');
    expect(combine(1, [good, nobody])).toEqual(good);
  });

  test('a quorum says how many were good', () => {
    expect(combine(2, [good, bad, bad]).evidence).toBe(
      'only 1 of 3 checks were good: connect to 10.0.0.12:25 refused and connect to 10.0.0.12:25 refused',
    );
  });

  test('the smallest weight and the sternest word are kept', () => {
    const found = combine(1, [
      { ...good, weight: { percent: 80 }, admin: 'ready' },
      { ...good, weight: { percent: 20 }, admin: 'drain' },
    ]);
    expect(found).toMatchObject({ weight: { percent: 20 }, admin: 'drain' });
  });
});
