import { describe, expect, test } from 'vitest';
import { serviceStates } from '../../../src/decide/service-states.ts';
import { down, fileWith, gated, up } from '../../support/decide.ts';

describe('what a service is to those who depend on it', () => {
  const config = fileWith({
    check: { tcp: {} },
    servers: [{ address: '10.0.0.11' }, { address: '10.0.0.12' }],
    fallback: { address: '10.0.0.99' },
  });
  const web = (health: Parameters<typeof gated>[1], ...drained: string[]) =>
    serviceStates(gated(config, health, ...drained)).get('web');

  test('unknown until the first server was checked', () => {
    expect(web({})).toMatchObject({ state: 'unknown', value: 0 });
    expect(web({ 'web/10.0.0.11': down })).toMatchObject({ state: 'unknown' });
  });
  test('up while a server takes connections', () => {
    expect(web({ 'web/10.0.0.11': up })).toMatchObject({ state: 'up', value: 1, why: '1 server in service' });
  });
  test('the fallback does not count, nor does a drained server', () => {
    const health = { 'web/10.0.0.11': down, 'web/10.0.0.12': down };
    expect(web(health)).toMatchObject({ state: 'down', why: 'no server takes connections' });
    const drained = { 'web/10.0.0.11': up, 'web/10.0.0.12': down };
    expect(web(drained, 'web/10.0.0.11')).toMatchObject({ state: 'down' });
  });
});
