import { describe, expect, test } from 'vitest';
import { downMs, listenedIntervalMs, skewMs } from '../../../src/vrrp/timers.ts';

const v2 = { version: 2, downAdverts: 3 } as const;
const v3 = { version: 3, downAdverts: 3 } as const;

describe('Skew_Time', () => {
  test.each([
    [254, 7.8125],
    [128, 500],
    [100, 609.375],
    [1, 996.09375],
  ])('RFC 3768 6.1: (256 - %d) / 256 seconds, whatever the interval', (priority, ms) => {
    expect(skewMs(2, priority, 1000)).toBe(ms);
    expect(skewMs(2, priority, 5000)).toBe(ms);
  });

  test.each([
    [254, 1000, 7.8125],
    [254, 10, 0.078125],
    [128, 100, 50],
    [1, 40_950, 40_790.0390625],
  ])('RFC 9568 6.1 and RFC 5798 6.1: priority %d at %d ms: %d ms', (priority, interval, ms) => {
    expect(skewMs(3, priority, interval)).toBe(ms);
  });

  test('the better the sooner, and never nothing', () => {
    for (let priority = 1; priority < 255; priority++) {
      expect(skewMs(3, priority, 10)).toBeGreaterThan(skewMs(3, priority + 1, 10));
      expect(skewMs(3, priority + 1, 10)).toBeGreaterThan(0);
    }
  });
});

describe('Master_Down_Interval, Active_Down_Interval', () => {
  test('RFC 3768 6.1: three intervals and the skew', () => {
    expect(downMs(v2, 100, 1000)).toBe(3609.375);
    expect(downMs(v2, 100, 2000)).toBe(6609.375);
  });

  test('RFC 9568 6.1: three intervals of the active router and the skew', () => {
    expect(downMs(v3, 100, 100)).toBe(360.9375);
  });

  test('other numbers of adverts may be missed', () => {
    expect(downMs({ version: 3, downAdverts: 5 }, 128, 100)).toBe(550);
  });
});

test('RFC 9568 6.4.2: v3 goes by the learned interval, v2 by its own', () => {
  expect(listenedIntervalMs({ version: 3, intervalMs: 1000 }, 100)).toBe(100);
  expect(listenedIntervalMs({ version: 3, intervalMs: 1000 }, null)).toBe(1000);
  expect(listenedIntervalMs({ version: 2, intervalMs: 1000 }, 100)).toBe(1000);
});
