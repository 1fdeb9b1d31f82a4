import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Effect, ElectionSettings } from '../../src/model/vrrp.ts';
import { type ElectionState, initial, retune, step } from '../../src/vrrp/election.ts';
import type { AnyEvent } from '../../src/vrrp/state.ts';

const settings: fc.Arbitrary<ElectionSettings> = fc.record({
  version: fc.constantFrom(2 as const, 3 as const),
  priority: fc.constantFrom(1, 100, 100, 200, 254, 255),
  intervalMs: fc.constantFrom(10, 100, 1000),
  downAdverts: fc.constantFrom(1, 3, 5),
  preempt: fc.boolean(),
  preemptDelayMs: fc.constantFrom(0, 0, 50, 5000),
  startDelayMs: fc.constantFrom(0, 0, 50, 5000),
  assert: fc.boolean(),
  handoverMs: fc.constantFrom(0, 40, 3000),
});

const advert = fc.record({
  source: fc.constantFrom('10.0.0.3', '10.0.0.4'),
  priority: fc.constantFrom(0, 0, 1, 99, 100, 101, 200, 255),
  intervalMs: fc.constantFrom(10, 100, 40_950),
  order: fc.constantFrom(-1 as const, 0 as const, 1 as const),
});

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advert' as const), advert }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('silence' as const, 'wake' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('start', 'yield', 'claim', 'wait' as const) }) },
  fc.record({ kind: fc.constant('stop' as const), handover: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('take' as const, 'leave' as const), why: fc.constant('follows b') }),
  fc.record({ kind: fc.constant('disturbed' as const), what: fc.constant('10.0.0.100/24 was removed') }),
  fc.record({
    kind: fc.constant('judged' as const),
    priority: fc.constantFrom(1, 100, 150, 254),
    faults: fc.constantFrom([], [], ['link: down']),
  }),
);

/** Events that come one after the other, some at the same instant. */
const events = fc
  .array(fc.tuple(happening, fc.constantFrom(0, 1, 20, 100, 1000, 4000)), { maxLength: 60 })
  .map((list) => {
    let at = 1000;
    return list.map(([what, gap]) => {
      at += gap;
      return { ...what, at } as AnyEvent;
    });
  });

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) freeze(part);
  return value;
};

/** What the engine does by the orders so far. An order that finds nothing to do is one too many. */
class Ledger {
  holds = false;
  advertises = false;
  listens = false;
  wakes = false;

  book(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'hold':
        case 'release':
          expect(this.holds).toBe(effect.kind === 'release');
          this.holds = effect.kind === 'hold';
          break;
        case 'advertise':
          // Make before break: who hears us lets go.
          expect(this.holds).toBe(true);
          this.advertises = true;
          break;
        case 'quiet':
          expect(this.advertises).toBe(true);
          this.advertises = false;
          break;
        case 'send':
        case 'announce':
          expect(this.holds).toBe(true);
          break;
        case 'listen':
          expect(effect.forMs).toBeGreaterThan(0);
          if (effect.from === 'last') expect(this.listens).toBe(true);
          this.listens = true;
          break;
        case 'deaf':
          expect(this.listens).toBe(true);
          this.listens = false;
          break;
        case 'wake':
          if (effect.afterMs === null) expect(this.wakes).toBe(true);
          else expect(effect.afterMs).toBeGreaterThanOrEqual(0);
          this.wakes = effect.afterMs !== null;
          break;
      }
    }
  }
}

function wellFormed(before: ElectionState, after: ElectionState, effects: readonly Effect[], ledger: Ledger): void {
  expect(ledger).toMatchObject({
    holds: after.state === 'master',
    advertises: after.state === 'master',
    listens: after.state === 'backup',
  });
  if (after.state === 'init' || after.state === 'fault') expect(ledger.wakes).toBe(false);
  const roles = effects.filter((effect) => effect.kind === 'role');
  const role = { kind: 'role', from: before.state, to: after.state, why: after.why };
  expect(roles).toEqual(before.state === after.state ? [] : [role]);
  expect(after.why).not.toMatch(/^$|undefined|NaN/);
  expect(JSON.parse(JSON.stringify(after))).toEqual(after);
}

test('a step is total and pure, and orders balance', () => {
  fc.assert(
    fc.property(settings, events, (own, list) => {
      freeze(own);
      const ledger = new Ledger();
      let state = freeze(initial(own));
      for (const event of list) {
        const [next, effects] = step(own, state, freeze(event));
        expect(step(own, state, event)).toEqual([next, effects]);
        if (event.kind === 'wake') ledger.wakes = false;
        ledger.book(effects);
        wellFormed(state, next, effects, ledger);
        state = freeze(next);
      }
    }),
    { numRuns: 1000 },
  );
});

test('other settings order the difference only: taking them back leaves the orders as they were', () => {
  fc.assert(
    fc.property(settings, settings, events, (own, other, list) => {
      let state = initial(own);
      for (const event of list) [state] = step(own, state, event);
      const at = list.at(-1)?.at ?? 0;
      expect(retune(own, { ...own }, state, at)).toEqual([state, []]);
      const [changed, effects] = retune(own, other, state, at);
      expect(changed.state).toBe(state.state);
      for (const { kind } of effects) expect(['advertise', 'listen', 'wake']).toContain(kind);
      if (effects.length === 0) expect(retune(other, own, changed, at)[1]).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
