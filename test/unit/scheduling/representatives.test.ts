import fc from 'fast-check';
import { expect, test } from 'vitest';
import { churn } from '../../../src/scheduling/churn.ts';
import { type Candidate, predict } from '../../../src/scheduling/predict.ts';
import { representatives } from '../../../src/scheduling/representatives.ts';
import { shTable } from '../../../src/scheduling/sh.ts';
import { added, FALLBACK, four, PORT, service } from './build.ts';

test.each([
  ['sh', 0, 256],
  ['sh', PORT, 256],
  ['mh', 0, 4093],
  ['mh', PORT, 4093],
  ['dh', 0, 1],
  ['wlc', 0, 1],
])('%s with flags %i has %i clients, all different', (scheduler, flags, count) => {
  for (const address of ['10.9.0.100', '2001:db8::100']) {
    const clients = representatives(service(scheduler, flags, address));
    expect(new Set(clients.map((client) => client.address)).size).toBe(count);
    expect(clients[0]?.address.includes(':')).toBe(address.includes(':'));
  }
});

test('they meet every destination as often as it has places in the table', () => {
  const candidates = added(four(11, 1), four(12, 3), four(13, 2));
  const met = [0, 0, 0];
  for (const client of representatives(service('sh'))) {
    const prediction = predict(service('sh'), candidates, client);
    if (prediction.kind === 'destination') met[prediction.index] = (met[prediction.index] ?? 0) + 1;
  }
  const places = [0, 0, 0];
  for (const index of shTable(candidates)) places[index] = (places[index] ?? 0) + 1;
  expect(met).toEqual(places);
});

const arbList: fc.Arbitrary<Candidate[]> = fc.uniqueArray(
  fc.record({ host: fc.integer({ min: 1, max: 9 }), weight: fc.nat(4) }).map(({ host, weight }) => ({
    ...four(host, weight),
    ...(weight === 0 && { lastWeight: 1 }),
  })),
  { selector: ({ address }) => address, minLength: 1, maxLength: 6 },
);
const arbService = fc.record({ scheduler: fc.constantFrom('sh', 'mh', 'dh'), flags: fc.constantFrom(0, FALLBACK) });

test('no change moves nobody', () => {
  fc.assert(
    fc.property(arbService, arbList, ({ scheduler, flags }, candidates) => {
      const layout = { service: service(scheduler, flags), candidates };
      expect(churn(layout, layout, representatives(layout.service))).toMatchObject({ moved: 0, left: 0, others: 0 });
    }),
    { numRuns: 40 },
  );
});

test('the shares are a count over predict()', () => {
  fc.assert(
    fc.property(arbService, arbList, arbList, ({ scheduler, flags }, from, to) => {
      const asked = service(scheduler, flags);
      const clients = representatives(asked).slice(0, 40);
      const found = churn({ service: asked, candidates: from }, { service: asked, candidates: to }, clients);
      const open = new Set(to.filter((candidate) => candidate.weight > 0).map((candidate) => candidate.address));
      const of = (list: readonly Candidate[], index: number): string | null => {
        const client = clients[index];
        const prediction = client && predict(asked, list, client);
        return prediction?.kind === 'destination' ? prediction.destination.address : null;
      };
      const pairs = clients.map((_, index) => ({ was: of(from, index), is: of(to, index) }));
      const served = pairs.filter(({ was }) => was !== null);
      const staying = served.filter(({ was }) => open.has(was ?? ''));
      expect(found?.left).toBeCloseTo((served.length - staying.length) / pairs.length);
      expect(found?.others).toBeCloseTo(staying.filter(({ was, is }) => was !== is).length / (staying.length || 1));
      expect(found?.refused).toBeCloseTo(pairs.filter(({ is }) => is === null).length / pairs.length);
    }),
    { numRuns: 40 },
  );
});
