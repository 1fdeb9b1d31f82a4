import { describe, expect, test } from 'vitest';
import { SCHEDULERS } from '../../../src/model/schedulers.ts';
import { POLICIES, policyOf } from '../../../src/scheduling/index.ts';
import { predict } from '../../../src/scheduling/predict.ts';
import { added, FALLBACK, four, PORT, service, six } from './build.ts';

const client = { address: '192.0.2.2', port: 40001 };
const quiesced = added(four(11, 1), four(12, 0, 2), four(13, 3));
const idle = (host: number, weight: number, active: number) => ({
  ...four(host, weight),
  activeConnections: active,
  inactiveConnections: 0,
});

describe('the reason is told', () => {
  test('the slot and its owner', () => {
    expect(predict(service('mh'), added(four(11)), client)).toEqual({
      kind: 'destination',
      index: 0,
      destination: four(11),
      why: 'Maglev slot 746 belongs to 10.9.1.11:80',
    });
  });

  test('a refusal', () => {
    expect(predict(service('mh'), quiesced, client).why).toBe(
      'Maglev slot 746 belongs to 10.9.1.12:80, which has weight 0; without the fallback flag the kernel refuses the connection',
    );
  });

  test('the fallback step', () => {
    expect(predict(service('sh', FALLBACK), quiesced, client).why).toMatch(
      /^source-hash bucket 148 belongs to 10\.9\.1\.12:80, which has weight 0; fallback try \d+ is source-hash bucket \d+ of 10\.9\.1\.13:80$/,
    );
  });

  test('fallback that finds nobody', () => {
    expect(predict(service('mh', FALLBACK), [four(11, 0, 1)], client)).toEqual({
      kind: 'refused',
      why: 'Maglev slot 746 belongs to 10.9.1.11:80, which has weight 0, and fallback found no available destination either',
    });
  });

  test('a connection limit', () => {
    const full = [{ ...four(11), overloaded: true }];
    expect(predict(service('sh'), full, client).why).toContain('10.9.1.11:80, which is at its connection limit');
  });

  test('persistence', () => {
    const persistent = { ...service('mh'), persistence: { timeoutS: 300 } };
    expect(predict(persistent, [four(11)], client).why).toBe(
      'Maglev slot 746 belongs to 10.9.1.11:80; this holds for a first connection: a client that came in the last 300 s is persistent and keeps its server',
    );
  });
});

describe('what cannot be told', () => {
  test('the port flag without a port', () => {
    const prediction = predict(service('mh', PORT), added(four(11), four(12)), { address: '192.0.2.2' });
    expect(prediction).toMatchObject({ kind: 'unpredictable', candidates: [0, 1] });
    expect(prediction.why).toContain("the client's source port decides between 10.9.1.12:80, 10.9.1.11:80");
  });

  test('the former weight of a quiesced Maglev destination', () => {
    const prediction = predict(service('mh'), added(four(11), four(12, 0)), client);
    expect(prediction).toMatchObject({ kind: 'unpredictable', candidates: [1] });
    expect(prediction.why).toContain('10.9.1.12:80 has weight 0 and the weight it had before');
  });

  test('more destinations than Maglev has slots', () => {
    const many = Array.from({ length: 4094 }, (_, i) => ({ ...four(11), port: i + 1 }));
    expect(predict(service('mh'), many, client).why).toContain('4094 destinations do not fit into 4093 Maglev slots');
  });

  test('turns', () => {
    const prediction = predict(service('rr'), added(four(11), four(12)), client);
    expect(prediction.why).toBe(
      'rr (round robin) depends on whose turn it is, which the kernel does not show; it may be 10.9.1.12:80, 10.9.1.11:80',
    );
  });

  test('open connections, with the next pick when they were counted', () => {
    expect(predict(service('wlc'), added(four(11), four(12)), client)).not.toHaveProperty('next');
    const prediction = predict(service('wlc'), added(idle(11, 1, 5), idle(12, 2, 9)), client);
    expect(prediction).toMatchObject({ kind: 'unpredictable', candidates: [0, 1], next: 0 });
    expect(prediction.why).toMatch(/depends on open connections; .* the next one goes to 10\.9\.1\.12:80$/);
  });

  test('overflow with everybody full: the next one is refused', () => {
    const prediction = predict(service('ovf'), added(idle(11, 1, 2), idle(12, 1, 2)), client);
    expect(prediction).toMatchObject({ kind: 'unpredictable' });
    expect(prediction.why).toContain('the next one is refused');
  });

  test('one destination at its limit, which locality may remember or not', () => {
    const full = { ...four(11), overloaded: true };
    expect(predict(service('lblc'), [full, four(12, 0)], client)).toMatchObject({
      kind: 'unpredictable',
      candidates: [0],
    });
  });

  test('a mark under destination hash, an unknown scheduler', () => {
    const marked = { ...service('dh'), id: { kind: 'fwmark', mark: 7, family: 'inet' } } as const;
    expect(predict(marked, [four(11)], client)).toMatchObject({ kind: 'unpredictable', candidates: [0] });
    expect(predict(service('magic'), [four(11)], client)).toMatchObject({ kind: 'unpredictable' });
  });
});

describe('what is certain whatever the scheduler', () => {
  const names = Object.keys(SCHEDULERS);

  test.each([...names, 'none', 'magic'])('%s without destinations refuses', (name) => {
    expect(predict(service(name), [], client).kind).toBe('refused');
  });

  test.each([...names, 'none'])('%s with weights 0 only refuses', (name) => {
    expect(predict(service(name), [four(11, 0, 0), four(12, 0, 0)], client).kind).toBe('refused');
  });

  test.each(names.filter((name) => name !== 'ovf'))('%s with one destination takes it', (name) => {
    expect(predict(service(name), [four(11)], client)).toMatchObject({ kind: 'destination', index: 0 });
  });

  test.each(names)('%s refuses a client of the other family, and what is no address', (name) => {
    expect(predict(service(name), [four(11)], { address: '2001:db8::1' })).toEqual({
      kind: 'refused',
      why: '2001:db8::1 is an IPv6 address and the service takes IPv4 only',
    });
    expect(predict(service(name, 0, '2001:db8::1'), [six(11)], { address: '192.0.2.1' }).kind).toBe('refused');
    expect(predict(service(name), [four(11)], { address: 'example' }).why).toBe('"example" is not an address');
  });
});

test('fail-over takes the heaviest, the first in the list of equals', () => {
  const prediction = predict(service('fo'), added(four(11, 5), four(12, 9), four(13, 9)), client);
  expect(prediction).toMatchObject({ index: 0, why: expect.stringContaining('the highest weight (9)') });
});

test('source port 20 is never scheduled', () => {
  for (const name of Object.keys(SCHEDULERS)) {
    expect(predict(service(name), [four(11)], { address: '192.0.2.1', port: 20 }).why).toContain('source port 20');
  }
});

test('any text form of a client is the same client', () => {
  const list = added(six(11), six(12), six(13));
  const v6 = service('mh', 0, '2001:db8:9::100');
  expect(predict(v6, list, { address: '2001:DB8:5:0::1' })).toEqual(predict(v6, list, { address: '2001:db8:5::1' }));
});

test('there is a policy for every scheduler and no other', () => {
  expect(POLICIES.map((policy) => policy.name)).toEqual(Object.keys(SCHEDULERS));
  expect(policyOf('toString')).toBeUndefined();
  for (const policy of POLICIES.filter((p) => p.orderMatters)) expect(policy.needs.join()).toContain('list order');
});
