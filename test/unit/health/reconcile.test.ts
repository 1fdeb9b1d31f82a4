import { describe, expect, test } from 'vitest';
import { initialVerdict, judge, reconcileVerdicts } from '../../../src/health/verdict.ts';
import type { DesiredServer } from '../../../src/model/desired.ts';
import type { Verdict } from '../../../src/model/health.ts';
import { answered, desired, refused, server, settings } from './build.ts';

const NONE: ReadonlySet<string> = new Set();
const KEY = 'web/10.0.0.11';
const up: Verdict = { ...initialVerdict(5, true), why: 'GET / answered 200', streak: 1, streakSince: 90 };
const down: Verdict = judge({ rise: 1, fall: 1 }, initialVerdict(0, false), refused(5));
const http = { kind: 'http', path: '/', method: 'GET', host: null, status: [[200, 299]], body: null } as const;

const reload = (old: Verdict | undefined, before: DesiredServer, after: DesiredServer): Verdict | undefined =>
  reconcileVerdicts(old ? new Map([[KEY, old]]) : new Map(), desired(before), desired(after), NONE, 100).get(KEY);

test('at the start servers are unknown, those in the kernel are up', () => {
  const verdicts = reconcileVerdicts(new Map(), null, desired(server(11), server(12)), new Set([KEY]), 7);
  expect(verdicts).toEqual(
    new Map([
      [KEY, initialVerdict(7, true)],
      ['web/10.0.0.12', initialVerdict(7, false)],
    ]),
  );
});

describe('what an earlier life of the daemon remembered', () => {
  const begin = (remembered: Verdict, adopted: boolean, fall = 3): Verdict | undefined =>
    reconcileVerdicts(
      new Map(),
      null,
      desired(server(11, { check: { ...settings, fall } })),
      new Set(adopted ? [KEY] : []),
      100,
      new Map([[KEY, remembered]]),
    ).get(KEY);

  test('holds', () => {
    expect(begin(down, false)).toBe(down);
    expect(begin(up, false)).toBe(up);
    expect(begin(up, true)).toBe(up);
  });

  test.each([1, 3])('does not take out a server that serves, but its first bad result of %i does', (fall) => {
    const put = begin(down, true, fall);
    if (put === undefined) throw new Error('it has no verdict');
    expect(put).toMatchObject({
      status: 'up',
      why: 'in service when Fairlead started, though it was down before: connect to 10.0.0.12:80 refused',
    });
    const bad = judge({ rise: 2, fall }, put, refused(200));
    expect(bad.status).toBe('down');
    const wasGood = judge({ rise: 2, fall }, put, answered(200, 200));
    expect(wasGood).toMatchObject({ status: 'up', streak: 0 });
  });
});

test('servers without a check have no verdict', () => {
  expect(reconcileVerdicts(new Map(), null, desired(server(11, { check: null })), new Set([KEY]), 7).size).toBe(0);
});

test('servers that are gone are dropped, new ones are unknown', () => {
  const verdicts = reconcileVerdicts(new Map([[KEY, up]]), desired(server(11)), desired(server(12)), NONE, 100);
  expect([...verdicts]).toEqual([['web/10.0.0.12', initialVerdict(100, false)]]);
});

describe('a server that stays', () => {
  const sameCheck = { ...settings, check: { ...settings.check } };

  test.each([
    ['nothing changed', {}],
    ['its check was read anew', { check: sameCheck }],
    ['another weight', { weight: 7 }],
    ['drained', { administrative: 'drain' }],
    ['another rhythm', { check: { ...settings, everyMs: 5000, timeoutMs: 10, rise: 9, fall: 9 } }],
  ] as const)('keeps its verdict: %s', (_, changes) => {
    expect(reload(up, server(11), server(11, changes))).toBe(up);
    expect(reload(down, server(11), server(11, changes))).toBe(down);
  });

  test.each([
    ['another address', { address: '10.0.0.99' }],
    ['another port', { port: 8080 }],
  ])('is another server: %s', (_, changes) => {
    expect(reload(up, server(11), server(11, changes))).toEqual(initialVerdict(100, false));
  });

  test.each([
    ['another kind', { check: { ...settings, check: http } }],
    ['another check port', { check: { ...settings, port: 8080 } }],
    ['another port to fall back on', { checkPort: 8080 }],
  ])('with a changed check stays up until the new one failed: %s', (_, changes) => {
    expect(reload(up, server(11), server(11, changes))).toEqual({
      ...initialVerdict(up.since, true),
      why: 'in service when its check was changed',
    });
    expect(reload(down, server(11), server(11, changes))).toEqual(initialVerdict(100, false));
  });

  test('http settings are compared in depth', () => {
    const asked = (path: string) =>
      server(11, { check: { ...settings, check: { ...http, path, status: [[200, 299]] } } });
    expect(reload(up, asked('/'), asked('/'))).toBe(up);
    expect(reload(up, asked('/'), asked('/other'))).not.toBe(up);
  });

  test('with its first check it stays in service', () => {
    expect(reload(undefined, server(11, { check: null }), server(11))).toMatchObject({
      status: 'up',
      since: 100,
      why: 'in service when its check was added',
    });
  });
});
