import { expect, test } from 'vitest';
import { FakeKernel } from '../../src/kernel/fake.ts';
import { KernelError } from '../../src/model/kernel-error.ts';
import type { Destination, VirtualService } from '../../src/model/service.ts';
import { kernelContract } from './kernel.ts';

kernelContract('the fake kernel', async () => {
  const { ipvs, net, sysctls, sync } = new FakeKernel();
  return { ipvs, net, sysctls, sync, link: 'eth0', cleanup() {} };
});

const why = 'test';
const id = { kind: 'fwmark', mark: 7, family: 'inet' } as const;
const service: VirtualService = {
  id,
  scheduler: 'mh',
  schedulerFlags: 0,
  onePacket: false,
  persistence: null,
  netmask: '255.255.255.255',
};
const destination: Destination = {
  address: '10.0.0.1',
  port: 80,
  forward: 'dr',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: null,
};

test('a deleted destination that comes back brings its connections and counters', async () => {
  const kernel = new FakeKernel();
  await kernel.ipvs.apply([
    { kind: 'add-service', service, why },
    { kind: 'add-destination', id, destination, why },
  ]);
  kernel.ipvs.setConnections(id, destination, { activeConnections: 3 });
  kernel.ipvs.setStats(id, destination, { connections: 9n });
  const back = [
    { kind: 'delete-destination', id, destination, why },
    { kind: 'add-destination', id, destination, why },
  ] as const;
  await kernel.ipvs.apply(back);
  expect((await kernel.ipvs.dump())[0]?.destinations).toMatchObject([
    { activeConnections: 3, stats: { connections: 9n } },
  ]);
  await kernel.ipvs.apply(back.slice(0, 1));
  kernel.ipvs.forgetDeleted();
  await kernel.ipvs.apply(back.slice(1));
  expect((await kernel.ipvs.dump())[0]?.destinations).toMatchObject([
    { activeConnections: 0, stats: { connections: 0n } },
  ]);
});

test('failures on demand: one operation, or one whole call', async () => {
  const kernel = new FakeKernel();
  const op = { kind: 'add-service', service, why } as const;
  kernel.failNext('not-permitted');
  expect((await kernel.ipvs.apply([op, op])).map((r) => r.failure?.code ?? null)).toEqual(['not-permitted', null]);
  kernel.failNextCall('ipvs-missing');
  await expect(kernel.ipvs.dump()).rejects.toThrow(KernelError);
  expect(await kernel.ipvs.dump()).toHaveLength(1);
  expect(kernel.log).toEqual([op]);
  expect(Object.fromEntries(kernel.calls)).toEqual({ 'ipvs.apply': 1, 'ipvs.dump': 2 });
});

test('a link that goes takes its addresses along and says so', async () => {
  const kernel = new FakeKernel({ interfaces: ['eth0'] });
  const events: string[] = [];
  kernel.net.watch((event) => events.push(event.kind));
  await kernel.net.apply([
    { kind: 'add-address', address: { interface: 'eth0', address: '10.0.0.1', prefix: 24 }, why },
  ]);
  kernel.net.removeLink('eth0');
  expect([await kernel.net.addresses(), await kernel.net.links(), events]).toEqual([
    [],
    [],
    ['address', 'address', 'link'],
  ]);
});
