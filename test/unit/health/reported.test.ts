import { expect, test } from 'vitest';
import { initialVerdict, judge } from '../../../src/health/verdict.ts';
import { answered, refused } from './build.ts';

const settings = { rise: 2, fall: 3 };
const up = initialVerdict(0, true);

test('what a server says of itself holds until it says otherwise', () => {
  const said = judge(settings, up, { ...answered(1, 200), weight: { percent: 50 }, admin: 'drain' });
  expect(said.reported).toEqual({ weight: { percent: 50 }, admin: 'drain' });
  const silent = judge(settings, said, answered(2, 200));
  expect(silent.reported).toBe(said.reported);
  const ready = judge(settings, silent, { ...answered(3, 200), admin: 'ready' });
  expect(ready.reported).toEqual({ weight: { percent: 50 } });
});

test('saying the same again is no change', () => {
  const said = judge(settings, up, { ...answered(1, 200), weight: { absolute: 7 } });
  const again = judge(settings, said, { ...answered(2, 200), weight: { absolute: 7 } });
  expect(again.reported).toBe(said.reported);
});

test('coming back from down is remembered, coming up from unknown is not', () => {
  const first = judge(settings, initialVerdict(0, false), answered(5, 200));
  expect(first.recoveredAt).toBeUndefined();
  const down = judge({ rise: 1, fall: 1 }, first, refused(6));
  expect(judge({ rise: 1, fall: 1 }, down, answered(9, 200)).recoveredAt).toBe(9);
});

test.each([
  ['wait', 'unknown'],
  ['up', 'up'],
  ['down', 'down'],
] as const)('start: %s', (start, status) => {
  expect(initialVerdict(0, false, start).status).toBe(status);
  expect(initialVerdict(0, true, start).status).toBe('up');
});
