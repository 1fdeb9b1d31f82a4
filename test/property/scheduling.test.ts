import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SCHEDULERS } from '../../src/model/schedulers.ts';
import { available, type Candidate } from '../../src/scheduling/candidate.ts';
import { mhTable } from '../../src/scheduling/mh.ts';
import { predict, predictor } from '../../src/scheduling/predict.ts';
import { shTable } from '../../src/scheduling/sh.ts';
import { weightedReset, weightedRoundRobin } from '../../src/scheduling/turns.ts';
import { FALLBACK, service } from '../unit/scheduling/build.ts';

const address = fc.ipV4();
const weight = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 2 ** 31 - 1 }));
const candidate: fc.Arbitrary<Candidate> = fc.record({
  address,
  port: fc.integer({ min: 1, max: 65535 }),
  weight,
  lastWeight: weight,
  overloaded: fc.boolean(),
});
const candidates = fc.uniqueArray(candidate, { maxLength: 12, selector: (c) => `${c.address} ${c.port}` });
const client = fc.record({ address, port: fc.integer({ min: 21, max: 65535 }) });
const flags = fc.nat({ max: 3 });
const hashing = fc.constantFrom('sh', 'mh');
const anyScheduler = fc.constantFrom(...Object.keys(SCHEDULERS));

test('a prediction never names a destination that takes nothing, and always says why', () => {
  fc.assert(
    fc.property(anyScheduler, flags, candidates, client, (scheduler, bits, list, from) => {
      const prediction = predict(service(scheduler, bits), list, from);
      expect(prediction.why).not.toBe('');
      if (prediction.kind !== 'destination') return;
      expect(prediction.destination).toBe(list[prediction.index]);
      expect(available(prediction.destination)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('with fallback a client is refused only if nobody in the table is available', () => {
  fc.assert(
    fc.property(candidates, client, (list, from) => {
      const shCells = new Set(shTable(list));
      const someone = list.some((c, index) => available(c) && shCells.has(index));
      const kind = predict(service('sh', FALLBACK), list, from).kind;
      // The search goes round the whole table.
      expect(kind).toBe(someone ? 'destination' : 'refused');
    }),
  );
});

test('quiescing moves only the clients of the quiesced (mh)', () => {
  fc.assert(
    fc.property(candidates, fc.nat(), fc.array(client), (list, pick, clients) => {
      if (list.length === 0) return;
      const place = pick % list.length;
      const after = list.map((c, i) => (i === place && c.weight > 0 ? { ...c, weight: 0, lastWeight: c.weight } : c));
      const ask = [predictor(service('mh'), list), predictor(service('mh'), after)] as const;
      for (const from of clients) {
        const [was, is] = [ask[0](from), ask[1](from)];
        if (was.kind === 'destination' && was.index !== place) expect(is).toMatchObject({ index: was.index });
      }
    }),
  );
});

test('tables are full, and every destination with a weight has a part of Maglev', () => {
  fc.assert(
    fc.property(candidates, (list) => {
      const shares = list.map((c) => (c.weight > 0 ? c.weight : (c.lastWeight ?? 0)));
      const cells = new Set(mhTable(list, 'inet'));
      expect(cells).toEqual(new Set(shares.some((s) => s > 0) ? shares.flatMap((s, i) => (s > 0 ? [i] : [])) : [-1]));
      expect(new Set(shTable(list)).has(-1)).toBe(list.length === 0);
    }),
    { numRuns: 50 },
  );
});

test('a clients address and port alone decide: asking twice gives the same', () => {
  fc.assert(
    fc.property(hashing, flags, candidates, client, (scheduler, bits, list, from) => {
      const ask = predictor(service(scheduler, bits), list);
      expect(ask(from)).toEqual(predict(service(scheduler, bits), list, from));
    }),
    { numRuns: 50 },
  );
});

test('weighted round robin gives each destination its weight in a whole round', () => {
  const small = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(small, (weights) => {
      const list = weights.map((w, i): Candidate => ({ address: `10.0.0.${i + 1}`, port: 80, weight: w }));
      const total = weights.reduce((a, b) => a + b, 0);
      let state = weightedReset(list);
      const picks = weights.map(() => 0);
      const divisor = weights.reduce((a, b): number => gcd(a, b), 0) || 1;
      for (let i = 0; i < total / divisor; i++) {
        const result = weightedRoundRobin(list, state);
        state = result.state;
        picks[result.pick] = (picks[result.pick] ?? 0) + 1;
      }
      expect(picks).toEqual(weights.map((w) => w / divisor));
    }),
  );
});

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
