import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { release } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { addon } from '../../../src/kernel/addon.ts';
import { kernelHas } from '../../../src/kernel/features.ts';
import { openIpvs } from '../../../src/kernel/ipvs.ts';
import { openNet } from '../../../src/kernel/net.ts';
import { KernelError } from '../../../src/model/kernel-error.ts';
import { ADDRESS_OWNER, type InterfaceAddress } from '../../../src/model/observed.ts';
import type { AddressOp } from '../../../src/model/op.ts';
import type { NetEvent, NetPort } from '../../../src/model/ports.ts';

// A network namespace of our own, so that nothing of the machine's is touched. Wants root.
const name = `fl-test-${process.pid}-route`;
const netns = `/run/netns/${name}`;
const ip = (...args: string[]): string =>
  execFileSync('ip', ['-n', name, ...args], { encoding: 'utf8', stdio: 'pipe' });
const batch = (lines: readonly string[]): void => {
  execFileSync('ip', ['-n', name, '-batch', '-'], { input: lines.join('\n'), stdio: ['pipe', 'ignore', 'pipe'] });
};

const why = 'test';
const at = (address: string, prefix: number, link = 'v0'): InterfaceAddress => ({ interface: link, address, prefix });
const add = (address: InterfaceAddress): AddressOp => ({ kind: 'add-address', address, why });
const remove = (address: InterfaceAddress): AddressOp => ({ kind: 'delete-address', address, why });
const owned = kernelHas('address-owner', release()) ? ADDRESS_OWNER : 0;

describe.runIf(process.getuid?.() === 0)('addresses and links', () => {
  beforeAll(() => {
    execFileSync('ip', ['netns', 'add', name]);
    ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
    ip('link', 'set', 'v0', 'up');
    ip('link', 'set', 'v1', 'up');
  });
  afterAll(() => {
    execFileSync('ip', ['netns', 'delete', name]);
  });

  const ports: NetPort[] = [];
  const open = (): NetPort => {
    const port = openNet({ netns });
    ports.push(port);
    return port;
  };
  afterEach(() => {
    for (const port of ports.splice(0)) port.close();
    ip('address', 'flush', 'dev', 'v0', 'scope', 'global');
  });

  const codes = async (net: NetPort, ...ops: AddressOp[]) =>
    (await net.apply(ops)).map(({ failure }) => failure?.code ?? null);
  const held = async (net: NetPort) =>
    (await net.addresses()).filter((a) => a.interface === 'v0' && !a.address.startsWith('fe80'));

  test('IPv4 and IPv6 addresses are added, listed with our mark, and deleted', async () => {
    const net = open();
    expect(await codes(net, add(at('10.77.0.1', 24)), add(at('2001:db8:77::1', 64)))).toEqual([null, null]);
    expect(await held(net)).toEqual([
      {
        interface: 'v0',
        address: '10.77.0.1',
        prefix: 24,
        family: 'inet',
        owner: owned,
        label: 'v0',
        duplicate: false,
      },
      {
        interface: 'v0',
        address: '2001:db8:77::1',
        prefix: 64,
        family: 'inet6',
        owner: owned,
        label: null,
        duplicate: false,
      },
    ]);
    const shown = ip('address', 'show', 'dev', 'v0', 'scope', 'global');
    expect(shown).not.toContain('tentative');
    // A virtual address must not become the source of our own connections.
    expect(shown).toMatch(/inet6 2001:db8:77::1\/64 scope global .*deprecated/);
    expect(shown).toMatch(/valid_lft forever preferred_lft 0sec/);
    expect(await codes(net, remove(at('10.77.0.1', 24)), remove(at('2001:db8:77::1', 64)))).toEqual([null, null]);
    expect(await held(net)).toEqual([]);
  });

  test('addresses made by others have no mark of ours, and show their label', async () => {
    ip('address', 'add', '10.77.0.2/24', 'dev', 'v0', 'label', 'v0:web');
    expect(await held(open())).toMatchObject([{ address: '10.77.0.2', owner: 0, label: 'v0:web' }]);
  });

  test('the address of a point-to-point link is ours, not the peer', async () => {
    ip('address', 'add', '10.77.3.1', 'peer', '10.77.3.2/32', 'dev', 'v0');
    expect(await held(open())).toMatchObject([{ address: '10.77.3.1', prefix: 32 }]);
  });

  test('refusals have names, and do not stop the rest', async () => {
    const net = open();
    const ops = [
      add(at('10.77.0.1', 24)),
      add(at('10.77.0.1', 24)),
      remove(at('10.77.0.9', 24)),
      add(at('10.77.0.3', 24, 'nosuch')),
      add(at('10.77.0.3', 24, 'a-name-that-is-too-long')),
      add(at('10.77.0.256', 24)),
      add(at('2001:DB8::1', 64)),
      add(at('10.77.0.3', 33)),
      add(at('10.77.0.3', 24)),
      add(at('2001:db8:77::1', 64)),
      add(at('2001:db8:77::1', 64)),
      remove(at('2001:db8:77::9', 64)),
    ];
    const results = await net.apply(ops);
    expect(results.map(({ op }) => op)).toEqual(ops);
    expect(results.map(({ failure }) => failure?.code ?? null)).toEqual([
      null,
      'address-exists',
      'address-missing',
      'link-missing',
      'link-missing',
      'invalid',
      'invalid',
      'invalid',
      null,
      null,
      'address-exists',
      'address-missing',
    ]);
    expect(results[1]?.failure).toMatchObject({ errno: 17, operation: 'add-address v0 10.77.0.1/24' });
    expect(results[1]?.failure?.text).not.toBe('');
    expect((await held(net)).map((a) => a.address)).toEqual(['10.77.0.1', '10.77.0.3', '2001:db8:77::1']);
  });

  test('a thousand addresses go in and out in one batch each', async () => {
    const net = open();
    const all = Array.from({ length: 1000 }, (_, i) => at(`10.78.${i >> 8}.${i & 255}`, 32));
    expect((await codes(net, ...all.map(add))).filter(Boolean)).toEqual([]);
    expect((await held(net)).length).toBe(1000);
    expect((await codes(net, ...all.map(add))).every((code) => code === 'address-exists')).toBe(true);
    expect((await codes(net, ...all.map(remove))).filter(Boolean)).toEqual([]);
    expect(await held(net)).toEqual([]);
  });

  test('links tell name, state, size and hardware address', async () => {
    const links = await open().links();
    const [lo, v0] = [links.find((link) => link.name === 'lo'), links.find((link) => link.name === 'v0')];
    expect(lo).toMatchObject({ index: 1, up: false, carrier: false, hardwareAddress: '' });
    const shown = JSON.parse(ip('-j', 'link', 'show', 'dev', 'v0'))[0];
    expect(v0).toEqual({
      index: shown.ifindex,
      name: 'v0',
      up: true,
      carrier: true,
      mtu: shown.mtu,
      hardwareAddress: shown.address,
    });
    ip('link', 'set', 'v1', 'down');
    expect((await open().links()).find((link) => link.name === 'v0')).toMatchObject({ up: true, carrier: false });
    ip('link', 'set', 'v1', 'up');
  });

  describe('watch', () => {
    const watched = (net: NetPort) => {
      const events: NetEvent[] = [];
      const stop = net.watch((event) => events.push(event));
      return { events, stop };
    };

    test('links that go down and up, and addresses of any maker', async () => {
      const net = open();
      const { events, stop } = watched(net);
      ip('link', 'set', 'v1', 'down');
      await vi.waitFor(() => {
        expect(events).toContainEqual({
          kind: 'link',
          gone: false,
          link: expect.objectContaining({ name: 'v0', up: true, carrier: false }),
        });
      });
      ip('link', 'set', 'v1', 'up');
      await vi.waitFor(() => {
        expect(events.at(-1)).toBeDefined();
        expect(events).toContainEqual({
          kind: 'link',
          gone: false,
          link: expect.objectContaining({ name: 'v0', up: true, carrier: true }),
        });
      });
      ip('address', 'add', '10.77.0.4/24', 'dev', 'v0');
      await net.apply([add(at('2001:db8:77::4', 64))]);
      ip('address', 'delete', '10.77.0.4/24', 'dev', 'v0');
      await vi.waitFor(() => {
        const told = events.flatMap((event) => (event.kind === 'address' ? [event] : []));
        const four = expect.objectContaining({ interface: 'v0', address: '10.77.0.4', prefix: 24, owner: 0 });
        expect(told).toContainEqual({ kind: 'address', gone: false, address: four });
        expect(told).toContainEqual({ kind: 'address', gone: true, address: four });
        const six = expect.objectContaining({ interface: 'v0', address: '2001:db8:77::4', owner: owned });
        expect(told).toContainEqual({ kind: 'address', gone: false, address: six });
      });
      stop();
    });

    test('links that come and go; leaving a bridge is not going', async () => {
      const { events, stop } = watched(open());
      ip('link', 'add', 'br7', 'type', 'bridge');
      ip('link', 'set', 'v0', 'master', 'br7');
      ip('link', 'set', 'v0', 'nomaster');
      ip('link', 'delete', 'br7');
      const gone = () => events.flatMap((event) => (event.kind === 'link' && event.gone ? [event.link.name] : []));
      await vi.waitFor(() => expect(gone()).toContain('br7'));
      expect(gone()).toEqual(['br7']);
      stop();
    });

    test('events that pile up while JavaScript is busy make way for one resync', async () => {
      const { events, stop } = watched(open());
      const lines = Array.from({ length: 3000 }, (_, i) => `address add 10.79.${i >> 8}.${i & 255}/32 dev v0`);
      // Blocks this thread: the monitor's goes on reading.
      batch(lines);
      await vi.waitFor(() => expect(events).toContainEqual({ kind: 'resync' }));
      expect(events.length).toBeLessThan(3000);
      ip('address', 'add', '10.77.0.5/24', 'dev', 'v0');
      await vi.waitFor(() => {
        expect(events.at(-1)).toMatchObject({ kind: 'address', address: { address: '10.77.0.5' } });
      });
      stop();
    });

    test('after stop() nothing comes, and stopping twice is stopping once', async () => {
      const net = open();
      const one = watched(net);
      const two = watched(net);
      one.stop();
      one.stop();
      ip('address', 'add', '10.77.0.6/24', 'dev', 'v0');
      await vi.waitFor(() => expect(two.events.length).toBeGreaterThan(0));
      expect(one.events).toEqual([]);
    });

    test('a namespace that does not exist is told at once', () => {
      const net = openNet({ netns: '/run/netns/fl-test-nosuch' });
      expect(() => net.watch(() => {})).toThrow(KernelError);
      net.close();
    });
  });

  test('two namespaces do not see each other', async () => {
    const other = `${name}-b`;
    execFileSync('ip', ['netns', 'add', other]);
    const far = openNet({ netns: `/run/netns/${other}` });
    expect((await far.links()).map((link) => link.name)).not.toContain('v0');
    const here = openNet();
    expect((await here.links()).map((link) => link.name)).not.toContain('v0');
    const byProcess = openNet({ netns: '/proc/self/ns/net' });
    expect((await byProcess.links()).map((link) => link.index)).toEqual((await here.links()).map((link) => link.index));
    for (const port of [far, here, byProcess]) port.close();
    execFileSync('ip', ['netns', 'delete', other]);
  });

  test('a namespace that does not exist rejects the first request', async () => {
    const net = openNet({ netns: '/run/netns/fl-test-nosuch' });
    await expect(net.links()).rejects.toMatchObject({ name: 'KernelError', errno: 2, operation: 'list links' });
    net.close();
  });

  describe('life', () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;

    test('a hundred clients and watches leave no descriptor and no thread behind', async () => {
      const round = async () => {
        const net = openNet({ netns });
        net.watch(() => {});
        await net.links();
        net.close();
      };
      await round();
      const before = { held: addon().openFds(), all: descriptors(), threads: threads() };
      for (let i = 0; i < 100; i++) await round();
      // Threads end a moment after their stop, and the pool may have grown since.
      await vi.waitFor(() => {
        expect(addon().openFds()).toBe(before.held);
        expect(descriptors()).toBeLessThanOrEqual(before.all + 2);
        expect(threads()).toBeLessThan(before.threads + 10);
      });
    });

    // operation x state
    const operations: Record<string, (net: NetPort) => Promise<unknown>> = {
      addresses: (net) => net.addresses(),
      links: (net) => net.links(),
      apply: (net) => net.apply([add(at('10.77.9.1', 32)), remove(at('10.77.9.1', 32))]),
    };
    const refused = { name: 'KernelError', code: 'not-attempted', errno: 0 };

    test.each(Object.entries(operations))('%s after close() is refused', async (_, operation) => {
      const net = openNet({ netns });
      await net.links();
      net.close();
      net.close();
      await expect(operation(net)).rejects.toMatchObject(refused);
      expect(() => net.watch(() => {})).toThrow(expect.objectContaining(refused));
    });

    test.each(Object.entries(operations))(
      '%s that runs when close() comes is done, those behind it are refused',
      async (_, operation) => {
        const net = openNet({ netns });
        const requests = [operation(net), operation(net), net.links()];
        net.close();
        expect(await Promise.allSettled(requests)).toEqual([
          { status: 'fulfilled', value: expect.anything() },
          { status: 'rejected', reason: expect.objectContaining(refused) },
          { status: 'rejected', reason: expect.objectContaining(refused) },
        ]);
      },
    );

    test('many requests at once are answered in order', async () => {
      const net = open();
      const order: number[] = [];
      await Promise.all(Array.from({ length: 50 }, (_, i) => net.links().then(() => order.push(i))));
      expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
    });

    test('workers use it, and end in the middle of it', async () => {
      const before = addon().openFds();
      const code = `
        const { workerData, parentPort } = require('node:worker_threads');
        const native = require('node-gyp-build')(workerData.root);
        native.initialize(class extends Error {});
        const route = new native.Route(workerData.netns, 2000);
        new native.Watch(workerData.netns, () => {});
        const spin = () => route.addresses().then(() => { parentPort.postMessage('answered'); spin(); });
        spin(); spin(); route.links();
      `;
      const workers = Array.from(
        { length: 4 },
        () => new Worker(code, { eval: true, workerData: { netns, root: process.cwd() } }),
      );
      await Promise.all(workers.map((worker) => new Promise((done) => worker.once('message', done))));
      await Promise.all(workers.map((worker) => worker.terminate()));
      await vi.waitFor(() => expect(addon().openFds()).toBe(before));
    });

    test('a process that ends with all of it open ends cleanly', () => {
      const code = `
        const native = require('node-gyp-build')(process.cwd());
        native.initialize(class extends Error {});
        const route = new native.Route(process.argv[1], 2000);
        new native.Watch(process.argv[1], () => {});
        route.addresses().then(() => { route.links(); process.exit(7); });
      `;
      expect(() => execFileSync(process.execPath, ['-e', code, netns], { stdio: 'pipe' })).toThrow(
        expect.objectContaining({ status: 7, signal: null }),
      );
    });

    test('methods on strangers and wrong arguments throw and do no more', () => {
      const native = addon();
      const route = new native.Route(netns, 2000);
      const call = (method: unknown, self: unknown, ...args: unknown[]) =>
        (method as () => unknown).apply(self, args as []);
      expect(() => call(route.links, {})).toThrow();
      expect(() => call(route.links, new native.Ipvs('', 1))).toThrow();
      expect(() => call(route.apply, route, [{ add: true }])).toThrow(TypeError);
      expect(() => call(route.apply, route, 'all')).toThrow(TypeError);
      expect(() => new native.Route(undefined as unknown as string, 1)).toThrow(TypeError);
      expect(() => new native.Watch(netns, undefined as unknown as () => void)).toThrow(TypeError);
      route.close();
    });
  });

  test('without ip_vs the first request says so', async () => {
    const ipvs = openIpvs();
    const error = await ipvs.info().catch((reason: unknown) => reason);
    if (error instanceof KernelError)
      expect(error).toMatchObject({ code: 'ipvs-missing', errno: 2, operation: 'info' });
    ipvs.close();
    await expect(ipvs.dump()).rejects.toMatchObject({ code: 'not-attempted' });
  });
});

const threads = (): number => readdirSync('/proc/self/task').length;
