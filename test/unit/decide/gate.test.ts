import { describe, expect, test } from 'vitest';
import type { Target } from '../../../src/model/desired.ts';
import { destinationKey } from '../../../src/model/service.ts';
import { down, fileWith, gated, up, verdict } from '../../support/decide.ts';

const check = { tcp: {} };
const two = { servers: [{ address: '10.0.0.11', weight: 2 }, { address: '10.0.0.12' }], check };
const weights = (target: Target, index = 0) =>
  Object.fromEntries(
    (target.services[index]?.destinations ?? []).map((d) => [destinationKey(d.destination), d.destination.weight]),
  );
const reasons = (target: Target) =>
  Object.fromEntries((target.services[0]?.destinations ?? []).map((d) => [d.server, d.why]));

describe('health', () => {
  test('up takes its weight', () => {
    const target = gated(fileWith(two), { 'web/10.0.0.11': up, 'web/10.0.0.12': up });
    expect(weights(target)).toEqual({ '10.0.0.11:80': 2, '10.0.0.12:80': 1 });
    expect(reasons(target)['10.0.0.11']).toBe('up: 200 in 3 ms');
  });

  test('down leaves the table, and the reason is kept', () => {
    const target = gated(fileWith(two), { 'web/10.0.0.11': up, 'web/10.0.0.12': down });
    expect(weights(target)).toEqual({ '10.0.0.11:80': 2 });
    expect(target.services[0]?.withheld).toEqual({ '10.0.0.12:80': 'down: connect refused 2 times in 1.0 s' });
  });

  test('down stays with weight 0 under onFailure: quiesce', () => {
    const target = gated(fileWith({ ...two, onFailure: 'quiesce' }), { 'web/10.0.0.11': up, 'web/10.0.0.12': down });
    expect(weights(target)).toEqual({ '10.0.0.11:80': 2, '10.0.0.12:80': 0 });
  });

  test('unknown, or without any verdict, waits outside', () => {
    const target = gated(fileWith(two), { 'web/10.0.0.11': verdict('unknown', 'not checked yet') });
    const waiting = 'waiting for its first check';
    expect(target.services[0]?.withheld).toEqual({ '10.0.0.11:80': waiting, '10.0.0.12:80': waiting });
  });

  test('a server without a check is always up', () => {
    expect(weights(gated(fileWith({ ...two, check: 'none' })))).toEqual({ '10.0.0.11:80': 2, '10.0.0.12:80': 1 });
  });
});

describe('drain', () => {
  test.each([up, down, verdict('unknown', '')])('outranks health: weight 0 when $status', (health) => {
    const target = gated(fileWith(two), { 'web/10.0.0.11': up, 'web/10.0.0.12': health }, 'web/10.0.0.12');
    expect(weights(target)).toEqual({ '10.0.0.11:80': 2, '10.0.0.12:80': 0 });
    expect(reasons(target)['10.0.0.12']).toContain('drained by the operator');
  });

  test.each([
    ['mh', 1],
    ['sh', 1],
    ['wlc', 0],
    ['dh', 0],
  ])('under %s sets scheduler flags %i, so that no client is refused', (scheduler, flags) => {
    const target = gated(fileWith({ ...two, check: 'none', scheduler }), {}, 'web/10.0.0.12');
    expect(target.services[0]?.service.schedulerFlags).toBe(flags);
    const calm = gated(fileWith({ ...two, check: 'none', scheduler }));
    expect(calm.services[0]?.service.schedulerFlags).toBe(0);
  });
});

describe('fallback', () => {
  const file = fileWith({ ...two, fallback: { address: '10.0.0.99' } });

  test('stands by while a server takes connections', () => {
    const { services } = gated(file, { 'web/10.0.0.11': up, 'web/10.0.0.12': down });
    expect(services[0]?.withheld['10.0.0.99:80']).toBe('the fallback, standing by: 1 server takes connections');
  });

  test('serves while none does', () => {
    const target = gated(file, { 'web/10.0.0.11': down, 'web/10.0.0.12': down });
    expect(weights(target)).toEqual({ '10.0.0.99:80': 1 });
    expect(reasons(target)).toEqual({ '10.0.0.99': 'the fallback: no server takes connections' });
  });

  test('serves beside servers of weight 0', () => {
    const target = gated(file, { 'web/10.0.0.11': up, 'web/10.0.0.12': down }, 'web/10.0.0.11');
    expect(weights(target)).toEqual({ '10.0.0.11:80': 0, '10.0.0.99:80': 1 });
  });
});

describe('listeners', () => {
  const servers = [{ address: '10.0.0.12' }, { address: '10.0.0.9' }, { address: '2001:db8::11' }];

  test('take the servers of their family, in numeric order', () => {
    const target = gated(fileWith({ listen: ['tcp://10.0.0.100:80', 'tcp://[2001:db8::100]:443'], servers }));
    expect(Object.keys(weights(target))).toEqual(['10.0.0.9:80', '10.0.0.12:80']);
    expect(Object.keys(weights(target, 1))).toEqual(['[2001:db8::11]:443']);
  });

  test('take servers of both families through a tunnel', () => {
    const target = gated(fileWith({ servers, forward: 'tunnel' }));
    expect(Object.keys(weights(target))).toEqual(['10.0.0.9:80', '10.0.0.12:80', '[2001:db8::11]:80']);
  });

  test('of a firewall mark keep the port of the packet', () => {
    expect(Object.keys(weights(gated(fileWith({ listen: ['fwmark://7'], servers }))))).toEqual([
      '10.0.0.9:0',
      '10.0.0.12:0',
    ]);
  });

  test('take one of two entries for the same destination', () => {
    const same = [
      { address: '10.0.0.9', port: 80, weight: 5 },
      { address: '10.0.0.9', weight: 3 },
    ];
    expect(weights(gated(fileWith({ servers: same })))).toEqual({ '10.0.0.9:80': 3 });
  });
});
