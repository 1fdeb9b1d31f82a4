import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObservedService } from '../../src/model/observed.ts';
import type { AddressOp, DaemonOp, IpvsOp, KernelErrorCode } from '../../src/model/op.ts';
import type { IpvsPort, NetPort, SyncPort, SysctlPort } from '../../src/model/ports.ts';
import {
  type Destination,
  destinationKey,
  serviceKey,
  type VirtualService,
  type VirtualServiceId,
} from '../../src/model/service.ts';
import type { SyncDaemon, SyncRole } from '../../src/model/sync.ts';

/** What the daemon relies on in a kernel. Runs over the fake and over Linux, so that neither can drift from the other. */

export interface KernelUnderTest {
  readonly ipvs: IpvsPort;
  readonly net: NetPort;
  readonly sysctls: SysctlPort;
  readonly sync: SyncPort;
  /** A link that `net` may put addresses on. */
  readonly link: string;
  cleanup(): void | Promise<void>;
}

const WEB = { kind: 'address', protocol: 'tcp', address: '10.77.0.100', port: 80 } as const;
const WEB6 = { kind: 'address', protocol: 'udp', address: '2001:db8:77::100', port: 53 } as const;
const MARK = { kind: 'fwmark', mark: 77, family: 'inet' } as const;

const virtual = (id: VirtualServiceId, change: Partial<VirtualService> = {}): VirtualService => ({
  id,
  scheduler: 'wrr',
  schedulerFlags: 0,
  onePacket: false,
  persistence: null,
  netmask: id.kind === 'address' && id.address.includes(':') ? '128' : '255.255.255.255',
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

const R1 = '10.77.1.11';
const R2 = '10.77.1.12';
const R3 = '10.77.1.13';
const why = 'contract';

const addService = (service: VirtualService): IpvsOp => ({ kind: 'add-service', service, why });
const setService = (service: VirtualService): IpvsOp => ({ kind: 'set-service', service, why });
const removeService = (id: VirtualServiceId): IpvsOp => ({ kind: 'delete-service', id, why });
const add = (id: VirtualServiceId, destination: Destination): IpvsOp => ({
  kind: 'add-destination',
  id,
  destination,
  why,
});
const set = (id: VirtualServiceId, destination: Destination): IpvsOp => ({
  kind: 'set-destination',
  id,
  destination,
  why,
});
const move = (id: VirtualServiceId, destination: Destination): IpvsOp => ({
  kind: 'move-destination',
  id,
  destination,
  why,
});
const remove = (id: VirtualServiceId, destination: Destination): IpvsOp => ({
  kind: 'delete-destination',
  id,
  destination,
  why,
});

export function kernelContract(name: string, open: () => Promise<KernelUnderTest>): void {
  describe(`${name} keeps the contract`, () => {
    let kernel: KernelUnderTest;
    beforeEach(async () => {
      kernel = await open();
    });
    afterEach(() => kernel.cleanup());

    const codes = async (...ops: IpvsOp[]): Promise<(KernelErrorCode | null)[]> =>
      (await kernel.ipvs.apply(ops)).map((result) => result.failure?.code ?? null);
    const done = async (...ops: IpvsOp[]): Promise<void> => {
      expect((await kernel.ipvs.apply(ops)).flatMap(({ failure }) => (failure ? [failure] : []))).toEqual([]);
    };
    const table = async (): Promise<Map<string, ObservedService>> =>
      new Map((await kernel.ipvs.dump()).map((entry) => [serviceKey(entry.service.id), entry]));
    const list = async (id: VirtualServiceId): Promise<string[]> =>
      ((await table()).get(serviceKey(id))?.destinations ?? []).map(destinationKey);
    const settings = async (id: VirtualServiceId, address: string): Promise<Destination | undefined> => {
      const entry = (await table()).get(serviceKey(id))?.destinations.find((d) => d.address === address);
      if (!entry) return undefined;
      const { activeConnections: _a, inactiveConnections: _i, persistentConnections: _p, stats: _s, ...rest } = entry;
      return rest;
    };

    test('tells its version', async () => {
      expect((await kernel.ipvs.info()).version).toMatch(/^\d+\.\d+\.\d+$/);
    });

    test('starts empty, and an empty batch changes nothing', async () => {
      expect(await kernel.ipvs.apply([])).toEqual([]);
      expect(await kernel.ipvs.dump()).toEqual([]);
    });

    test.each<[string, VirtualService]>([
      ['an IPv4 service', virtual(WEB)],
      ['an IPv6 service', virtual(WEB6)],
      ['a firewall mark', virtual(MARK)],
      ['an IPv6 firewall mark', virtual({ kind: 'fwmark', mark: 4294967295, family: 'inet6' }, { netmask: '128' })],
      ['sctp', virtual({ ...WEB, protocol: 'sctp' })],
      ['scheduler flags', virtual(WEB, { scheduler: 'mh', schedulerFlags: 3 })],
      ['persistence with a mask', virtual(WEB, { persistence: { timeoutS: 300 }, netmask: '255.255.255.0' })],
      ['persistence with an IPv6 prefix', virtual(WEB6, { persistence: { timeoutS: 2678400 }, netmask: '64' })],
      ['every port, which needs persistence', virtual({ ...WEB, port: 0 }, { persistence: { timeoutS: 60 } })],
      ['one-packet scheduling', virtual(WEB6, { onePacket: true })],
    ])('gives back %s as it was put in', async (_, service) => {
      await done(addService(service));
      expect([...(await table()).values()].map((entry) => entry.service)).toEqual([service]);
    });

    test.each<[string, VirtualServiceId, Destination]>([
      ['a server behind direct routing', WEB, real(R1)],
      ['NAT to another port', WEB, real(R1, { forward: 'nat', port: 8080, weight: 2147483647 })],
      ['weight 0', WEB, real(R1, { weight: 0 })],
      ['thresholds', WEB, real(R1, { upperThreshold: 100, lowerThreshold: 50 })],
      ['an ipip tunnel', WEB, real(R1, { forward: 'tunnel', tunnel: { type: 'ipip', port: 0, checksum: 'none' } })],
      ['a gre tunnel', WEB, real(R1, { forward: 'tunnel', tunnel: { type: 'gre', port: 0, checksum: 'csum' } })],
      ['a gue tunnel', WEB, real(R1, { forward: 'tunnel', tunnel: { type: 'gue', port: 6080, checksum: 'remcsum' } })],
      ['an IPv6 server', WEB6, real('2001:db8:77:1::11')],
      [
        'an IPv6 server of an IPv4 service',
        WEB,
        real('2001:db8:77:1::11', { forward: 'tunnel', tunnel: { type: 'ipip', port: 0, checksum: 'none' } }),
      ],
      ['port 0 behind a mark', MARK, real(R1, { port: 0 })],
    ])('gives back %s as it was put in', async (_, id, destination) => {
      await done(addService(virtual(id)), add(id, destination));
      expect(await settings(id, destination.address)).toEqual(destination);
    });

    test('lists destinations newest first, and a change keeps the place', async () => {
      await done(addService(virtual(WEB)), add(WEB, real(R2)), add(WEB, real(R1)), add(WEB, real(R3)));
      expect(await list(WEB)).toEqual([`${R3}:80`, `${R1}:80`, `${R2}:80`]);
      await done(set(WEB, real(R1, { weight: 5 })));
      expect(await list(WEB)).toEqual([`${R3}:80`, `${R1}:80`, `${R2}:80`]);
    });

    test('delete and add again puts a destination first, and so does a move', async () => {
      await done(addService(virtual(WEB)), add(WEB, real(R3)), add(WEB, real(R2)), add(WEB, real(R1)));
      await done(remove(WEB, real(R3)), add(WEB, real(R3)));
      expect(await list(WEB)).toEqual([`${R3}:80`, `${R1}:80`, `${R2}:80`]);
      await done(move(WEB, real(R2, { weight: 7 })));
      expect(await list(WEB)).toEqual([`${R2}:80`, `${R3}:80`, `${R1}:80`]);
      expect((await settings(WEB, R2))?.weight).toBe(7);
    });

    test('a change replaces every setting', async () => {
      const tunnelled = real(R1, {
        forward: 'tunnel',
        tunnel: { type: 'gue', port: 6080, checksum: 'csum' },
        upperThreshold: 9,
        lowerThreshold: 3,
      });
      await done(addService(virtual(WEB)), add(WEB, tunnelled), set(WEB, real(R1, { weight: 4 })));
      expect(await settings(WEB, R1)).toEqual(real(R1, { weight: 4 }));
    });

    test('a change of a service replaces every setting and keeps its destinations', async () => {
      const before = virtual(WEB, {
        scheduler: 'sh',
        schedulerFlags: 3,
        persistence: { timeoutS: 60 },
        netmask: '255.255.0.0',
      });
      await done(addService(before), add(WEB, real(R1)), setService(virtual(WEB, { scheduler: 'rr' })));
      const entry = (await table()).get(serviceKey(WEB));
      expect(entry?.service).toEqual(virtual(WEB, { scheduler: 'rr' }));
      expect(entry?.destinations.map(destinationKey)).toEqual([`${R1}:80`]);
    });

    test('the same address with another protocol, port or mark is another service', async () => {
      await done(
        addService(virtual(WEB)),
        addService(virtual({ ...WEB, protocol: 'udp' })),
        addService(virtual({ ...WEB, port: 81 })),
      );
      await done(addService(virtual(MARK)), addService(virtual({ ...MARK, family: 'inet6' }, { netmask: '128' })));
      expect((await table()).size).toBe(5);
    });

    test('what is there cannot be added again', async () => {
      expect(await codes(addService(virtual(WEB)), addService(virtual(WEB)))).toEqual([null, 'service-exists']);
      expect(await codes(add(WEB, real(R1)), add(WEB, real(R1, { weight: 3 })))).toEqual([null, 'destination-exists']);
      expect((await settings(WEB, R1))?.weight).toBe(1);
    });

    test('what is missing cannot be changed or deleted', async () => {
      expect(
        await codes(
          setService(virtual(WEB)),
          removeService(WEB),
          add(WEB, real(R1)),
          set(WEB, real(R1)),
          remove(WEB, real(R1)),
        ),
      ).toEqual(Array(5).fill('service-missing'));
      await done(addService(virtual(WEB)));
      expect(await codes(set(WEB, real(R1)), remove(WEB, real(R1)))).toEqual(Array(2).fill('destination-missing'));
    });

    test('a scheduler that cannot be loaded is refused by name', async () => {
      expect(await codes(addService(virtual(WEB, { scheduler: 'nosuch' })))).toEqual(['scheduler-missing']);
      await done(addService(virtual(WEB)));
      expect(await codes(setService(virtual(WEB, { scheduler: 'nosuch' })))).toEqual(['scheduler-missing']);
      expect((await table()).get(serviceKey(WEB))?.service.scheduler).toBe('wrr');
    });

    test('a persistence engine that cannot be loaded is told from a scheduler that cannot', async () => {
      const persistent = { persistence: { timeoutS: 60 } } as const;
      expect(
        await codes(
          addService(virtual(WEB, { ...persistent, engine: 'nosuch' })),
          addService(virtual(WEB, { ...persistent, engine: 'nosuch', scheduler: 'nosuch' })),
          addService(virtual(WEB, { ...persistent, engine: 'sip', scheduler: 'nosuch' })),
          addService(virtual({ ...WEB, protocol: 'udp' }, { ...persistent, engine: 'sip' })),
        ),
      ).toEqual(['engine-missing', 'scheduler-missing', 'scheduler-missing', null]);
      expect([...(await table()).keys()]).toEqual(['udp://10.77.0.100:80']);
    });

    test.each<[string, Destination, KernelErrorCode]>([
      ['a lower threshold above the upper', real(R1, { upperThreshold: 5, lowerThreshold: 6 }), 'out-of-range'],
      ['families mixed without a tunnel', real('2001:db8:77:1::11'), 'mixed-families'],
      [
        'gue without a port',
        real(R1, { forward: 'tunnel', tunnel: { type: 'gue', port: 0, checksum: 'none' } }),
        'invalid',
      ],
      ['a multicast server', real('224.0.0.18'), 'invalid'],
      ['a broadcast server', real('255.255.255.255'), 'invalid'],
    ])('refuses %s', async (_, destination, code) => {
      await done(addService(virtual(WEB)));
      expect(await codes(add(WEB, destination))).toEqual([code]);
      expect(await list(WEB)).toEqual([]);
    });

    test.each(['0', '129'])('refuses the IPv6 persistence prefix %s', async (netmask) => {
      expect(await codes(addService(virtual(WEB6, { netmask })))).toEqual(['invalid']);
    });

    test('a refused operation does not stop the rest, and the results keep the order', async () => {
      const batch = [
        addService(virtual(WEB)),
        set(WEB, real(R1)),
        add(WEB, real(R2)),
        add(WEB, real(R2)),
        add(WEB, real(R3)),
      ];
      const results = await kernel.ipvs.apply(batch);
      expect(results.map((r) => r.op)).toEqual(batch);
      expect(results.map((r) => r.failure?.code ?? null)).toEqual([
        null,
        'destination-missing',
        null,
        'destination-exists',
        null,
      ]);
      expect(await list(WEB)).toEqual([`${R3}:80`, `${R2}:80`]);
    });

    test('a failure tells the operation, the errno and the words', async () => {
      const [result] = await kernel.ipvs.apply([remove(WEB, real(R1))]);
      expect(result?.failure).toMatchObject({
        code: 'service-missing',
        errno: 3,
        operation: expect.stringContaining(`${R1}:80`),
      });
      expect(result?.failure?.text).not.toBe('');
    });

    test('a deleted service takes its destinations along', async () => {
      await done(addService(virtual(WEB)), add(WEB, real(R1)), removeService(WEB));
      expect(await kernel.ipvs.dump()).toEqual([]);
      await done(addService(virtual(WEB)));
      expect(await list(WEB)).toEqual([]);
    });

    test('a dump without counters has none, one with counters starts at zero', async () => {
      await done(addService(virtual(WEB)), add(WEB, real(R1)));
      const [bare] = await kernel.ipvs.dump({ stats: false });
      expect([bare?.stats, bare?.destinations[0]?.stats]).toEqual([null, null]);
      const [full] = await kernel.ipvs.dump({ stats: true });
      expect(full?.stats).toMatchObject({ connections: 0n, inBytes: 0n });
      expect(full?.destinations[0]).toMatchObject({
        activeConnections: 0,
        inactiveConnections: 0,
        persistentConnections: 0,
      });
    });

    test('a thousand destinations go in and come out in one batch, last one first', async () => {
      const ids = Array.from({ length: 100 }, (_, i): VirtualServiceId => ({ ...WEB, port: 1000 + i }));
      const servers = Array.from({ length: 10 }, (_, i) => real(`10.77.1.${i + 1}`));
      await done(...ids.flatMap((id) => [addService(virtual(id)), ...servers.map((server) => add(id, server))]));
      const held = await table();
      expect(held.size).toBe(100);
      const wanted = servers.map(destinationKey).toReversed();
      for (const entry of held.values()) expect(entry.destinations.map(destinationKey)).toEqual(wanted);
    });

    netContract(() => kernel);
    sysctlContract(() => kernel);
    syncContract(() => kernel);
  });
}

function netContract(get: () => KernelUnderTest): void {
  const ops = (kind: AddressOp['kind'], address: string, prefix: number, name: string): AddressOp[] => [
    { kind, address: { interface: name, address, prefix }, why },
  ];

  test.each([
    ['10.77.0.100', 24],
    ['10.77.0.101', 32],
    ['2001:db8:77::100', 64],
  ])('holds address %s/%i, marks it as ours, and gives it up', async (address, prefix) => {
    const { net, link } = get();
    const apply = async (kind: AddressOp['kind'], name = link) =>
      (await net.apply(ops(kind, address, prefix, name))).map((r) => r.failure?.code ?? null);
    const held = async () => (await net.addresses()).filter((a) => a.address === address);
    expect(await apply('delete-address')).toEqual(['address-missing']);
    expect(await apply('add-address', 'nosuch0')).toEqual(['link-missing']);
    expect(await apply('add-address')).toEqual([null]);
    expect(await held()).toMatchObject([
      { interface: link, prefix, owner: 112, family: address.includes(':') ? 'inet6' : 'inet' },
    ]);
    expect(await apply('add-address')).toEqual(['address-exists']);
    expect(await apply('delete-address')).toEqual([null]);
    expect(await held()).toEqual([]);
  });

  test('an IPv4 address can have two prefixes on a link, an IPv6 address cannot', async () => {
    const { net, link } = get();
    const codes = async (address: string, prefix: number) =>
      (await net.apply(ops('add-address', address, prefix, link))).map((r) => r.failure?.code ?? null);
    expect([await codes('10.77.0.100', 24), await codes('10.77.0.100', 32)]).toEqual([[null], [null]]);
    expect([await codes('2001:db8:77::100', 64), await codes('2001:db8:77::100', 128)]).toEqual([
      [null],
      ['address-exists'],
    ]);
    for (const prefix of [24, 32]) await net.apply(ops('delete-address', '10.77.0.100', prefix, link));
    await net.apply(ops('delete-address', '2001:db8:77::100', 64, link));
  });

  test('lists its links', async () => {
    const { net, link } = get();
    const links = await net.links();
    expect(links.map((entry) => entry.name)).toContain(link);
    for (const entry of links) expect(entry.index).toBeGreaterThan(0);
  });

  test('tells the watcher of a new and of a gone address, and stops when asked', async () => {
    const { net, link } = get();
    const seen: string[] = [];
    const stop = net.watch((event) => {
      if (event.kind === 'address' && event.address.address === '10.77.0.102') seen.push(event.gone ? 'gone' : 'new');
    });
    await net.apply(ops('add-address', '10.77.0.102', 32, link));
    await expect.poll(() => seen).toEqual(['new']);
    await net.apply(ops('delete-address', '10.77.0.102', 32, link));
    await expect.poll(() => seen).toEqual(['new', 'gone']);
    stop();
    await net.apply([
      ...ops('add-address', '10.77.0.102', 32, link),
      ...ops('delete-address', '10.77.0.102', 32, link),
    ]);
    expect(seen).toEqual(['new', 'gone']);
  });
}

function sysctlContract(get: () => KernelUnderTest): void {
  const set = (name: string, value: string) => ({ kind: 'set-sysctl', name, value, why }) as const;

  test('reads the kernel settings that exist, and only those', async () => {
    const { sysctls } = get();
    const values = await sysctls.read(['expire_nodest_conn', 'no_such_setting']);
    expect(Object.keys(values)).toEqual(['expire_nodest_conn']);
    expect(values.expire_nodest_conn).toMatch(/^\d+$/);
  });

  test('writes kernel settings and refuses what the kernel refuses', async () => {
    const { sysctls } = get();
    const names = ['expire_nodest_conn', 'drop_entry'];
    const before = await sysctls.read(names);
    const results = await sysctls.apply([
      set('expire_nodest_conn', '1'),
      set('drop_entry', '9'),
      set('no_such_setting', '1'),
    ]);
    expect(results.map((r) => r.failure === null)).toEqual([true, false, false]);
    expect(results[1]?.failure?.code).toBe('invalid');
    expect(await sysctls.read(names)).toEqual({ ...before, expire_nodest_conn: '1' });
    await sysctls.apply(Object.entries(before).map(([name, value]) => set(name, value)));
  });
}

function syncContract(get: () => KernelUnderTest): void {
  const daemon = (state: SyncRole, change: Partial<SyncDaemon> = {}): SyncDaemon => ({
    state,
    interface: get().link,
    syncId: 5,
    ...change,
  });
  const start = (state: SyncRole, change?: Partial<SyncDaemon>): DaemonOp => ({
    kind: 'start-daemon',
    daemon: daemon(state, change),
    why,
  });
  const stop = (role: SyncRole): DaemonOp => ({ kind: 'stop-daemon', role, why });
  const codes = async (...ops: DaemonOp[]) => (await get().sync.apply(ops)).map((r) => r.failure?.code ?? null);
  const DEFAULTS = { group: '224.0.0.81', port: 8848, ttl: 1 };

  test('starts and stops sync daemons, one of each role, and chooses what was left out', async () => {
    expect(await get().sync.daemons()).toEqual([]);
    const asked = { syncId: 0, maxLength: 1400, group: '224.0.0.82', port: 8849, ttl: 3 };
    expect(await codes(start('backup', asked), start('master'))).toEqual([null, null]);
    expect(await get().sync.daemons()).toEqual([
      daemon('master', { ...DEFAULTS, maxLength: 1472 }),
      daemon('backup', asked),
    ]);
    expect(await codes(start('master', { syncId: 6 }), stop('master'), stop('backup'), stop('backup'))).toEqual([
      'daemon-running',
      null,
      null,
      'daemon-not-running',
    ]);
    expect(await get().sync.daemons()).toEqual([]);
  });

  test('a sync daemon that is stopped as soon as it started is gone', async () => {
    for (let i = 0; i < 5; i++) expect(await codes(start('master'), stop('master'))).toEqual([null, null]);
    expect(await get().sync.daemons()).toEqual([]);
  });

  test('a backup takes no message length below 1024, a master any', async () => {
    expect(await codes(start('backup', { maxLength: 500 }), start('master', { maxLength: 500 }))).toEqual([null, null]);
    expect((await get().sync.daemons()).map((d) => d.maxLength)).toEqual([500, 1024]);
    await codes(stop('backup'), stop('master'));
  });

  test.each<[string, Partial<SyncDaemon>, KernelErrorCode]>([
    ['an interface that is not there', { interface: 'nosuch0' }, 'link-missing'],
    ['a group that is no multicast address', { group: '10.0.0.81' }, 'invalid'],
  ])('refuses a sync daemon with %s', async (_, change, code) => {
    expect(await codes(start('master', change))).toEqual([code]);
    expect(await get().sync.daemons()).toEqual([]);
  });

  test('has either sync daemons or servers of another family than their service', async () => {
    const tunnel = { type: 'ipip', port: 0, checksum: 'none' } as const;
    const mixed = real('2001:db8:77:1::11', { forward: 'tunnel', tunnel });
    const change = async (op: IpvsOp) => (await get().ipvs.apply([op])).map((r) => r.failure?.code ?? null);
    await change(addService(virtual(WEB)));
    expect(await codes(start('backup'))).toEqual([null]);
    expect(await change(add(WEB, mixed))).toEqual(['mixed-families']);
    expect(await codes(stop('backup'))).toEqual([null]);
    expect(await change(add(WEB, mixed))).toEqual([null]);
    expect(await codes(start('backup'))).toEqual(['mixed-families']);
    expect(await change(remove(WEB, mixed))).toEqual([null]);
    expect(await codes(start('backup'), stop('backup'))).toEqual([null, null]);
  });
}
