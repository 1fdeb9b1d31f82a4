import { expect, test } from 'vitest';
import { emptyLedger, observe } from '../../../src/availability/ledger.ts';
import { report } from '../../../src/availability/report.ts';
import { resume } from '../../../src/availability/time.ts';

const MINUTE = 60_000;
const START = 1_700_000_000_000;
const UP = { condition: 'up', cause: '', by: '' } as const;
const DOWN = { condition: 'down', cause: 'refused', by: 'health check', detectedMs: 1500 } as const;
const iso = (ms: number): string => new Date(ms).toISOString();
const KEY = 'service/web';
const at = (minute: number): number => START + minute * MINUTE;

test('two incidents of an hour: availability, MTBF, MTTR, nines and the budget', () => {
  let ledger = observe(emptyLedger(START), START, new Map([[KEY, UP]]));
  ledger = observe(ledger, at(10), new Map([[KEY, DOWN]]));
  ledger = observe(ledger, at(12), new Map([[KEY, UP]]));
  ledger = observe(ledger, at(30), new Map([[KEY, DOWN]]));
  ledger = observe(ledger, at(31), new Map([[KEY, UP]]));
  ledger = observe(ledger, at(60), new Map([[KEY, UP]]));
  const [web] = report(ledger, new Map([[KEY, 99.99]]), iso).objects;
  expect(web).toMatchObject({ kind: 'service', name: 'web', condition: 'up' });
  const year = web?.windows.year;
  expect(year).toMatchObject({
    upSeconds: 57 * 60,
    downSeconds: 180,
    incidents: 2,
    mtbfSeconds: 1710,
    mttrSeconds: 90,
  });
  expect(year?.availability).toBeCloseTo(1710 / (1710 + 90));
  expect(year?.nines).toBeCloseTo(1.301, 3);
  expect(year?.budget?.text).toBe('99.99% of a year = 52.6 min; used 3 min');
  expect(web?.incidents[0]).toEqual({
    kind: 'down',
    start: iso(at(30)),
    end: iso(at(31)),
    seconds: 60,
    cause: 'refused',
    detectionSeconds: 1.5,
    by: 'health check',
  });
});

test('what nobody saw counts neither way, and an incident goes on over it', () => {
  let ledger = observe(emptyLedger(START), START, new Map([[KEY, UP]]));
  ledger = observe(ledger, at(10), new Map([[KEY, DOWN]]));
  ledger = observe(ledger, at(11), new Map([[KEY, DOWN]]));
  ledger = resume(ledger, at(41));
  ledger = observe(ledger, at(42), new Map([[KEY, DOWN]]));
  ledger = observe(ledger, at(43), new Map([[KEY, UP]]));
  const day = report(ledger, new Map(), iso).objects[0]?.windows.day;
  expect(day).toMatchObject({ upSeconds: 600, downSeconds: 180, incidents: 1, budget: null });
});

test('an incident that was over when somebody looked again ends with the last look', () => {
  let ledger = observe(emptyLedger(START), START, new Map([[KEY, DOWN]]));
  ledger = observe(ledger, at(5), new Map([[KEY, DOWN]]));
  ledger = resume(ledger, at(50));
  ledger = observe(ledger, at(50), new Map([[KEY, UP]]));
  const day = report(ledger, new Map(), iso).objects[0]?.windows.day;
  expect(day).toMatchObject({ upSeconds: 0, downSeconds: 300, incidents: 1 });
});

test('a planned interruption is told apart, and is no downtime', () => {
  let ledger = observe(emptyLedger(START), START, new Map([[KEY, UP]]));
  ledger = observe(ledger, at(10), new Map([[KEY, { condition: 'planned', cause: 'drained', by: 'operator' }]]));
  ledger = observe(ledger, at(20), new Map([[KEY, UP]]));
  const [web] = report(ledger, new Map([[KEY, 99]]), iso).objects;
  expect(web?.windows.day).toMatchObject({ plannedSeconds: 600, downSeconds: 0, availability: 1, incidents: 0 });
  expect(web?.windows.day.budget?.usedMinutes).toBe(0);
});
