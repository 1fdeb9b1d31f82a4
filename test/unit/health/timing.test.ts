import { describe, expect, test } from 'vitest';
import { firstProbeDelay, intervalFor, nextProbeDelay } from '../../../src/health/timing.ts';

const always = (value: number) => (): number => value;

describe('first probes', () => {
  test.each([
    [1, 10_000, 1000],
    [500, 10_000, 1000],
    [500, 200, 200],
    [5000, 60_000, 1000],
    [50_000, 60_000, 10_000],
    [50_000, 2000, 2000],
  ])('%i targets probed every %i ms are spread over %i ms', (count, everyMs, window) => {
    const delays = Array.from({ length: count }, (_, index) => firstProbeDelay(index, count, everyMs, always(0.5)));
    expect(Math.min(...delays.map((delay) => delay))).toBeCloseTo(window / count / 2);
    expect(Math.max(...delays)).toBeCloseTo(window - window / count / 2);
    const gaps = delays.slice(1).map((delay, i) => delay - (delays[i] ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(window / count);
  });

  test('chance moves a target within its own slice only', () => {
    expect(firstProbeDelay(3, 10, 5000, always(0))).toBe(300);
    expect(firstProbeDelay(3, 10, 5000, always(0.999999))).toBeLessThan(400);
  });
});

describe('next probes', () => {
  test('are counted from start to start, a tenth either way', () => {
    expect(nextProbeDelay(1000, 200, always(0.5))).toBeCloseTo(800);
    expect(nextProbeDelay(1000, 200, always(0))).toBeCloseTo(700);
    expect(nextProbeDelay(1000, 200, always(1))).toBeCloseTo(900);
  });

  test('follow a slow probe at once', () => {
    expect(nextProbeDelay(1000, 3000, always(0.5))).toBe(0);
  });
});

test('a server that is held back is asked as one that is down, though it answers', () => {
  const settings = { everyMs: 2000, pace: { downMs: 5000, betweenMs: 100, jitter: 0 } };
  const last = { ok: true, at: 1000, durationMs: 1, phase: 'connect', outcome: 'connected', evidence: '' } as const;
  const answering = { status: 'down', streak: 1, last } as const;
  const flaps = { downs: [], level: 1, heldUntil: 1500 };
  expect(intervalFor(settings, answering)).toBe(100);
  expect(intervalFor(settings, { ...answering, flaps })).toBe(5000);
  expect(intervalFor(settings, { ...answering, flaps, last: { ...last, at: 1500 } })).toBe(100);
});
