import { describe, expect, test } from 'vitest';
import { conditionsOf, NO_CONDITIONS } from '../../../src/decide/conditions.ts';
import { gate } from '../../../src/decide/gate.ts';
import { serviceStates } from '../../../src/decide/service-states.ts';
import type { Verdict } from '../../../src/model/health.ts';
import { desired, down, fileWith, up, verdict, verdicts } from '../../support/decide.ts';

const check = { tcp: {} };
const servers = [10, 20, 30].map((weight, i) => ({ name: `s${i + 1}`, address: `10.0.0.${11 + i}`, weight }));

function decided(
  service: Record<string, unknown>,
  health: readonly Verdict[],
  { now = 0, before = NO_CONDITIONS, drained = [] as string[] } = {},
) {
  const wanted = desired(fileWith({ check, servers, ...service }), ...drained);
  const known = verdicts(Object.fromEntries(health.map((one, i) => [`web/s${i + 1}`, one])));
  const { conditions, wakeAtMs } = conditionsOf(wanted, known, before, now);
  const target = gate(wanted, known, new Map(), conditions);
  const destinations = target.services[0]?.destinations ?? [];
  return {
    conditions,
    wakeAtMs,
    weights: Object.fromEntries(destinations.map(({ server, destination }) => [server, destination.weight])),
    reasons: Object.fromEntries(destinations.map(({ server, why }) => [server, why])),
    state: serviceStates(target, conditions).get('web'),
  };
}

describe('panic', () => {
  test('keeps all in service, with the reason, and the service counts as down for those who depend on it', () => {
    const { weights, reasons, state } = decided({ panic: 50 }, [up, down, down]);
    expect(weights).toEqual({ s1: 10, s2: 20, s3: 30 });
    expect(reasons.s2).toBe(
      'kept in service: 66% of servers look dead, which is more likely our own trouble (connect refused 2 times in 1.0 s)',
    );
    expect(state).toMatchObject({
      state: 'down',
      why: '66% of servers look dead, which is more likely our own trouble',
    });
  });

  test('up to the threshold the checks are believed', () => {
    expect(decided({ panic: 67 }, [up, down, down]).weights).toEqual({ s1: 10 });
  });

  test('a drained server stays drained and does not count', () => {
    const { weights } = decided({ panic: 50 }, [down, up, down], { drained: ['web/s3'] });
    expect(weights).toEqual({ s2: 20, s3: 0 });
    expect(decided({ panic: 50 }, [down, down, up], { drained: ['web/s3'] }).weights).toEqual({
      s1: 10,
      s2: 20,
      s3: 0,
    });
  });

  test('a server in maintenance by its own word stays out', () => {
    const maintained = { ...down, reported: { admin: 'maint' } } as const;
    expect(decided({ panic: 50 }, [down, down, maintained]).weights).toEqual({ s1: 10, s2: 20 });
  });
});

describe('quorum', () => {
  const quorum = { weight: 30, hysteresis: 5 };
  const fallback = { address: '10.0.0.99' };

  test('when lost, the fallback takes everything and the healthy keep their connections', () => {
    const { weights, reasons, state } = decided({ quorum, fallback }, [up, down, down]);
    expect(weights).toEqual({ s1: 0, '10.0.0.99': 1 });
    expect(reasons.s1).toBe('held back: healthy servers have a weight of 10, 30 is needed (up: 200 in 3 ms)');
    expect(state?.state).toBe('down');
  });

  test('without a fallback they go on serving', () => {
    expect(decided({ quorum }, [up, down, down]).weights).toEqual({ s1: 10 });
  });

  test('in between it stays as it was', () => {
    const held = decided({ quorum, fallback }, [up, up, down]);
    const between = decided({ quorum: { weight: 35, hysteresis: 5 }, fallback }, [up, up, down], {
      before: held.conditions,
    });
    expect(between.weights).toEqual({ s1: 10, s2: 20 });
  });

  test('a weight that a server gives itself counts', () => {
    const half = { ...up, reported: { weight: { percent: 50 } } } as const;
    expect(decided({ quorum, fallback }, [up, half, down]).weights).toEqual({ s1: 0, s2: 0, '10.0.0.99': 1 });
  });
});

describe('panic beside a quorum and a fallback', () => {
  const both = { panic: 50, quorum: { weight: 30 }, fallback: { address: '10.0.0.99' } };

  test('the fallback takes everything, and nobody who looks dead serves', () => {
    const { weights, conditions } = decided(both, [up, down, down]);
    expect(weights).toEqual({ s1: 0, '10.0.0.99': 1 });
    expect(conditions.get('web')).toMatchObject({ panic: null, quorum: { held: false } });
  });

  test('while the quorum is held, all serve', () => {
    const { weights } = decided(both, [down, down, up]);
    expect(weights).toEqual({ s1: 10, s2: 20, s3: 30 });
  });

  test('all dead without a quorum: panic has the service', () => {
    const { weights } = decided({ ...both, quorum: undefined }, [down, down, down]);
    expect(weights).toEqual({ s1: 10, s2: 20, s3: 30 });
  });
});

test('a listener that the fallback cannot serve keeps its healthy servers when the quorum is lost', () => {
  const wanted = desired(
    fileWith({
      check,
      listen: ['tcp://10.0.0.100:80', 'tcp://[2001:db8::100]:80'],
      servers: [
        { name: 's4', address: '10.0.0.11' },
        { name: 's6', address: '2001:db8::11' },
      ],
      quorum: { weight: 3 },
      fallback: { address: '10.0.0.99' },
    }),
  );
  const known = verdicts({ 'web/s4': up, 'web/s6': up });
  const { conditions } = conditionsOf(wanted, known, NO_CONDITIONS, 0);
  const target = gate(wanted, known, new Map(), conditions);
  const weights = target.services.map(({ destinations }) =>
    Object.fromEntries(destinations.map(({ server, destination }) => [server, destination.weight])),
  );
  expect(weights).toEqual([{ s4: 0, '10.0.0.99': 1 }, { s6: 1 }]);
});

describe('weights that servers give themselves', () => {
  test.each([
    [{ percent: 50 }, 5],
    [{ percent: 1 }, 1],
    [{ percent: 0 }, 0],
    [{ percent: 200 }, 20],
    [{ absolute: 77 }, 77],
  ] as const)('%j of 10', (weight, expected) => {
    expect(decided({}, [{ ...up, reported: { weight } }, up, up]).weights.s1).toBe(expected);
  });

  test('drain and maint outrank what the check found', () => {
    const drain = { ...down, reported: { admin: 'drain' } } as const;
    const maint = { ...up, reported: { admin: 'maint' } } as const;
    const { weights, reasons } = decided({}, [drain, maint, up]);
    expect(weights).toEqual({ s1: 0, s3: 30 });
    expect(reasons.s1).toBe('drained, as it says itself (connect refused 2 times in 1.0 s)');
  });

  test('the operator outranks them', () => {
    const said = { ...up, reported: { weight: { absolute: 77 } } } as const;
    expect(decided({}, [said, up, up], { drained: ['web/s1'] }).weights.s1).toBe(0);
  });
});

test('slow start: a server that was down rises, the others keep their weights', () => {
  const back = { ...up, recoveredAt: 100_000 };
  const at = (now: number) => decided({ slowStart: '20s' }, [up, up, back], { now });
  expect(at(100_000)).toMatchObject({ weights: { s1: 10, s2: 20, s3: 2 }, wakeAtMs: 102_000 });
  expect(at(110_000)).toMatchObject({ weights: { s3: 16 }, wakeAtMs: 112_000 });
  expect(at(110_000).reasons.s3).toBe('up: 200 in 3 ms, coming back at 55%');
  expect(at(120_000)).toMatchObject({ weights: { s3: 30 }, wakeAtMs: null });
});

test('an inhibited fallback stays listed with weight 0', () => {
  const fallback = { address: '10.0.0.99', inhibit: true };
  expect(decided({ fallback }, [up, up, up]).weights['10.0.0.99']).toBe(0);
  expect(decided({ fallback }, [down, down, down]).weights['10.0.0.99']).toBe(1);
  // dh would refuse the clients that belong to it.
  expect(decided({ fallback, scheduler: 'dh' }, [up, up, up]).weights['10.0.0.99']).toBeUndefined();
});

test('services that ask for none of it have no conditions', () => {
  expect(decided({}, [up, verdict('unknown', ''), down]).conditions.size).toBe(0);
});
