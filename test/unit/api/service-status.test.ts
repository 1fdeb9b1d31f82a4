import { afterEach, beforeEach, expect, test } from 'vitest';
import { serviceOf } from '../../../src/api/service-status.ts';
import { type ServedDirector, servedDirector } from '../../support/api.ts';

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
  await served.director.reconciler.observe({ stats: true });
});
afterEach(() => served.stop());

const NOW = 10_000;
const statusOf = (...names: string[]) => serviceOf(served.director.store.get(), NOW, names);
const destinations = () => statusOf('web').flatMap(({ listeners }) => listeners.flatMap((each) => each.destinations));
const of = (address: string) => destinations().find((each) => each.address === address);

test('services come as they are asked for, without those that no file has', () => {
  expect(statusOf('dns', 'gone', 'web').map(({ name }) => name)).toEqual(['dns', 'web']);
});

test('listeners are made once for all readers of a dump, those only that somebody asks for', () => {
  const [web] = statusOf('web');
  const [again, dns] = statusOf('web', 'dns');
  expect(again?.listeners).toBe(web?.listeners);
  expect(dns?.listeners.map(({ key }) => key)).toEqual(['udp://10.0.0.100:53']);
});

test('the next dump is shown', async () => {
  expect(of('10.0.0.11')).toMatchObject({ activeConnections: 0, connections: '0' });
  const { kernel, director } = served;
  const state = kernel.state({ stats: true });
  const stats = { connections: 12n, inPackets: 1n, outPackets: 1n, inBytes: 1n, outBytes: 1n };
  const services = state.services.map((service) => ({
    ...service,
    destinations: service.destinations.map((each) => ({ ...each, activeConnections: 5, stats })),
  }));
  kernel.load({ ...state, services });
  expect(of('10.0.0.11')).toMatchObject({ activeConnections: 0, connections: '0' });
  await director.reconciler.observe({ stats: true });
  expect(of('10.0.0.11')).toMatchObject({ activeConnections: 5, connections: '12' });
});

test('the next target is shown before the next dump', () => {
  const { store } = served.director;
  const before = of('10.0.0.11');
  const { target } = store.get();
  if (target === null) throw new Error('expected a target after the start');
  store.set({ target: { ...target, services: [] } });
  expect(before).toMatchObject({ server: 'r1', why: 'up: never checked' });
  expect(of('10.0.0.11')).toMatchObject({ server: null, why: 'not in the configuration' });
});

test('what an operator sets is shown', async () => {
  await served.client.setWeight({ service: 'web', server: 'r1', body: { weight: 7 } });
  expect(of('10.0.0.11')).toMatchObject({ lastWeight: 7 });
  expect(statusOf('web')[0]?.servers[0]).toMatchObject({ name: 'r1', operator: 'weight 7 in place of 1' });
  await served.director.reconciler.observe({ stats: true });
  expect(of('10.0.0.11')).toMatchObject({ weight: 7, lastWeight: 7 });
});

test('verdicts, which change in place, are shown with the same dump', () => {
  const { verdicts } = served.director.store.get();
  const [[key, verdict] = []] = [...verdicts];
  if (key === undefined || verdict === undefined) throw new Error('expected a verdict of the checked server');
  expect(statusOf('checked')[0]?.servers).toMatchObject([{ health: 'up' }]);
  (verdicts as Map<string, typeof verdict>).set(key, { ...verdict, status: 'down', why: 'refused', since: NOW - 700 });
  expect(statusOf('checked')[0]?.servers).toMatchObject([{ health: 'down', why: 'refused', forMs: 700 }]);
});

test('a page of servers ends within a service, and the next begins there', async () => {
  const first = await served.client.listServers({ limit: 1 });
  expect(first.servers).toMatchObject([{ service: 'web', name: 'r1', weight: 1, health: 'unchecked' }]);
  const rest = await served.client.listServers({ limit: 3, cursor: first.next ?? '' });
  expect(rest.servers.map(({ service, name }) => `${service} ${name}`)).toEqual([
    'web r2',
    'dns 10.0.0.13',
    'checked 10.0.0.14',
  ]);
  expect(rest.next).toBeNull();
});

test('servers are told apart by service and by health', async () => {
  const { servers: ofWeb } = await served.client.listServers({ service: 'web' });
  expect(ofWeb.map(({ name }) => name)).toEqual(['r1', 'r2']);
  const { servers: up } = await served.client.listServers({ health: 'up' });
  expect(up).toMatchObject([{ service: 'checked', name: '10.0.0.14', health: 'up' }]);
  const { checks } = await served.client.listChecks({});
  expect(checks).toMatchObject([{ service: 'checked', server: '10.0.0.14', kind: 'tcp', status: 'up' }]);
});
