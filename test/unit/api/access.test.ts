import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { hostOf, isOurs } from '../../../src/api/access/hosts.ts';
import { sourceOf } from '../../../src/api/access/limits.ts';
import { Rates } from '../../../src/api/access/rates.ts';
import { makeToken, parseTokens, readTokens, renderTokens, Tokens } from '../../../src/api/access/tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-access-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('rates', () => {
  const rate = { perSecond: 2, burst: 3 };

  test('a burst, then so many a second, each key for itself', () => {
    let now = 0;
    const rates = new Rates(() => now);
    const take = (key: string) => rates.take(key, rate);
    expect([take('a'), take('a'), take('a'), take('a'), take('b')]).toEqual([0, 0, 0, 500, 0]);
    now = 250;
    expect(take('a')).toBe(250);
    now = 500;
    expect([take('a'), take('a')]).toEqual([0, 500]);
    now = 1_000_000;
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 500]);
  });

  test('who waits as long as it was told gets one, whenever it asks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 50 }), (pauses) => {
        let now = 0;
        const rates = new Rates(() => now);
        for (const pause of pauses) {
          now += pause;
          const wait = rates.take('a', rate);
          if (wait === 0) continue;
          now += wait + 0.001;
          expect(rates.take('a', rate)).toBe(0);
        }
      }),
    );
  });
});

test('an IPv6 network counts as one client', () => {
  expect(sourceOf('2001:db8:1:2:3:4:5:6')).toBe(sourceOf('2001:db8:1:2::1'));
  expect(sourceOf('2001:db8:1:3::1')).not.toBe(sourceOf('2001:db8:1:2::1'));
  expect(sourceOf('10.0.0.1')).toBe('10.0.0.1');
});

test.each([
  ['10.0.0.1:8443', true],
  ['[2001:db8::1]:8443', true],
  ['localhost', true],
  ['LB1.example', true],
  ['lb1.example.evil.example', false],
  ['10.0.0.1.evil.example', false],
  ['', false],
  [undefined, false],
])('a request for %s is ours: %s', (authority, ours) => {
  expect(isOurs(authority, undefined, ['lb1.example'])).toBe(ours);
});

test('a port is no part of a host', () => {
  expect(hostOf('A.example:1')).toBe('a.example');
  expect(hostOf('[::1]:1')).toBe('::1');
});

describe('tokens', () => {
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  test('what is written is read again', () => {
    const rows = [makeToken('a', 'viewer', '2026-01-01').row, makeToken('b', 'admin', '2026-01-02').row];
    expect(parseTokens(renderTokens(rows))).toEqual(rows);
  });

  test('a token is known by its row, and nothing that differs from it', () => {
    const { token, row } = makeToken('a', 'operator', '2026-01-01');
    const tokens = new Tokens(
      () => file('known', renderTokens([makeToken('b', 'admin', '2026-01-01').row, row])),
      () => {},
    );
    expect(tokens.callerOf(token)).toEqual({ name: 'token a', role: 'operator' });
    for (const other of ['', 'x', `${token}x`, token.slice(0, -1), makeToken('a', 'operator', '2026-01-01').token])
      expect(tokens.callerOf(other)).toBeUndefined();
  });

  test.each([
    ['others may read', () => file('open', '', 0o604), 'expected mode 0600, got 0604'],
    ['the group may write', () => file('group', '', 0o620), 'expected mode 0600'],
    [
      'is a folder',
      () => mkdirSync(join(folder, 'd'), { mode: 0o700, recursive: true }) ?? join(folder, 'd'),
      'no file',
    ],
    ['is a FIFO', () => fifo(), 'no file'],
    ['holds something else', () => file('odd', '# tokens\nroot:x:0:0\n'), 'line 2 is not'],
    [
      'gives a role that is none',
      () => file('role', renderTokens([{ ...makeToken('a', 'viewer', '2026-01-01').row, role: 'anyone' as never }])),
      'line 2 is not',
    ],
    [
      'has one name twice',
      () =>
        file(
          'twice',
          renderTokens([makeToken('a', 'viewer', '2026-01-01').row, makeToken('a', 'admin', '2026-01-01').row]),
        ),
      'a is there twice',
    ],
  ])('a file that %s is refused', (_, make, says) => {
    const path = make();
    expect(() => readTokens(path)).toThrow(says);
    const told: string[] = [];
    const tokens = new Tokens(
      () => path,
      (text) => told.push(text),
    );
    for (let asked = 0; asked < 3; asked++)
      expect(tokens.callerOf(makeToken('a', 'viewer', '2026-01-01').token)).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  test('one behind a link is what the link leads to; one that is not there holds none', () => {
    const { row } = makeToken('a', 'viewer', '2026-01-01');
    const link = join(folder, 'link');
    symlinkSync(file('behind', renderTokens([row])), link);
    expect(readTokens(link)).toEqual([row]);
    expect(readTokens(join(folder, 'nothing'))).toEqual([]);
  });
});

function fifo(): string {
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', ['-m', '600', path]);
  return path;
}
