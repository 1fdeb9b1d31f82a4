import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { addon } from '../../src/kernel/addon.ts';
import { type Ipvs, openIpvs } from '../../src/kernel/ipvs.ts';
import { packOps } from '../../src/kernel/records.ts';
import { openSysctls } from '../../src/kernel/sysctl.ts';
import type { ObservedService } from '../../src/model/observed.ts';
import type { IpvsOp, KernelErrorCode } from '../../src/model/op.ts';
import { SCHEDULERS } from '../../src/model/schedulers.ts';
import {
  type Destination,
  destinationKey,
  fullNetmask,
  serviceFamily,
  serviceKey,
  type VirtualService,
  type VirtualServiceId,
} from '../../src/model/service.ts';

// The IPVS client on a real kernel, beyond what the daemon's contract asks: big batches, lost answers, a module that goes
// away, other namespaces, missing permissions, leaks.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const name = `fl-ipvs-${process.pid}`;
const netns = `/run/netns/${name}`;
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });
const inside = (...args: string[]): string => run('ip', 'netns', 'exec', name, ...args);

const why = 'test';
const WEB: VirtualServiceId = { kind: 'address', protocol: 'tcp', address: '10.9.0.100', port: 80 };
const WEB6: VirtualServiceId = { kind: 'address', protocol: 'udp', address: '2001:db8:9::100', port: 53 };
const virtual = (id: VirtualServiceId, change: Partial<VirtualService> = {}): VirtualService => ({
  id,
  scheduler: 'rr',
  schedulerFlags: 0,
  onePacket: false,
  persistence: null,
  netmask: fullNetmask(serviceFamily(id)),
  ...change,
});
const real = (address: string, change: Partial<Destination> = {}): Destination => ({
  address,
  port: 80,
  forward: 'dr',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: null,
  ...change,
});
const make = (service: VirtualService): IpvsOp => ({ kind: 'add-service', service, why });
const change = (service: VirtualService): IpvsOp => ({ kind: 'set-service', service, why });
const drop = (id: VirtualServiceId): IpvsOp => ({ kind: 'delete-service', id, why });
type DestinationOp = Extract<IpvsOp, { destination: Destination }>['kind'];
const on = (kind: DestinationOp, destination: Destination, id = WEB): IpvsOp => ({ kind, id, destination, why });

let ipvs: Ipvs;
beforeAll(() => {
  run('ip', 'netns', 'add', name);
  inside('ip', 'link', 'set', 'lo', 'up');
  inside('ip', 'link', 'add', 'fl0', 'type', 'veth', 'peer', 'name', 'fl1');
  for (const link of ['fl0', 'fl1']) inside('ip', 'link', 'set', link, 'up');
  inside('ip', 'address', 'add', '10.9.0.1/24', 'dev', 'fl0');
});
afterAll(() => {
  run('ip', 'netns', 'delete', name);
});
beforeEach(() => {
  ipvs = openIpvs({ netns });
});
afterEach(async () => {
  await ipvs.flush();
  ipvs.close();
});

const codes = async (...ops: IpvsOp[]): Promise<(KernelErrorCode | null)[]> =>
  (await ipvs.apply(ops)).map(({ failure }) => failure?.code ?? null);
const done = async (...ops: IpvsOp[]): Promise<void> => {
  expect((await ipvs.apply(ops)).flatMap(({ failure }) => (failure ? [failure] : []))).toEqual([]);
};
const keys = (table: readonly ObservedService[]): string[] => table.map(({ service }) => serviceKey(service.id)).sort();
const order = async (id = WEB): Promise<string[]> => {
  const entry = (await ipvs.dump({ stats: false })).find(({ service }) => serviceKey(service.id) === serviceKey(id));
  return (entry?.destinations ?? []).map(destinationKey);
};
const settings = ({
  activeConnections: _a,
  inactiveConnections: _i,
  persistentConnections: _p,
  stats: _s,
  ...rest
}: ObservedService['destinations'][number]): Destination => rest;

describe('every attribute comes back as it was put in', () => {
  test('services: schedulers, flags, persistence, masks, families, marks', async () => {
    const names = Object.keys(SCHEDULERS).filter((scheduler) => scheduler !== 'twos');
    const services = [
      ...names.map((scheduler, i) => virtual({ ...WEB, port: 1000 + i }, { scheduler })),
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((flags) => virtual({ ...WEB, port: 2000 + flags }, { schedulerFlags: flags })),
      ...(['tcp', 'udp', 'sctp'] as const).map((protocol) => virtual({ ...WEB, protocol, port: 3000 })),
      virtual({ ...WEB, port: 65535 }, { persistence: { timeoutS: 1 } }),
      virtual({ ...WEB, port: 0 }, { persistence: { timeoutS: 2678400 }, netmask: '255.255.0.0' }),
      virtual({ ...WEB6, port: 1 }, { onePacket: true }),
      virtual({ ...WEB6, port: 5060 }, { persistence: { timeoutS: 60 }, engine: 'sip', netmask: '1' }),
      ...[1, 2147483648, 4294967295].flatMap((mark) =>
        (['inet', 'inet6'] as const).map((family) => virtual({ kind: 'fwmark', mark, family })),
      ),
    ];
    await done(...services.map(make));
    const table = await ipvs.dump();
    const byKey = new Map(table.map(({ service }) => [serviceKey(service.id), service]));
    expect([...byKey.keys()].sort()).toEqual(services.map(({ id }) => serviceKey(id)).sort());
    for (const service of services) expect(byKey.get(serviceKey(service.id))).toEqual(service);
  });

  test('destinations: ways to forward, tunnels, thresholds, families', async () => {
    const tunnels: Destination['tunnel'][] = [
      { type: 'ipip', port: 0, checksum: 'none' },
      ...(['none', 'csum', 'remcsum'] as const).map((checksum) => ({ type: 'gue' as const, port: 6080, checksum })),
      ...(['none', 'csum'] as const).map((checksum) => ({ type: 'gre' as const, port: 0, checksum })),
    ];
    const wanted = [
      ...(['nat', 'local', 'dr', 'bypass'] as const).map((forward, i) => real(`10.9.1.${i + 1}`, { forward })),
      ...tunnels.map((tunnel, i) => real(`10.9.2.${i + 1}`, { forward: 'tunnel', tunnel })),
      ...tunnels.map((tunnel, i) => real(`2001:db8:9::${i + 1}`, { forward: 'tunnel', tunnel })),
      real('10.9.3.1', { weight: 2147483647, upperThreshold: 2147483647, lowerThreshold: 2147483646 }),
      real('10.9.3.2', { weight: 0, port: 65535 }),
      real('10.9.3.3', { port: 0 }),
    ];
    await done(make(virtual(WEB)), ...wanted.map((destination) => on('add-destination', destination)));
    const [entry] = await ipvs.dump();
    expect(entry?.destinations.map(settings)).toEqual(wanted.toReversed());
    // Each can be named again, those of the other family included.
    await done(...wanted.map((destination) => on('set-destination', { ...destination, weight: 7 })));
    await done(...wanted.map((destination) => on('delete-destination', destination)));
    expect(await order()).toEqual([]);
  });

  test('counters and rates', async () => {
    await done(make(virtual(WEB)), on('add-destination', real('10.9.0.11')));
    const [entry] = await ipvs.dumpWithRates();
    const rates = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };
    expect(entry).toMatchObject({ stats: { connections: 0n, outBytes: 0n }, rates });
    expect(entry?.destinations[0]).toMatchObject({ stats: { inPackets: 0n }, rates });
    await ipvs.zero(WEB);
    await ipvs.zero();
    await expect(ipvs.zero(WEB6)).rejects.toMatchObject({ code: 'service-missing', operation: 'zero counters' });
  });
});

describe('refusals', () => {
  test('have the name that command and errno make', async () => {
    const nobody = real('10.9.0.99');
    expect(
      await codes(
        drop(WEB),
        change(virtual(WEB)),
        on('add-destination', nobody),
        make(virtual(WEB, { scheduler: 'nosuch' })),
        make(virtual(WEB)),
        make(virtual(WEB)),
        change(virtual(WEB, { scheduler: 'nosuch' })),
        on('set-destination', nobody),
        on('delete-destination', nobody),
        on('add-destination', real('10.9.0.11')),
        on('add-destination', real('10.9.0.11')),
        on('add-destination', real('10.9.0.12', { upperThreshold: 1, lowerThreshold: 2 })),
        on('add-destination', real('224.0.0.5')),
        on('add-destination', real('0.0.0.0')),
        on(
          'add-destination',
          real('fe80::1', { forward: 'tunnel', tunnel: { type: 'ipip', port: 0, checksum: 'none' } }),
        ),
        on('add-destination', real('10.9.0.13', { weight: -1 })),
        drop(WEB),
        drop(WEB),
      ),
    ).toEqual([
      'service-missing',
      'service-missing',
      'service-missing',
      'scheduler-missing',
      null,
      'service-exists',
      'scheduler-missing',
      'destination-missing',
      'destination-missing',
      null,
      'destination-exists',
      'out-of-range',
      'invalid',
      'invalid',
      'invalid',
      'invalid',
      null,
      'service-missing',
    ]);
  });

  test('tell errno, operation and words', async () => {
    const [result] = await ipvs.apply([on('add-destination', real('10.9.0.11'))]);
    expect(result?.failure).toEqual({
      code: 'service-missing',
      errno: 3,
      operation: 'add-destination tcp://10.9.0.100:80 10.9.0.11:80',
      text: 'the kernel has no such virtual service',
    });
  });

  test('three thousand in one batch give three thousand results', async () => {
    const ops = Array.from({ length: 3000 }, (_, i) => drop({ ...WEB, port: i + 1 }));
    expect(await codes(...ops)).toEqual(ops.map(() => 'service-missing'));
  });

  test('each is told at its own place among thousands that succeed', async () => {
    await done(make(virtual(WEB)));
    const ops = Array.from({ length: 3000 }, (_, i) => on('add-destination', real(`10.40.${i >> 8}.${i & 255 || 1}`)));
    const expected = ops.map((_, i) => ((i & 255) === 1 ? 'destination-exists' : null));
    // 10.40.x.0 is written as 10.40.x.1, so the next one is its double.
    expect(await codes(...ops)).toEqual(expected);
  });
});

describe('batches', () => {
  const many = Array.from({ length: 5000 }, (_, i) => real(`10.${10 + (i >> 12)}.${(i >> 6) & 63}.${(i & 63) + 1}`));

  test('five thousand destinations go in at once, last one first, and out again', async () => {
    await done(make(virtual(WEB)), ...many.map((destination) => on('add-destination', destination)));
    expect(await order()).toEqual(many.map(destinationKey).toReversed());
    await done(...many.map((destination) => on('delete-destination', destination)));
    expect(await order()).toEqual([]);
  });

  test('a move puts a destination first, wherever it was, and counts as one op', async () => {
    const three = [real('10.9.0.11'), real('10.9.0.12'), real('10.9.0.13')];
    await done(make(virtual(WEB)), ...three.map((destination) => on('add-destination', destination)));
    const results = await ipvs.apply([
      on('move-destination', real('10.9.0.11', { weight: 9 })),
      on('set-destination', real('10.9.0.12', { weight: 5 })),
      on('move-destination', real('10.9.0.99', { upperThreshold: 1, lowerThreshold: 2 })),
    ]);
    expect(results.map(({ failure }) => failure?.code ?? null)).toEqual([null, null, 'out-of-range']);
    expect(await order()).toEqual(['10.9.0.11:80', '10.9.0.13:80', '10.9.0.12:80']);
    expect((await ipvs.dump())[0]?.destinations.map((d) => d.weight)).toEqual([9, 1, 5]);
  });

  test('moves may fill more than one send', async () => {
    const some = many.slice(0, 1500);
    await done(make(virtual(WEB)), ...some.map((destination) => on('add-destination', destination)));
    await done(...some.map((destination) => on('move-destination', destination)));
    expect(await order()).toEqual(some.map(destinationKey).toReversed());
  });

  test('of two handed over at once, the second begins when the first is done; a dump waits for both', async () => {
    const services = (from: number) => Array.from({ length: 2000 }, (_, i) => virtual({ ...WEB, port: from + i }));
    const first = services(1000);
    const [made, doubled, table] = await Promise.all([
      ipvs.apply(first.map(make)),
      ipvs.apply([...first, ...services(3000)].map(make)),
      ipvs.dump({ stats: false }),
    ]);
    expect(made.every(({ failure }) => failure === null)).toBe(true);
    expect(doubled.map(({ failure }) => failure?.code ?? null)).toEqual([
      ...first.map(() => 'service-exists'),
      ...first.map(() => null),
    ]);
    expect(table).toHaveLength(4000);
  });

  test('leave the event loop to others meanwhile, and so do dumps', async () => {
    await done(make(virtual(WEB)));
    let turns = 0;
    let more = true;
    const count = () => {
      turns++;
      if (more) setImmediate(count);
    };
    count();
    await done(...many.map((destination) => on('add-destination', destination)));
    const applying = turns;
    expect(await order()).toHaveLength(many.length);
    more = false;
    expect(applying).toBeGreaterThan(many.length / 512);
    expect(turns - applying).toBeGreaterThan(many.length / 512);
  });

  test('what the packing or unpacking throws ends that job alone', async () => {
    const native = addon();
    const client = new native.Ipvs(netns, 2000);
    const { bytes } = packOps(native.codec.layout, [make(virtual(WEB))]);
    const slices = [bytes, 'no records' as unknown as Uint8Array];
    const nothing = () => {};
    await expect(client.apply(() => slices.shift(), nothing)).rejects.toBeInstanceOf(TypeError);
    const thrown = new Error('from the unpacking');
    const dump = client.dump(false, () => {
      throw thrown;
    });
    await expect(dump).rejects.toBe(thrown);
    expect(await client.info()).toHaveProperty('version');
    client.close();
    expect(keys(await ipvs.dump())).toEqual([serviceKey(WEB)]);
  });

  test('a dump beside batches shows nothing twice', async () => {
    const other = openIpvs({ netns });
    await done(make(virtual(WEB)));
    const writing = ipvs.apply(many.map((destination) => on('add-destination', destination)));
    let more = true;
    const finished = writing.then(() => {
      more = false;
    });
    while (more) {
      const [entry] = await other.dump({ stats: false });
      const list = (entry?.destinations ?? []).map(destinationKey);
      expect(new Set(list).size).toBe(list.length);
    }
    await finished;
    other.close();
  });
});

describe('beside services', () => {
  test('version and table size', async () => {
    const { version, connectionTableSize } = await ipvs.info();
    expect(version).toBe('1.2.1');
    expect(Math.log2(connectionTableSize) % 1).toBe(0);
  });

  test('timeouts are set, and 0 keeps', async () => {
    const before = await ipvs.timeouts();
    await ipvs.setTimeouts({ tcpS: 901, tcpFinS: 121, udpS: 301 });
    await ipvs.setTimeouts({ tcpS: 0, tcpFinS: 122, udpS: 0 });
    expect(await ipvs.timeouts()).toEqual({ tcpS: 901, tcpFinS: 122, udpS: 301 });
    await ipvs.setTimeouts(before);
    expect(await ipvs.timeouts()).toEqual(before);
    await expect(ipvs.setTimeouts({ tcpS: 4294967295, tcpFinS: 0, udpS: 0 })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(ipvs.setTimeouts({ tcpS: -1, tcpFinS: 0, udpS: 0 })).rejects.toThrow(TypeError);
  });

  test('sync daemons start and stop, lost answers or not', async () => {
    expect(await ipvs.daemons()).toEqual([]);
    for (let i = 0; i < 5; i++) {
      await ipvs.startDaemon({ state: 'master', interface: 'fl0', syncId: 7 });
      // Often before the thread first ran: the kernel then stops it and answers nothing.
      await ipvs.stopDaemon('master');
      expect(await ipvs.daemons()).toEqual([]);
    }
    await ipvs.startDaemon({ state: 'master', interface: 'fl0', syncId: 7, group: '224.0.0.82', port: 8849, ttl: 3 });
    await expect(ipvs.startDaemon({ state: 'master', interface: 'fl0', syncId: 7 })).rejects.toMatchObject({
      code: 'daemon-running',
      errno: 17,
    });
    await ipvs.startDaemon({ state: 'backup', interface: 'fl0', syncId: 8, maxLength: 1400 });
    expect(await ipvs.daemons()).toEqual([
      {
        state: 'master',
        interface: 'fl0',
        syncId: 7,
        maxLength: expect.any(Number),
        group: '224.0.0.82',
        port: 8849,
        ttl: 3,
      },
      {
        state: 'backup',
        interface: 'fl0',
        syncId: 8,
        maxLength: 1400,
        group: '224.0.0.81',
        port: 8848,
        ttl: expect.any(Number),
      },
    ]);
    await ipvs.stopDaemon('backup');
    await ipvs.stopDaemon('master');
    await expect(ipvs.stopDaemon('master')).rejects.toMatchObject({ code: 'daemon-not-running', errno: 3 });
    await expect(ipvs.startDaemon({ state: 'master', interface: 'nosuch', syncId: 1 })).rejects.toMatchObject({
      code: 'link-missing',
    });
    await expect(
      ipvs.startDaemon({ state: 'master', interface: 'fl0', syncId: 1, group: '10.0.0.1' }),
    ).rejects.toMatchObject({ code: 'invalid' });
    expect(await ipvs.daemons()).toEqual([]);
  });

  test('settings below /proc/sys', async () => {
    const sysctls = openSysctls();
    const { conntrack } = await sysctls.read(['conntrack', 'nosuch', '../ip_forward']);
    expect(conntrack).toMatch(/^[01]$/);
    const set = (setting: string, value: string) => ({ kind: 'set-sysctl', name: setting, value, why }) as const;
    const results = await sysctls.apply([
      set('conntrack', '1'),
      set('conntrack', 'many'),
      set('nosuch', '1'),
      set('../ip_forward', '1'),
      set('conntrack', conntrack ?? '0'),
    ]);
    expect(results.map(({ failure }) => failure?.code ?? null)).toEqual([null, 'invalid', 'invalid', 'invalid', null]);
  });
});

test('the module may go and come back: the new family number is found', async () => {
  const before = ipvsModules();
  onTestFinished(() => void run('modprobe', '-a', ...before));
  await ipvs.info();
  await ipvs.apply([make(virtual(WEB))]);
  await ipvs.flush();
  await vi.waitFor(() => run('modprobe', '-r', ...ipvsModules()), { timeout: 20_000, interval: 200 });
  expect(ipvsModules()).toEqual([]);
  await ipvs.info();
  // Again, with a batch as the first to notice.
  await vi.waitFor(() => run('modprobe', '-r', ...ipvsModules()), { timeout: 20_000, interval: 200 });
  await done(make(virtual(WEB)), on('add-destination', real('10.9.0.11')));
  await ipvs.flush();
  await vi.waitFor(() => run('modprobe', '-r', ...ipvsModules()), { timeout: 20_000, interval: 200 });
  expect(await ipvs.dump()).toEqual([]);
  // A missing object is still told from a missing family.
  expect(await codes(make(virtual(WEB)), on('delete-destination', real('10.9.0.11')))).toEqual([
    null,
    'destination-missing',
  ]);
});

/** Loaded modules of IPVS, those that need others first. */
const ipvsModules = (): string[] => {
  const loaded = readFileSync('/proc/modules', 'utf8')
    .split('\n')
    .map((line) => line.split(' ', 1)[0] ?? '');
  return [...loaded.filter((module) => module.startsWith('ip_vs_')), ...loaded.filter((module) => module === 'ip_vs')];
};

test('namespaces have tables of their own', async () => {
  const here = openIpvs();
  await done(make(virtual({ ...WEB, port: 8081 })));
  expect(keys(await here.dump())).not.toContain('tcp://10.9.0.100:8081');
  expect(keys(await ipvs.dump())).toEqual(['tcp://10.9.0.100:8081']);
  here.close();
  const nowhere = openIpvs({ netns: '/run/netns/fl-nosuch' });
  await expect(nowhere.dump()).rejects.toMatchObject({ name: 'KernelError', errno: 2, operation: 'dump' });
  nowhere.close();
});

test('without CAP_NET_ADMIN nothing can be read or changed, and each says why', () => {
  const code = `
    const native = require('node-gyp-build')(process.argv[1]);
    native.initialize(class extends Error { constructor(failure) { super(failure.text); this.code = failure.code; } });
    const ipvs = new native.Ipvs('', 2000);
    const op = new Uint8Array(native.codec.layout.op.size);
    new Uint32Array(op.buffer)[0] = native.codec.layout.op.kinds['delete-service'];
    const { service } = native.codec.layout.op;
    const { fields } = native.codec.layout.service;
    new Uint32Array(op.buffer)[(service + fields.family) / 4] = 2;
    new Uint32Array(op.buffer)[(service + fields.mark) / 4] = 7;
    (async () => {
      const dump = await ipvs.dump(true, () => {}).catch((error) => error.code);
      const ops = [op];
      const refusals = [];
      await ipvs.apply(() => ops.pop(), (refused) => refusals.push(...refused));
      process.stdout.write(JSON.stringify([dump, ...refusals.map(({ code }) => code)]));
    })();
  `;
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-net_admin', '--inh-caps=-all'];
  const output = execFileSync('setpriv', [...nobody, process.execPath, '-e', code, ROOT], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual(['not-permitted', 'not-permitted']);
});

test('clients leave no descriptor behind', async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const round = async () => {
    const client = openIpvs({ netns });
    await client.info();
    await client.apply([drop(WEB)]);
    client.close();
  };
  await round();
  const before = { held: addon().openFds(), all: descriptors() };
  for (let i = 0; i < 100; i++) await round();
  await vi.waitFor(() => expect(addon().openFds()).toBe(before.held));
  expect(descriptors()).toBeLessThanOrEqual(before.all + 1);
});

test('close() during a batch lets it finish and refuses what waits', async () => {
  await done(make(virtual(WEB)));
  const client = openIpvs({ netns });
  const ops = Array.from({ length: 2000 }, (_, i) => on('add-destination', real(`10.9.${i >> 7}.${(i & 127) + 1}`)));
  const requests = [client.apply(ops), client.dump(), client.info()];
  client.close();
  const [applied, ...refused] = await Promise.allSettled(requests);
  expect(applied).toMatchObject({ status: 'fulfilled' });
  for (const outcome of refused)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'not-attempted' } });
  expect((await order()).length).toBe(2000);
});
