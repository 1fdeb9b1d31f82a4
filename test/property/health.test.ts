import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstProbeDelay, nextProbeDelay } from '../../src/health/timing.ts';
import { initialVerdict, judge, type RememberingVerdict } from '../../src/health/verdict.ts';
import type { ProbeResult } from '../../src/model/health.ts';

const found = fc.record({
  ok: fc.boolean(),
  gap: fc.integer({ min: -10, max: 5000 }),
  outcome: fc.constantFrom('refused', 'timeout', 'status-200', 'status-503'),
});

/** A run of results with their times. */
const results = fc.array(found).map((list) => {
  let at = 0;
  return list.map(({ ok, gap, outcome }): ProbeResult => {
    at += gap;
    return { ok, at, durationMs: 1, phase: 'connect', outcome, evidence: `it was ${outcome}` };
  });
});
const timing = fc.record({ rise: fc.integer({ min: 1, max: 5 }), fall: fc.integer({ min: 1, max: 5 }) });

test('a verdict flips exactly when `fall` bad or `rise` good results in a row came', () => {
  fc.assert(
    fc.property(timing, fc.boolean(), results, (settings, adopted, list) => {
      let verdict: RememberingVerdict = initialVerdict(0, adopted);
      let row = 0;
      for (const result of list) {
        const before = verdict;
        verdict = judge(settings, before, result);
        const contradicts = result.ok !== (before.status === 'up') || before.status === 'unknown';
        row = contradicts ? row + 1 : 0;
        const needed = before.status === 'unknown' ? 1 : result.ok ? settings.rise : settings.fall;
        const flips = contradicts && row >= needed;
        expect(verdict.status).toBe(flips ? (result.ok ? 'up' : 'down') : before.status);
        if (flips) row = 0;
        expect(verdict.streak).toBe(row);
        expect(verdict.streakSince === null).toBe(row === 0);
        expect(verdict.last).toBe(result);
        // The beginning and the reason of a status change only with it, and its time is the result's.
        if (!flips) expect([verdict.since, verdict.why]).toEqual([before.since, before.why]);
        else expect(verdict.since).toBe(result.at);
      }
    }),
  );
});

test('the reason counts every result of the row by its kind', () => {
  fc.assert(
    fc.property(results, (list) => {
      const bad = list.filter((result) => !result.ok);
      if (bad.length < 2) return;
      const start = initialVerdict(0, true);
      const end = bad.reduce<RememberingVerdict>((v, r) => judge({ rise: 1, fall: bad.length }, v, r), start);
      expect(end.status).toBe('down');
      for (const outcome of new Set(bad.map((result) => result.outcome))) {
        const count = bad.filter((result) => result.outcome === outcome).length;
        expect(end.why).toContain(`it was ${outcome} ${count === 1 ? 'once' : `${count} times`}`);
      }
      expect(end.why).not.toContain('-0.');
    }),
  );
});

test('judge is total and changes nothing it was given', () => {
  fc.assert(
    fc.property(timing, results, (settings, list) => {
      let verdict: RememberingVerdict = Object.freeze(initialVerdict(0, false));
      for (const result of list) verdict = Object.freeze(judge(settings, verdict, Object.freeze(result)));
      expect(['unknown', 'up', 'down']).toContain(verdict.status);
    }),
  );
});

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const every = fc.integer({ min: 1, max: 3_600_000 });

test('first probes come within a second or the interval, in their order, for up to 5,000 targets', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), every, chance, chance, (count, pick, everyMs, a, b) => {
      const index = pick % count;
      const delay = firstProbeDelay(index, count, everyMs, () => a);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(everyMs, 1000));
      expect(firstProbeDelay(index + 1, count, everyMs, () => b)).toBeGreaterThanOrEqual(delay);
    }),
  );
});

test('intervals stay within a tenth of `every`, and chance above and below cancels out', () => {
  fc.assert(
    fc.property(every, chance, fc.double({ min: 0, max: 0.8, noNaN: true }), (everyMs, random, part) => {
      const took = everyMs * part;
      const interval = took + nextProbeDelay(everyMs, took, () => random);
      expect(interval).toBeGreaterThanOrEqual(everyMs * 0.9 - 1e-6);
      expect(interval).toBeLessThanOrEqual(everyMs * 1.1 + 1e-6);
      const mirrored = took + nextProbeDelay(everyMs, took, () => 1 - random);
      expect((interval + mirrored) / 2).toBeCloseTo(everyMs, 5);
    }),
  );
});
