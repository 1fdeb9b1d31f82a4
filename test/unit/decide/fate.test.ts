import { describe, expect, test } from 'vitest';
import { clientFates, fateInWords } from '../../../src/decide/fate.ts';
import { takenAsUp } from '../../../src/decide/taken-as-up.ts';
import type { Target } from '../../../src/model/desired.ts';
import type { KernelDump } from '../../../src/model/observed.ts';
import { serviceKey } from '../../../src/model/service.ts';
import { predictor } from '../../../src/scheduling/predict.ts';
import { desired, down, fileWith, gated, kernelAt, verdicts } from '../../support/decide.ts';

/** What plan says about clients, against a count over many clients. */

const servers = (...hosts: (number | [number, number])[]) =>
  hosts.map((host) => {
    const [last, weight] = typeof host === 'number' ? [host, 1] : host;
    return { address: `10.0.0.${last}`, weight };
  });
const TEN = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
const file = (scheduler: string, list: ReturnType<typeof servers>, more: Record<string, unknown> = {}) =>
  fileWith({ scheduler, servers: list, ...more });

function told(before: ReturnType<typeof fileWith>, after: ReturnType<typeof fileWith>, health = {}): string[] {
  const wanted = desired(after);
  const dump = kernelAt(gated(before)).state();
  return [...clientFates(gated(after, health), dump, wanted)].map(fateInWords);
}

describe('in words', () => {
  test('a server that goes, by its own clients and by the others', () => {
    expect(told(file('mh', servers(...TEN)), file('mh', servers(...TEN.filter((host) => host !== 12))))).toEqual([
      expect.stringMatching(
        /^web tcp:\/\/10\.0\.0\.100:80: removing 10\.0\.0\.12:80 moves 10\.0% of clients; [01]\.\d% of others$/,
      ),
    ]);
    expect(told(file('sh', servers(...TEN)), file('sh', servers(...TEN.filter((host) => host !== 12))))).toEqual([
      expect.stringMatching(/removing 10\.0\.0\.12:80 moves 10\.\d% of clients; [89]\d\.\d% of others$/),
    ]);
  });

  test('a server that comes, and weights that change, by all clients', () => {
    expect(told(file('mh', servers(11, 12)), file('mh', servers(11, 12, 13)))).toEqual([
      expect.stringMatching(/adding 10\.0\.0\.13:80 moves 3\d\.\d% of clients$/),
    ]);
    expect(told(file('mh', servers(11, 12)), file('mh', servers([11, 2], 12)))).toEqual([
      expect.stringMatching(/changing 10\.0\.0\.11:80 weight 1 -> 2 moves 1\d\.\d% of clients$/),
    ]);
  });

  test('weight 0 keeps the others where they are, with the fallback flag that Fairlead then sets', () => {
    expect(told(file('mh', servers(...TEN)), file('mh', servers(...TEN.slice(1), [11, 0])))).toEqual([
      'web tcp://10.0.0.100:80: changing 10.0.0.11:80 weight 1 -> 0, flags none -> fallback moves 10.0% of clients; 0.0% of others',
    ]);
  });

  test('dh refuses all that went to a server of weight 0', () => {
    expect(told(file('dh', servers(11)), file('dh', servers([11, 0])))).toEqual([
      expect.stringMatching(/moves 100\.0% of clients; 0\.0% of others; 100\.0% are refused then$/),
    ]);
  });

  test('another scheduler', () => {
    expect(told(file('sh', servers(11, 12)), file('mh', servers(11, 12)))).toEqual([
      expect.stringMatching(/: scheduler sh -> mh moves [45]\d\.\d% of clients$/),
    ]);
  });

  test('a server that is down counts as removed', () => {
    const checked = { check: { tcp: {} } };
    const up = { 'web/10.0.0.11': takenAsUp(desired(file('mh', servers(11, 12), checked))).get('web/10.0.0.11') };
    const all = takenAsUp(desired(file('mh', servers(11, 12), checked)));
    expect(up['web/10.0.0.11']?.status).toBe('up');
    const dump = kernelAt(gated(file('mh', servers(11, 12), checked), Object.fromEntries(all))).state();
    const after = file('mh', servers(11, 12), checked);
    const health = Object.fromEntries([...all, ['web/10.0.0.12', down]]);
    expect([...clientFates(gated(after, health), dump, desired(after))].map(fateInWords)).toEqual([
      expect.stringMatching(/removing 10\.0\.0\.12:80 moves 50\.0% of clients; 0\.0% of others$/),
    ]);
  });

  test('nothing where nothing changes, the service is new, or connections decide', () => {
    expect(told(file('mh', servers(11, 12)), file('mh', servers(12, 11)))).toEqual([]);
    expect(told(fileWith({ servers: [] }, { services: [] }), file('mh', servers(11)))).toEqual([]);
    expect(told(file('wlc', servers(11, 12)), file('wlc', servers(11)))).toEqual([]);
    expect(told(file('wlc', servers(11, 12)), file('mh', servers(11, 12)))).toEqual([]);
  });

  test('unknown verdicts are taken as good ones', () => {
    const wanted = desired(file('mh', servers(11, 12), { check: { tcp: {} } }));
    expect([...takenAsUp(wanted, verdicts({ 'web/10.0.0.11': down }))].map(([key, v]) => [key, v.status])).toEqual([
      ['web/10.0.0.11', 'down'],
      ['web/10.0.0.12', 'up'],
    ]);
  });
});

/** Clients that are not the ones Fairlead asked about. */
const STRANGERS = Array.from(
  { length: 20_000 },
  (_, i) => `${1 + (i % 220)}.${(i * 7) % 251}.${(i * 13) % 241}.${i % 255}`,
);

test.each(['sh', 'mh'])('%s: the shares are those of a count over any clients', (scheduler) => {
  const before = kernelAt(gated(file(scheduler, servers(11, [12, 3], 13, 14)))).state();
  const wanted = desired(file(scheduler, servers(11, [12, 3], 14, 15)));
  const after = gated(file(scheduler, servers(11, [12, 3], 14, 15)));
  const [fate] = clientFates(after, before, wanted);
  const brute = count(before, after);
  expect(fate?.left).toBeCloseTo(brute.left, 1.7);
  expect(fate?.others).toBeCloseTo(brute.others, 1.7);
});

function count(before: KernelDump, after: Target): { left: number; others: number } {
  const [from] = before.services;
  const [to] = after.services;
  if (!from || !to) throw new Error('one service each');
  expect(serviceKey(to.service.id)).toBe(serviceKey(from.service.id));
  const list = to.destinations.map((d) => d.destination);
  const staying = new Set(list.filter((d) => d.weight > 0).map((d) => d.address));
  let left = 0;
  let moved = 0;
  const askBefore = predictor(from.service, from.destinations);
  const askAfter = predictor(to.service, list);
  for (const address of STRANGERS) {
    const was = askBefore({ address });
    const is = askAfter({ address });
    if (was.kind !== 'destination' || is.kind !== 'destination') throw new Error('each has a server');
    if (!staying.has(was.destination.address)) left++;
    else if (was.destination.address !== is.destination.address) moved++;
  }
  return { left: left / STRANGERS.length, others: moved / (STRANGERS.length - left) };
}
