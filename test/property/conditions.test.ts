import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conditionsOf, NO_CONDITIONS } from '../../src/decide/conditions.ts';
import { gate } from '../../src/decide/gate.ts';
import { plan } from '../../src/decide/plan.ts';
import { isHeld, NO_FLAPS, wentDown } from '../../src/health/flap.ts';
import { quorumUnknown, stepQuorum } from '../../src/health/quorum.ts';
import { rampAt, rampedWeight } from '../../src/health/slow-start.ts';
import type { Verdict } from '../../src/model/health.ts';
import { fileWith, desired as fromFile, kernelAt, nobody, verdicts } from '../support/decide.ts';

/** One service of servers whose states are drawn. */

const arbVerdict: fc.Arbitrary<Verdict> = fc.record(
  {
    status: fc.constantFrom('unknown' as const, 'up' as const, 'down' as const),
    streak: fc.constant(0),
    since: fc.constant(0),
    streakSince: fc.constant(null),
    why: fc.constant('drawn'),
    last: fc.constant(null),
    recoveredAt: fc.integer({ min: 0, max: 60_000 }),
    reported: fc.record(
      {
        weight: fc.oneof(
          fc.nat(200).map((percent) => ({ percent })),
          fc.nat(50).map((absolute) => ({ absolute })),
        ),
        admin: fc.constantFrom('drain' as const, 'maint' as const),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['status', 'streak', 'since', 'streakSince', 'why', 'last'] },
);

const arbServers = fc.array(
  fc.record({ weight: fc.integer({ min: 1, max: 100 }), verdict: arbVerdict, drained: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
);
type Drawn = { readonly weight: number; readonly verdict: Verdict; readonly drained: boolean }[];

const arbService = fc.record(
  {
    panic: fc.integer({ min: 1, max: 99 }),
    slowStart: fc.constantFrom('10s', '30s'),
    onFailure: fc.constantFrom('remove', 'quiesce'),
    quorum: fc.record({ weight: fc.integer({ min: 1, max: 300 }), hysteresis: fc.nat(50) }),
    fallback: fc.record({ address: fc.constant('10.0.0.99'), inhibit: fc.boolean() }),
  },
  { requiredKeys: [] },
);

function situation(service: Record<string, unknown>, servers: Drawn) {
  const file = fileWith({
    check: { tcp: {} },
    servers: servers.map(({ weight }, i) => ({ name: `s${i}`, address: `10.0.1.${i + 1}`, weight })),
    ...service,
  });
  const drained = servers.flatMap((one, i) => (one.drained ? [`web/s${i}`] : []));
  const known = verdicts(Object.fromEntries(servers.map(({ verdict }, i) => [`web/s${i}`, verdict])));
  return { wanted: fromFile(file, ...drained), known };
}

function targetAt(service: Record<string, unknown>, servers: Drawn, now: number) {
  const { wanted, known } = situation(service, servers);
  const { conditions } = conditionsOf(wanted, known, NO_CONDITIONS, now);
  const target = gate(wanted, known, new Map(), conditions);
  const weights = new Map(
    (target.services[0]?.destinations ?? []).map(({ server, destination }) => [server, destination.weight]),
  );
  return { target, conditions, weights };
}

test('panic never empties a table: who nobody took out on purpose serves', () => {
  fc.assert(
    fc.property(arbService, arbServers, fc.nat(60_000), (service, servers, now) => {
      const { conditions, weights } = targetAt({ ...service, panic: service.panic ?? 50 }, servers, now);
      if (!conditions.get('web')?.panic) return;
      for (const [i, { verdict, drained }] of servers.entries()) {
        if (drained || verdict.reported?.admin !== undefined || verdict.status !== 'down') continue;
        expect(weights.get(`s${i}`)).toBeGreaterThan(0);
      }
      expect([...weights.values()].some((weight) => weight > 0)).toBe(true);
    }),
  );
});

test('no dead server is served from while a healthy one is held back', () => {
  fc.assert(
    fc.property(arbService, arbServers, fc.nat(60_000), (service, servers, now) => {
      const { weights } = targetAt(service, servers, now);
      const counted = servers.flatMap((one, i) => {
        const { weight = null, admin } = one.verdict.reported ?? {};
        if (one.drained || admin !== undefined) return [];
        const none = weight !== null && ('percent' in weight ? weight.percent : weight.absolute) === 0;
        return [{ status: one.verdict.status, served: (weights.get(`s${i}`) ?? 0) > 0, none }];
      });
      const idle = counted.some(({ status, served, none }) => status === 'up' && !served && !none);
      const dead = counted.some(({ status, served }) => status === 'down' && served);
      expect(idle && dead).toBe(false);
    }),
  );
});

test('a service with a fallback is never without anyone, and the fallback takes all or nothing', () => {
  fc.assert(
    fc.property(arbService, arbServers, fc.nat(60_000), (service, servers, now) => {
      const { weights } = targetAt({ fallback: { address: '10.0.0.99' }, ...service }, servers, now);
      const serving = [...weights].filter(([, weight]) => weight > 0).map(([name]) => name);
      expect(serving).not.toEqual([]);
      if (serving.includes('10.0.0.99')) expect(serving).toEqual(['10.0.0.99']);
    }),
  );
});

test('a drained server has weight 0 whatever health says', () => {
  fc.assert(
    fc.property(arbService, arbServers, fc.nat(60_000), (service, servers, now) => {
      const { weights } = targetAt(service, servers, now);
      for (const [i, { drained }] of servers.entries()) if (drained) expect(weights.get(`s${i}`)).toBe(0);
    }),
  );
});

test('more than the threshold is panic, no more is not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), arbServers, (panic, servers) => {
      const counted = servers.filter(({ drained, verdict }) => !drained && verdict.reported?.admin === undefined);
      const dead = counted.filter(({ verdict }) => verdict.status === 'down').length;
      const { conditions } = targetAt({ panic }, servers, 0);
      expect(conditions.get('web')?.panic !== null).toBe(counted.length > 0 && dead / counted.length > panic / 100);
    }),
  );
});

test('slow start rises, never falls, and ends with the whole weight in its time and a step', () => {
  const arb = fc.record({
    since: fc.nat(1_000_000),
    length: fc.integer({ min: 1000, max: 3_600_000 }),
    weight: fc.integer({ min: 1, max: 10_000 }),
    gaps: fc.array(fc.nat(60_000), { maxLength: 50 }),
  });
  fc.assert(
    fc.property(arb, ({ since, length, weight, gaps }) => {
      const weightAt = (now: number): number => {
        const ramp = rampAt(since, length, now);
        return ramp === null ? weight : rampedWeight(weight, ramp.share);
      };
      let now = since;
      let last = weightAt(now);
      expect(last).toBeGreaterThanOrEqual(1);
      for (const gap of gaps) {
        now += gap;
        const next = weightAt(now);
        expect(next).toBeGreaterThanOrEqual(last);
        expect(next).toBeLessThanOrEqual(weight);
        last = next;
      }
      expect(weightAt(since + length + Math.max(1000, length / 10))).toBe(weight);
      const ramp = rampAt(since, length, since);
      if (ramp) expect(ramp.nextAt).toBeGreaterThan(since);
    }),
  );
});

test('each step of a slow start is one plan for all, and between steps there is nothing to do', () => {
  const arb = fc.record({
    servers: arbServers,
    now: fc.integer({ min: 60_000, max: 120_000 }),
    slowStart: fc.constantFrom('10s', '50s'),
  });
  fc.assert(
    fc.property(arb, ({ servers, now, slowStart }) => {
      const { wanted, known } = situation({ slowStart }, servers);
      const first = conditionsOf(wanted, known, NO_CONDITIONS, now);
      const kernel = kernelAt(gate(wanted, known, new Map(), first.conditions));
      const again = (time: number) =>
        plan(
          gate(wanted, known, new Map(), conditionsOf(wanted, known, first.conditions, time).conditions),
          kernel.state(),
          nobody,
        );
      const until = first.wakeAtMs ?? now + 10_000;
      expect(again(until - 0.001).ops).toEqual([]);
      for (const op of again(until).ops) {
        expect(op.kind).toBe('set-destination');
        kernel.applyOne(op);
      }
      expect(again(until).ops).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('a quorum only changes beyond its hysteresis, and then says by what', () => {
  const arb = fc.record({
    weight: fc.integer({ min: 1, max: 20 }),
    hysteresis: fc.nat(25),
    alive: fc.array(fc.nat(30), { minLength: 1, maxLength: 30 }),
  });
  fc.assert(
    fc.property(arb, ({ weight, hysteresis, alive }) => {
      let state = quorumUnknown(0);
      for (const [now, sum] of alive.entries()) {
        const before = state;
        state = stepQuorum(before, { weight, hysteresis }, { alive: sum, waiting: false, now });
        if (before.held === null) expect(state.held).toBe(sum >= weight);
        else if (state.held !== before.held) {
          expect(state.held ? sum >= weight + hysteresis : sum < weight - hysteresis || sum === 0).toBe(true);
          expect(state.why).toContain(String(sum));
        } else expect(state).toBe(before);
        if (sum === 0) expect(state.held).toBe(false);
      }
    }),
  );
});

test('a hold is never longer than the longest, and memory of flaps is bounded', () => {
  const arb = fc.record({
    damping: fc.record({
      flaps: fc.integer({ min: 2, max: 10 }),
      withinMs: fc.integer({ min: 1000, max: 100_000 }),
      holdMs: fc.integer({ min: 1000, max: 10_000 }),
      longestMs: fc.integer({ min: 10_000, max: 100_000 }),
    }),
    gaps: fc.array(fc.nat(50_000), { maxLength: 200 }),
  });
  fc.assert(
    fc.property(arb, ({ damping, gaps }) => {
      let flaps = NO_FLAPS;
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        flaps = wentDown(flaps, damping, now);
        expect(flaps.downs.length).toBeLessThanOrEqual(damping.flaps);
        expect((flaps.heldUntil ?? now) - now).toBeLessThanOrEqual(damping.longestMs);
        expect(isHeld(flaps, now + damping.longestMs)).toBe(false);
        if (flaps.heldUntil !== null) expect(flaps.downs.length).toBe(damping.flaps);
      }
    }),
  );
});
