import { describe, expect, test } from 'vitest';
import { drainObstacle, drainStep, openConnections } from '../../../src/decide/drain-step.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import { DrainError, type DrainKernel, type DrainProgress, drain } from '../../../src/library/drain.ts';
import { realServer, serviceId, virtualService } from '../../../src/library/names.ts';
import type { ObservedDestination } from '../../../src/model/observed.ts';
import { serviceKey, type VirtualService, type VirtualServiceId } from '../../../src/model/service.ts';

const WEB = serviceId('tcp://10.0.0.100:80');
const DNS = serviceId('udp://10.0.0.100:53');
const seen = (address: string, change: Partial<ObservedDestination> = {}): ObservedDestination => ({
  ...realServer(address),
  activeConnections: 0,
  inactiveConnections: 0,
  persistentConnections: 0,
  stats: null,
  ...change,
});
const one = seen('10.0.0.11:80');
const two = seen('10.0.0.12:80');

describe('what stands against draining', () => {
  const persistence = { timeoutS: 60 };
  test.each<[string, VirtualService, boolean, string | null]>([
    ['nothing', virtualService(WEB), false, null],
    ['mh without its flag', virtualService(WEB, { scheduler: 'mh' }), true, 'fallback-flag-missing'],
    [
      'sh with another flag',
      virtualService(WEB, { scheduler: 'sh', schedulerFlags: 2 }),
      true,
      'fallback-flag-missing',
    ],
    ['mh with its flag', virtualService(WEB, { scheduler: 'mh', schedulerFlags: 1 }), true, null],
    ['dh', virtualService(WEB, { scheduler: 'dh' }), true, 'scheduler-refuses'],
    ['templates that stay', virtualService(WEB, { persistence }), false, 'templates-stay'],
    ['templates that expire', virtualService(WEB, { persistence }), true, null],
  ])('%s', (_, service, templatesExpire, expected) => {
    expect(drainObstacle({ service, destinations: [one, two], destination: one, templatesExpire })).toBe(expected);
  });

  test('no other server that takes connections', () => {
    const service = virtualService(WEB);
    const subject = { service, destination: one, templatesExpire: true };
    expect(drainObstacle({ ...subject, destinations: [one] })).toBe('last-server');
    expect(drainObstacle({ ...subject, destinations: [one, { ...two, weight: 0 }] })).toBe('last-server');
    expect(drainObstacle({ ...subject, destinations: [two], destination: undefined })).toBe('destination-missing');
  });
});

describe('what to do after a look', () => {
  const look = { service: virtualService(WEB), elapsedMs: 10, deadlineMs: 100 };
  const quiet = { ...one, weight: 0 };
  test.each([
    ['waits while connections are established', { ...quiet, activeConnections: 1 }, 10, { kind: 'wait' }],
    ['deletes at the deadline', { ...quiet, activeConnections: 1 }, 100, { kind: 'delete', because: 'deadline' }],
    [
      'does not wait for what is closing',
      { ...quiet, inactiveConnections: 9 },
      10,
      { kind: 'delete', because: 'idle' },
    ],
    ['deletes when nothing is left, late too', quiet, 100, { kind: 'delete', because: 'idle' }],
    ['leaves a weight that somebody set', one, 100, { kind: 'end', because: 'changed' }],
    ['ends when somebody deleted it', undefined, 10, { kind: 'end', because: 'gone' }],
  ] as const)('%s', (_, destination, elapsedMs, expected) => {
    expect(drainStep({ ...look, destination, elapsedMs })).toEqual(expected);
  });

  test.each<[VirtualServiceId, number]>([
    [WEB, 2],
    [serviceId('sctp://10.0.0.100:80'), 2],
    [DNS, 5],
    [serviceId('fwmark://7'), 5],
  ])('of %o counts %i open', (id, expected) => {
    const busy = { ...one, activeConnections: 2, inactiveConnections: 3 };
    expect(openConnections(virtualService(id), busy)).toBe(expected);
  });
});

describe('draining', () => {
  const servers = [realServer('10.0.0.11:80', { upperThreshold: 9, weight: 5 }), realServer('10.0.0.12:80')] as const;
  const [first] = servers;

  async function kernelWith(service: VirtualService): Promise<FakeKernel> {
    const kernel = new FakeKernel();
    const { id } = service;
    await kernel.ipvs.apply([
      { kind: 'add-service', service, why: '' },
      ...servers.map((destination) => ({ kind: 'add-destination', id, destination, why: '' }) as const),
    ]);
    return kernel;
  }
  const over = (kernel: FakeKernel): DrainKernel => ({
    async service(id) {
      const found = (await kernel.ipvs.dump()).find(({ service }) => serviceKey(service.id) === serviceKey(id));
      if (!found) throw new Error('no such service');
      return found;
    },
    apply: (ops) => kernel.ipvs.apply(ops),
    sysctl: async (name) => (await kernel.sysctls.read([name]))[name],
  });
  const table = (kernel: FakeKernel) =>
    kernel.ipvs.state().flatMap(({ destinations }) => destinations.map((d) => `${d.address} ${d.weight}`));

  test('waits for the last connection, keeps every setting, and deletes', async () => {
    const kernel = await kernelWith(virtualService(WEB));
    kernel.ipvs.setConnections(WEB, first, { activeConnections: 2, inactiveConnections: 4 });
    const progress: DrainProgress[] = [];
    const drained = await drain(over(kernel), WEB, first, {
      pollMs: 1,
      onProgress(each) {
        progress.push(each);
        expect(kernel.ipvs.state()[0]?.destinations[1]).toMatchObject({ ...first, weight: 0 });
        kernel.ipvs.setConnections(WEB, first, { activeConnections: Math.max(0, 2 - progress.length) });
      },
    });
    expect(progress.map((each) => each.openConnections)).toEqual([2, 1, 0]);
    expect(drained).toMatchObject({ because: 'idle', cut: 0, destination: first });
    expect(table(kernel)).toEqual(['10.0.0.12 1']);
  });

  test('cuts what is left at the deadline, and says how much', async () => {
    const kernel = await kernelWith(virtualService(DNS));
    kernel.ipvs.setConnections(DNS, first, { inactiveConnections: 3 });
    const drained = await drain(over(kernel), DNS, first, { deadlineMs: 5, pollMs: 1 });
    expect(drained).toMatchObject({ because: 'deadline', cut: 3 });
    expect(table(kernel)).toEqual(['10.0.0.12 1']);
  });

  test('cancelled, gives the weight back and rejects with the reason', async () => {
    const kernel = await kernelWith(virtualService(WEB));
    kernel.ipvs.setConnections(WEB, first, { activeConnections: 1 });
    const before = kernel.state();
    const cancel = new AbortController();
    const draining = drain(over(kernel), WEB, first, {
      signal: cancel.signal,
      onProgress: () => cancel.abort('enough'),
    });
    await expect(draining).rejects.toBe('enough');
    expect(kernel.state()).toEqual(before);
    await expect(drain(over(kernel), WEB, first, { signal: cancel.signal })).rejects.toBe('enough');
    expect(kernel.state()).toEqual(before);
  });

  test('leaves alone what somebody else changed or deleted meanwhile', async () => {
    const kernel = await kernelWith(virtualService(WEB));
    kernel.ipvs.setConnections(WEB, first, { activeConnections: 1 });
    const meddle = (op: 'set-destination' | 'delete-destination') => ({
      pollMs: 1,
      onProgress: () => void kernel.ipvs.applyOne({ kind: op, id: WEB, destination: { ...first, weight: 3 }, why: '' }),
    });
    expect(await drain(over(kernel), WEB, first, meddle('set-destination'))).toMatchObject({ because: 'changed' });
    expect(table(kernel)).toEqual(['10.0.0.12 1', '10.0.0.11 3']);
    expect(await drain(over(kernel), WEB, first, meddle('delete-destination'))).toMatchObject({ because: 'gone' });
  });

  test('is refused before anything is changed, unless forced', async () => {
    const kernel = await kernelWith(virtualService(WEB, { scheduler: 'mh' }));
    const before = kernel.state();
    await expect(drain(over(kernel), WEB, first)).rejects.toMatchObject({
      name: 'DrainError',
      code: 'fallback-flag-missing',
      advice: expect.stringContaining('flag'),
    });
    await expect(drain(over(kernel), WEB, realServer('10.0.0.99:80'), { force: true })).rejects.toThrow(DrainError);
    expect(kernel.state()).toEqual(before);
    expect(await drain(over(kernel), WEB, first, { force: true })).toMatchObject({ because: 'idle' });
  });

  test('a refusal of the kernel is told with its code', async () => {
    const kernel = await kernelWith(virtualService(WEB));
    kernel.failNext('not-permitted');
    await expect(drain(over(kernel), WEB, first)).rejects.toMatchObject({ name: 'KernelError', code: 'not-permitted' });
  });
});
