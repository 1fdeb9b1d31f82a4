import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openNet } from '../../src/kernel/net.ts';
import type { EngineCounters } from '../../src/model/engine.ts';
import { ADDRESS_OWNER } from '../../src/model/observed.ts';
import type { Order } from '../../src/model/vrrp.ts';
import { forge } from '../support/network/advert.ts';
import { engineIn, held, instanceOf, type Running } from '../support/network/engine.ts';
import { type Injector, startInjector } from '../support/network/injector.ts';
import { ROOT } from '../support/network/nodes/node.ts';
import type { Seen } from '../support/network/observer.ts';
import { openSegment, type Segment, until } from '../support/segment.ts';

const VIP = '10.77.0.100';
const VIP6 = 'fd77::100';
const MASTER: Order[] = [{ kind: 'advertise', priority: 200, everyMs: 100 }, { kind: 'hold' }];

let segment: Segment;
let injector: Injector;
const running: Running[] = [];
const engine = (host: string, lifeS?: number): Running => {
  const opened = engineIn(segment, host, lifeS);
  running.push(opened);
  return opened;
};

beforeAll(async () => {
  segment = await openSegment(['a', 'b']);
  injector = startInjector(segment);
});
afterAll(async () => {
  injector?.close();
  await segment?.close();
});
afterEach(async () => {
  for (const each of running.splice(0)) each.close();
  await segment.observer.read();
});

type Advert = Extract<Seen, { kind: 'advert' }>;

/** Adverts of router a, once there are so many. */
async function adverts(count: number): Promise<Advert[]> {
  const seen: Advert[] = [];
  await until(`${count} adverts`, async () => {
    for (const each of await segment.observer.read()) if (each.kind === 'advert' && each.port === 'a') seen.push(each);
    return seen.length >= count;
  });
  return seen;
}

const holds = (host: string, address: string, yes = true): Promise<void> =>
  until(
    `${host} ${yes ? 'has' : 'lacks'} ${address}`,
    async () => (await segment.addresses(host)).includes(address) === yes,
  );

/** IFA_PROTO of a router's addresses as its kernel tells it. iproute2 shows it from 6.2 on. */
async function owners(host: string): Promise<Record<string, number>> {
  const net = openNet({ netns: `/run/netns/${segment.name}-${host}` });
  try {
    return Object.fromEntries((await net.addresses()).map(({ address, owner }) => [address, owner]));
  } finally {
    net.close();
  }
}

const counted = (of: Running, name = 'web'): EngineCounters['instances'][number] => {
  const found = of.counters().instances.find((each) => each.name === name);
  if (!found) throw new Error(`no counters of ${name}`);
  return found;
};

/** Adverts from the witness, as a better master would send them. */
const hostile = (change: Partial<Parameters<typeof forge>[0]> = {}, ttl = 255) => {
  const [source, destination] = ['10.77.0.201', '224.0.0.18'];
  const advert = { vrid: 51, priority: 254, interval: 10, addresses: [VIP], source, destination, ...change };
  return { from: source, to: destination, ttl, bytes: forge(advert) };
};

describe('adverts', () => {
  test('leave at once and in the ordered rhythm, as the RFC has them', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP)])]);
    a.give('web', { kind: 'advertise', priority: 200, everyMs: 100 });
    const seen = await adverts(5);
    expect(seen[0]).toMatchObject({
      ...{ source: '10.77.0.1', destination: '224.0.0.18', ttl: 255 },
      ...{ version: 3, vrid: 51, priority: 200, intervalMs: 100 },
    });
    a.give('web', { kind: 'quiet' }, { kind: 'send', priority: 0 });
    expect((await adverts(1)).at(-1)).toMatchObject({ priority: 0 });
    const { sent, failed } = counted(a);
    expect(failed).toBe(0);
    expect(sent).toBeGreaterThanOrEqual(6);
  });

  test('of IPv6 leave from the link-local address with hop limit 255', async () => {
    const a = engine('a');
    a.configure([instanceOf('six', 52, [held(VIP6)], { family: 'inet6', advertised: ['fe80::100', VIP6] })]);
    a.give('six', { kind: 'advertise', priority: 200, everyMs: 100 });
    const [first] = await adverts(1);
    expect(first).toMatchObject({ destination: 'ff02::12', ttl: 255, vrid: 52 });
    expect(first?.source).toMatch(/^fe80::/);
  });

  test('to unicast peers go to each of them, and are heard there', async () => {
    const [a, b] = [engine('a'), engine('b')];
    const peer = (address: string) => [{ address, minTtl: 255, maxTtl: 255 }];
    a.configure([instanceOf('web', 51, [held(VIP)], { peers: peer('10.77.0.2') })]);
    b.configure([instanceOf('web', 51, [held(VIP)], { peers: peer('10.77.0.1') })]);
    a.give('web', { kind: 'advertise', priority: 200, everyMs: 100 });
    await b.told('advert');
    expect((await adverts(1))[0]).toMatchObject({ destination: '10.77.0.2' });
  });
});

describe('a backup', () => {
  test('hears of a new master once, of the same advert no more, and of silence when it ends', async () => {
    const [a, b] = [engine('a'), engine('b')];
    for (const each of [a, b]) each.configure([instanceOf('web', 51, [held(VIP)])]);
    a.give('web', { kind: 'advertise', priority: 200, everyMs: 50 });
    await b.told('advert');
    const heard = b.of('advert')[0]?.advert;
    expect(heard).toEqual({ source: '10.77.0.1', priority: 200, intervalMs: 100, order: -1 });
    const same = { source: '10.77.0.1', priority: 200, intervalMs: 100 };
    const before = b.of('advert').length;
    b.give('web', { kind: 'listen', forMs: 350, from: 'now', same });
    await until('adverts re-arm', () => counted(b).expected >= 8);
    const told = b.of('advert').length;
    expect(told - before).toBeLessThanOrEqual(2);
    expect(b.of('silence')).toEqual([]);
    a.give('web', { kind: 'quiet' });
    await b.told('silence');
    expect(b.of('advert')).toHaveLength(told);
    a.give('web', { kind: 'send', priority: 0 });
    await until('priority 0 is told', () => b.of('advert').at(-1)?.advert.priority === 0);
  });

  test('hears of a master again that an order expects no more, however fast its adverts come', async () => {
    const [a, b] = [engine('a'), engine('b')];
    for (const each of [a, b]) each.configure([instanceOf('web', 51, [held(VIP)])]);
    a.give('web', { kind: 'advertise', priority: 200, everyMs: 5 });
    await b.told('advert');
    const same = { source: '10.77.0.1', priority: 200, intervalMs: 100 };
    b.give('web', { kind: 'listen', forMs: 60_000, from: 'now', same });
    await until('adverts re-arm', () => counted(b).expected >= 8);
    const before = b.of('advert').length;
    b.give('web', { kind: 'listen', forMs: 60_000, from: 'now', same: { ...same, source: '10.77.0.9' } });
    await until('it is told', () => b.of('advert').length > before);
  });

  test('is not told a silence that an order has taken back', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP)])]);
    a.give('web', { kind: 'listen', forMs: 0, from: 'now', same: null });
    a.give('web', { kind: 'deaf' }, { kind: 'wake', afterMs: 100 });
    await a.told('wake');
    expect(a.of('silence')).toEqual([]);
  });
});

describe('addresses', () => {
  test('are held in both families, announced, and let go', async () => {
    const a = engine('a');
    const [stale, mine] = ['02:00:00:00:00:ee', '02:00:00:00:00:01'];
    await segment.ip(
      'client',
      [VIP, VIP6].map((vip) => `neigh replace ${vip} lladdr ${stale} dev eth0 nud stale`),
    );
    const neighbours = () => segment.exec('client', ['ip', 'neigh', 'show', 'dev', 'eth0']);
    a.configure([instanceOf('web', 51, [held(VIP), held(VIP6)])]);
    a.give('web', { kind: 'hold' });
    await holds('a', VIP);
    await holds('a', VIP6);
    await until('the client knows', async () => {
      const text = await neighbours();
      return text.includes(`${VIP} lladdr ${mine}`) && text.includes(`${VIP6} lladdr ${mine}`);
    });
    await until('all frames left', () => counted(a).announced === 4);
    expect(await owners('a')).toEqual(
      expect.objectContaining({ [VIP]: ADDRESS_OWNER, [VIP6]: ADDRESS_OWNER, '10.77.0.1': 0, 'fd77::1': 0 }),
    );
    expect(counted(a)).toMatchObject({ holding: true, present: 2 });
    a.give('web', { kind: 'release', afterMs: 0 });
    await holds('a', VIP, false);
    await holds('a', VIP6, false);
    expect(counted(a)).toMatchObject({ holding: false, present: 0, disturbed: 0 });
  });

  test('that somebody removes are back at once, and it is told', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP), held(VIP6)])]);
    a.give('web', { kind: 'hold' });
    await holds('a', VIP);
    await segment.ip('a', [`address delete ${VIP}/24 dev eth0`]);
    await a.told('disturbed');
    await holds('a', VIP);
    expect(a.of('disturbed')[0]?.what).toBe(`${VIP} on eth0 was removed`);
  });

  test('that were there before stay when ours go', async () => {
    await segment.ip('a', [`address add ${VIP}/24 dev eth0`]);
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP), held(VIP6)])]);
    a.give('web', { kind: 'hold' });
    await holds('a', VIP6);
    a.give('web', { kind: 'release', afterMs: 0 });
    await holds('a', VIP6, false);
    expect(await segment.addresses('a')).toContain(VIP);
    await segment.ip('a', [`address delete ${VIP}/24 dev eth0`]);
  });

  test('a change of the list changes the difference, and the others never go', async () => {
    const a = engine('a');
    const other = '10.77.0.101';
    a.configure([instanceOf('web', 51, [held(VIP), held(VIP6)])]);
    a.give('web', ...MASTER);
    await holds('a', VIP6);
    await segment.observer.read();
    a.configure([instanceOf('web', 51, [held(VIP), held(other)])]);
    await holds('a', other);
    await holds('a', VIP6, false);
    const changes = (await segment.observer.read()).flatMap((each) => (each.kind === 'del' ? [each.address] : []));
    expect(changes).toEqual([VIP6]);
    a.configure([]);
    await holds('a', VIP, false);
    expect((await adverts(1)).at(-1)).toMatchObject({ priority: 0 });
  });

  test('go by themselves when nobody renews them, and stay while somebody does', async () => {
    const a = engine('a', 6);
    a.configure([instanceOf('web', 51, [held(VIP), held(VIP6)])]);
    a.give('web', { kind: 'hold' });
    await holds('a', VIP);
    const left = async (): Promise<number> => {
      const text = await segment.exec('a', ['ip', '-json', 'address', 'show', 'dev', 'eth0']);
      const [link] = JSON.parse(text) as [{ addr_info: { local: string; valid_life_time: number }[] }];
      return link.addr_info.find(({ local }) => local === VIP)?.valid_life_time ?? 0;
    };
    await until('some of the time is over', async () => (await left()) < 6);
    await until('it was renewed', async () => (await left()) === 6);
    expect(a.of('disturbed')).toEqual([]);
  });

  /** A process that takes the address and is killed. */
  const killed = async (lifeS: number): Promise<void> => {
    const script = `
      const native = require(${JSON.stringify(join(ROOT, 'build/Release/fairlead.node'))});
      native.initialize(Error);
      const engine = new native.Vrrp('', { realtime: false, lifeS: ${lifeS}, warden: '' }, () => {});
      engine.configure(${JSON.stringify([instanceOf('web', 51, [held(VIP), held(VIP6)])])});
      engine.order([['web', [{ kind: 'hold' }]]]);`;
    const child = segment.spawn('a', [process.execPath, '-e', script], { stdio: 'inherit' });
    await holds('a', VIP6);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
  };

  test('of a process that was killed are taken away by the kernel', async () => {
    await killed(1);
    await holds('a', VIP, false);
    await holds('a', VIP6, false);
  });

  test('of an earlier life are swept at the start, for nobody holds them now', async () => {
    await killed(0);
    await holds('a', VIP6);
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP), held(VIP6)])]);
    await holds('a', VIP, false);
    await holds('a', VIP6, false);
    expect(a.of('disturbed')).toEqual([]);
  });
});

describe('many', () => {
  test('addresses of one instance come and go together, each is announced, and no advert is late for it', async () => {
    const a = engine('a');
    const all = Array.from({ length: 250 }, (_, i) => held(`10.78.0.${i + 1}`, 32));
    const announce = { count: 5, repeatAfterMs: 0, refreshMs: 0, gapMs: 0, lookMs: 0, interfaces: [] };
    a.configure([instanceOf('web', 51, all, { intervalMs: 500 }, { announce })]);
    // An interval that no pause of the machine comes near.
    a.give('web', { kind: 'advertise', priority: 200, everyMs: 500 }, { kind: 'hold' });
    await until('all are announced', () => counted(a).announced === 1250);
    expect(counted(a)).toMatchObject({ present: 250, late: 0, failed: 0 });
    a.give('web', { kind: 'release', afterMs: 0 });
    await until('all are gone', () => counted(a).present === 0);
    expect(counted(a)).toMatchObject({ late: 0, disturbed: 0 });
    expect(a.of('trouble')).toEqual([]);
  });

  test('instances change one by one: nobody else misses an advert', async () => {
    const a = engine('a');
    const list = Array.from({ length: 100 }, (_, i) => instanceOf(`i${i}`, i + 1, [held(`10.78.0.${i + 1}`, 32)]));
    a.configure(list);
    a.order(
      list.map(({ name }) => [name, [{ kind: 'advertise', priority: 200, everyMs: 500 }, { kind: 'hold' }]] as const),
    );
    for (let round = 0; round < 6; round++) {
      a.configure(
        list.map((one, i) => (i % 2 === 0 ? one : { ...one, held: [...one.held, held(`10.79.${round}.${i}`, 32)] })),
      );
      await until('adverts went on', () => counted(a, 'i0').sent > round);
    }
    expect(a.counters().instances.map(({ late, failed }) => late + failed)).toEqual(list.map(() => 0));
    expect(a.of('disturbed')).toEqual([]);
  });
});

test('a worker that is ended lets everything go', async () => {
  const script = `
    const { addon, netns, instances } = require('node:worker_threads').workerData;
    const native = require(addon);
    native.initialize(Error);
    const engine = new native.Vrrp(netns, { realtime: false, lifeS: 0, warden: '' }, () => {});
    engine.configure(instances);
    engine.order([['web', [{ kind: 'advertise', priority: 200, everyMs: 100 }, { kind: 'hold' }]]]);`;
  const worker = new Worker(script, {
    eval: true,
    workerData: {
      addon: join(ROOT, 'build/Release/fairlead.node'),
      netns: `/run/netns/${segment.name}-a`,
      instances: [instanceOf('web', 51, [held(VIP)])],
    },
  });
  await holds('a', VIP);
  await worker.terminate();
  await holds('a', VIP, false);
  expect((await adverts(1)).at(-1)).toMatchObject({ priority: 0 });
});

describe('what is refused changes nothing and is counted', () => {
  test.each([
    ['ttl', hostile({}, 254)],
    ['checksum', hostile({ spoil: 1 })],
    ['version', hostile({ version: 2 })],
    ['type', hostile({ type: 7 })],
    ['length', hostile({ count: 9 })],
    ['count', hostile({ addresses: [] })],
    ['addresses', hostile({ addresses: ['10.77.0.99'] })],
    ['interval', hostile({ interval: 0 })],
    ['interval', hostile({ interval: 4095 })],
  ])('%s', async (verdict, packet) => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP)])]);
    a.give('web', { kind: 'listen', forMs: 60_000, from: 'now', same: null });
    await injector.send([packet]);
    await a.told('refused');
    expect(a.of('refused')[0]).toMatchObject({
      verdict,
      instance: 'web',
      interface: 'eth0',
      source: '10.77.0.201',
      count: 1,
    });
    expect(counted(a).received).toEqual({ [verdict]: 1 });
    expect(a.of('advert')).toEqual([]);
  });

  test('a virtual router that is not ours, and what is no VRRP at all', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP)])]);
    await injector.send([hostile({ vrid: 99 }), { ...hostile(), bytes: Buffer.from([0x31]) }]);
    await a.told('refused', 2);
    expect(a.counters().strangers).toEqual([{ interface: 'eth0', family: 'inet', received: { vrid: 1, short: 1 } }]);
  });

  test('a flood of them keeps no advert from leaving', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP)])]);
    a.give('web', { kind: 'advertise', priority: 200, everyMs: 500 });
    await injector.send(new Array(5000).fill(hostile({ spoil: 1 })));
    await until('they were counted', () => (counted(a).received.checksum ?? 0) > 1000);
    expect(counted(a).late).toBe(0);
    expect(a.of('refused').length).toBeLessThanOrEqual(30);
  });
});

describe('around it', () => {
  test('without its lease it lets go of everything and waits for it and new orders', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP)])]);
    a.lease(200);
    a.give('web', ...MASTER);
    await holds('a', VIP);
    await a.told('lease-lost');
    await holds('a', VIP, false);
    expect((await adverts(1)).at(-1)).toMatchObject({ priority: 0 });
    a.give('web', ...MASTER);
    expect(counted(a).holding).toBe(false);
    a.lease(60_000);
    await holds('a', VIP);
  });

  test('an interface that goes away and comes back is told, and all goes on', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP), held(VIP6)])]);
    a.give('web', ...MASTER);
    await holds('a', VIP6);
    expect(a.of('link')).toEqual([
      expect.objectContaining({ interface: 'eth0', present: true, up: true, carrier: true }),
    ]);
    await segment.linkDown('a');
    await until('down is told', () => a.of('link').at(-1)?.up === false);
    await segment.linkUp('a');
    await until('up is told', () => a.of('link').at(-1)?.carrier === true);
    await holds('a', VIP);
    await holds('a', VIP6);
    await adverts(1);
  });

  test('an interface that is made anew is taken up again', async () => {
    const a = engine('a');
    const dummy = (name: string) => [
      `link add ${name} type veth peer name ${name}p`,
      `link set ${name} up`,
      `link set ${name}p up`,
    ];
    const web = instanceOf('web', 51, [{ ...held('10.78.0.100'), interface: 'later' }], {
      interface: 'later',
      source: '10.77.0.1',
    });
    a.configure([web]);
    a.give('web', ...MASTER);
    await a.told('link');
    expect(a.of('link')[0]).toMatchObject({ interface: 'later', present: false });
    for (let round = 0; round < 2; round++) {
      await segment.ip('a', dummy('later'));
      await holds('a', '10.78.0.100');
      const { sent } = counted(a);
      await until('adverts leave', () => counted(a).sent > sent);
      await segment.ip('a', ['link delete later']);
      await until('its end is told', () => a.of('link').at(-1)?.present === false);
    }
  });

  test('an advert that the kernel refuses to send is told, once', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, [held(VIP)], { source: '10.77.0.99' })]);
    a.give('web', { kind: 'advertise', priority: 200, everyMs: 10 });
    await until('they failed', () => counted(a).failed > 5);
    await a.told('trouble');
    expect(a.of('trouble')).toEqual([expect.objectContaining({ text: expect.stringContaining('could not be sent') })]);
    expect(counted(a).sent).toBe(0);
  });

  test('an instance that cannot be taken as it is is told, and the others are', async () => {
    const a = engine('a');
    a.configure([instanceOf('web', 51, []), instanceOf('twin', 51, []), instanceOf('other', 52, [])]);
    await a.told('trouble');
    expect(a.of('trouble')).toEqual([expect.objectContaining({ instance: 'twin' })]);
    expect(a.counters().instances.map(({ name }) => name)).toEqual(['other', 'web']);
    expect(() => a.configure([instanceOf('web', 256, [])])).toThrow('another vrid in instance web');
  });
});

describe('the virtual hardware address', () => {
  test.each([
    ['inet', 51, VIP, '00:00:5e:00:01:33', '10.77.0.1'],
    ['inet6', 52, VIP6, '00:00:5e:00:02:34', 'fe80::'],
  ] as const)(
    'of %s is there while the instance is, adverts and announcements leave with it',
    async (family, vrid, vip, mac, source) => {
      const [a, b] = [engine('a'), engine('b')];
      const name = `vrrp.${vrid}`;
      const virtual = { virtualMac: { interface: name, adverts: 'virtual' as const } };
      for (const each of [a, b]) each.configure([instanceOf('web', vrid, [held(vip)], { family }, virtual)]);
      await segment.ip('client', [`neigh replace ${vip} lladdr 02:00:00:00:00:ee dev eth0 nud stale`]);
      a.give('web', ...MASTER);
      await holds('a', vip);
      await until('the client knows', async () =>
        (await segment.exec('client', ['ip', 'neigh'])).includes(`${vip} dev eth0 lladdr ${mac}`),
      );
      await b.told('advert');
      expect(b.of('advert')[0]?.advert.source.startsWith(source)).toBe(true);
      if (family === 'inet') {
        segment.observer.probe(vip);
        await until('it answers', async () => (await segment.observer.read()).some((each) => each.kind === 'answer'));
        segment.observer.quiet();
      }
      expect(await segment.exec('b', ['ip', 'link', 'show', name])).toContain('state DOWN');
      a.give('web', { kind: 'quiet' }, { kind: 'release', afterMs: 0 });
      await holds('a', vip, false);
      b.give('web', ...MASTER);
      await holds('b', vip);
      await a.told('advert');
      a.configure([]);
      await until('the macvlan is gone', async () => !(await segment.exec('a', ['ip', 'link'])).includes(name));
      expect((await segment.exec('a', ['cat', '/proc/sys/net/ipv4/conf/eth0/arp_ignore'])).trim()).toBe('0');
      expect([...a.of('trouble'), ...b.of('trouble')]).toEqual([]);
    },
  );
});
