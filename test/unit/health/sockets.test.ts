import { expect, test } from 'vitest';
import { ENOUGH_FILES, filesIn, roomFor, socketsAtOnce, tooFewFiles } from '../../../src/health/sockets.ts';
import { settings } from './build.ts';

test('a limit is read as the kernel writes it', () => {
  const limits = (soft: string): string =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft.padEnd(20)} 4096                 files\n`;
  expect(filesIn(limits('1024'))).toBe(1024);
  expect(filesIn(limits('unlimited'))).toBe(Number.POSITIVE_INFINITY);
  expect(filesIn('')).toBeUndefined();
});

test.each([
  [100, 64, 40],
  [1024, 512, 320],
  [10_000, 9488, 5930],
  [ENOUGH_FILES, 16_384, 10_240],
  [Number.POSITIVE_INFINITY, 16_384, 10_240],
])('of %d files checks have %d, %d of them when they are slow', (files, most, mostSlow) => {
  expect(roomFor(files)).toEqual({ most, mostSlow });
});

test.each([
  ['a connection for half of the time', {}, 500],
  ['one all the time', { timeoutMs: 3000 }, 1000],
  ['more often while it is down', { pace: { downMs: 5000, betweenMs: 625, jitter: 0.1 } }, 800],
  ['pings share one', { check: { kind: 'ping' } }, 0],
  [
    'several at once',
    { check: { kind: 'all', need: 3, of: ['http', 'ping', 'dns'].map((kind) => ({ check: { kind }, port: null })) } },
    1000,
  ],
])('%s', (_, change, sockets) => {
  const checks = Array.from({ length: 1000 }, () => ({ settings: { ...settings, ...change } }));
  expect(socketsAtOnce(checks)).toBe(sockets);
});

test('what another limit would not mend is not complained of', () => {
  expect(tooFewFiles(1024, 320)).toBeUndefined();
  expect(tooFewFiles(1024, 321)).toBe(
    'up to 321 checks wait at once when nobody answers, and with 1024 open files there is room for 320: further ones come late',
  );
  expect(tooFewFiles(ENOUGH_FILES, 1_000_000)).toBeUndefined();
});
