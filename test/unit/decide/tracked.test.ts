import { describe, expect, test } from 'vitest';
import { serviceStates } from '../../../src/decide/service-states.ts';
import { trackedTerm } from '../../../src/decide/tracked.ts';
import type { Tracker, TrackerState } from '../../../src/model/instance.ts';
import { down, fileWith, gated, up } from '../../support/decide.ts';

const file = (weight: number, reverse = false): Tracker => ({
  kind: 'file',
  name: 'file /x',
  file: '/x',
  everyMs: 1000,
  weight,
  reverse,
});
const says = (value: number): TrackerState => ({ state: 'up', value, why: `it says ${value}` });

describe('what a tracker adds', () => {
  test.each([
    [file(2), 30, { weight: 60, state: 'up' }],
    [file(2), -30, { weight: -60, state: 'down' }],
    [file(-1), 30, { weight: -30, state: 'down' }],
    [file(1, true), 30, { weight: -30, state: 'down' }],
    [file(2), 0, { weight: 0, state: 'up' }],
    [file(0), 0, { weight: 0, state: 'up', reverse: false }],
    [file(0), 7, { weight: 0, state: 'down', reverse: false }],
    [file(0, true), 0, { weight: 0, state: 'up', reverse: true }],
  ])('%j with %i', (tracker, value, term) => {
    expect(trackedTerm(tracker, says(value))).toMatchObject(term);
  });

  test('an unknown file and every other kind are taken as they are', () => {
    const unread: TrackerState = { state: 'unknown', value: 0, why: 'it does not exist' };
    expect(trackedTerm(file(0), unread)).toMatchObject({ state: 'unknown', weight: 0 });
    const eth1: Tracker = { kind: 'interface', name: 'interface eth1', interface: 'eth1', weight: -5, reverse: true };
    const state: TrackerState = { state: 'up', value: 1, why: 'up' };
    expect(trackedTerm(eth1, state)).toEqual({
      name: 'interface eth1',
      weight: -5,
      reverse: true,
      state: 'up',
      why: 'up',
    });
  });
});

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
