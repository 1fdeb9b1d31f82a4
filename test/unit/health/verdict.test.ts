import { describe, expect, test } from 'vitest';
import { whyNow } from '../../../src/health/certificate.ts';
import { initialVerdict, judge } from '../../../src/health/verdict.ts';
import type { ProbeResult, Verdict } from '../../../src/model/health.ts';
import { answered, refused } from './build.ts';

const timing = { rise: 2, fall: 3 };
const having = (start: Verdict, ...results: readonly ProbeResult[]): Verdict =>
  results.reduce((verdict, result) => judge(timing, verdict, result), start);

const unknown = initialVerdict(0, false);
const adopted = initialVerdict(0, true);
const down = having(unknown, refused(100));

describe('the first result of an unknown server decides at once', () => {
  test('good', () => {
    expect(having(unknown, answered(40, 200))).toMatchObject({
      status: 'up',
      since: 40,
      streak: 0,
      streakSince: null,
      why: 'GET /healthz answered 200',
      last: answered(40, 200),
    });
  });

  test('bad', () => {
    expect(having(unknown, refused(40))).toMatchObject({
      status: 'down',
      since: 40,
      why: 'connect to 10.0.0.12:80 refused',
    });
  });

  test('until then nothing is claimed', () => {
    expect(unknown).toEqual({
      status: 'unknown',
      streak: 0,
      since: 0,
      streakSince: null,
      why: 'not checked yet',
      last: null,
    });
  });
});

describe('a server that was in service when Fairlead started', () => {
  test('begins up', () => {
    expect(adopted).toMatchObject({ status: 'up', why: 'in service when Fairlead started' });
  });

  test('goes down after `fall` bad results only', () => {
    expect(having(adopted, refused(1000), refused(2000))).toMatchObject({
      status: 'up',
      streak: 2,
      streakSince: 1000,
      since: 0,
      why: 'in service when Fairlead started',
    });
    expect(having(adopted, refused(1000), refused(2000), refused(3000))).toMatchObject({ status: 'down', since: 3000 });
  });
});

describe('up to down', () => {
  test('equal failures are counted with their time span', () => {
    const verdict = having(adopted, refused(1000), refused(1500), refused(2000));
    expect(verdict.why).toBe('connect to 10.0.0.12:80 refused 3 times in 1.0 s');
  });

  test('different failures are each named', () => {
    const verdict = having(adopted, refused(1000), answered(2000, 503), refused(3000));
    expect(verdict.why).toBe(
      '3 bad results in 2.0 s: connect to 10.0.0.12:80 refused 2 times, GET /healthz answered 503 once',
    );
  });

  test('one good result begins the count again', () => {
    const verdict = having(adopted, refused(1), refused(2), answered(3, 200), answered(4, 503), refused(5));
    expect(verdict).toMatchObject({ status: 'up', streak: 2, streakSince: 4 });
    expect(having(verdict, refused(1006)).why).toBe(
      '3 bad results in 1.0 s: GET /healthz answered 503 once, connect to 10.0.0.12:80 refused 2 times',
    );
  });

  test('fall 1 needs no count', () => {
    expect(judge({ rise: 1, fall: 1 }, adopted, refused(7)).why).toBe('connect to 10.0.0.12:80 refused');
  });
});

describe('down to up', () => {
  test('after `rise` good results', () => {
    const verdict = having(down, answered(1100, 200));
    expect(verdict).toMatchObject({ status: 'down', streak: 1, streakSince: 1100, since: 100 });
    expect(having(verdict, answered(2100, 200))).toMatchObject({
      status: 'up',
      since: 2100,
      streak: 0,
      why: 'GET /healthz answered 200, 2 good results in 1.0 s',
    });
  });

  test('different good results are each named', () => {
    expect(having(down, answered(1000, 200), answered(1500, 204)).why).toBe(
      '2 good results in 0.5 s: GET /healthz answered 200 once, GET /healthz answered 204 once',
    );
  });

  test('one bad result begins the count again', () => {
    const results = [answered(1, 200), refused(2), answered(3, 200)];
    expect(having(down, ...results)).toMatchObject({ status: 'down', streak: 1, streakSince: 3 });
  });
});

test('a confirming result changes only the last one', () => {
  const up = having(unknown, answered(1, 200));
  expect(having(up, answered(2, 204))).toEqual({ ...up, last: answered(2, 204) });
});

test('a verdict that forgot its streak is told without inventing it', () => {
  const { status, since, why, last } = adopted;
  const forgetful: Verdict = { status, since, why, last, streak: 2, streakSince: 1000 };
  expect(having(forgetful, refused(3000)).why).toBe(
    '3 bad results in 2.0 s: 2 earlier, connect to 10.0.0.12:80 refused once',
  );
});

test('a smaller `fall` after a reload is reached with the next bad result', () => {
  const streak = having(adopted, refused(1000), refused(2000));
  expect(judge({ rise: 1, fall: 1 }, streak, refused(3000)).status).toBe('down');
});

test('what is told of a certificate is what its latest result showed', () => {
  const shown = (at: number, warning: string) => ({
    ...answered(at, 200),
    evidence: `GET /healthz answered 200${warning === '' ? '' : `; ${warning}`}`,
    certificate: { endsAt: 9, warning },
  });
  const first = judge({ rise: 1, fall: 1 }, initialVerdict(0, false), shown(1, 'its certificate ends in 9 days'));
  expect(whyNow(first)).toBe('GET /healthz answered 200; its certificate ends in 9 days');
  const later = judge({ rise: 1, fall: 1 }, first, shown(2, 'its certificate ends in 1 day'));
  expect(whyNow(later)).toBe('GET /healthz answered 200; its certificate ends in 1 day');
  expect(whyNow(judge({ rise: 1, fall: 1 }, later, shown(3, '')))).toBe('GET /healthz answered 200');
  // A result that shows none says nothing about it.
  expect(judge({ rise: 1, fall: 9 }, later, refused(4)).certificate).toEqual({
    endsAt: 9,
    warning: 'its certificate ends in 1 day',
  });
});
