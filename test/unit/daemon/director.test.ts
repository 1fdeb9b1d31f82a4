import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { loadConfig } from '../../../src/daemon/config-file.ts';
import { Director } from '../../../src/daemon/lifecycle.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import type { ProbeResult } from '../../../src/model/health.ts';
import type { ProberPort } from '../../../src/model/ports.ts';
import type { VirtualService } from '../../../src/model/service.ts';
import { setDrained } from '../../support/overrides.ts';

/** The daemon over a kernel in memory and servers whose answers the test decides. */

let directory: string;
let kernel: FakeKernel;
let running: Director[];
const dead = new Set<string>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  kernel = new FakeKernel();
  running = [];
  dead.clear();
  silence = undefined;
});
afterEach(async () => {
  for (const director of running) await director.stop().catch(() => {});
  rmSync(directory, { recursive: true });
});

const clock = { now: () => performance.now(), wall: () => Date.now() };
/** While set, the dead answer only when it resolves. */
let silence: { waiting: number; readonly end: Promise<void> } | undefined;
const prober: ProberPort = {
  async probe(target): Promise<ProbeResult> {
    if (silence && dead.has(target.address)) {
      silence.waiting++;
      await silence.end;
    }
    const ok = !dead.has(target.address);
    const evidence = `connect to ${target.address}:${target.port} ${ok ? 'succeeded' : 'refused'}`;
    return { ok, at: clock.now(), durationMs: 0, phase: 'connect', outcome: ok ? 'connected' : 'refused', evidence };
  },
};

const CHECK = 'check: { tcp: {}, every: 10ms, timeout: 10ms, rise: 2, fall: 2 }';
const SERVERS = '[{ address: 10.0.0.11 }, { address: 10.0.0.12 }]';
const service = (name: string, port: number, rest = '', servers = SERVERS): string =>
  `  - { name: ${name}, listen: ["tcp://10.0.0.100:${port}"], scheduler: rr, servers: ${servers}${rest && `, ${rest}`} }`;
const file = (services: readonly string[], top = ''): string =>
  `director: { state: ${join(directory, 'state.json')}, resync: 1h${top} }\naddresses: [{ address: 10.0.0.100/32, interface: eth0 }]\nservices:\n${services.join('\n')}\n`;

function write(text: string): string {
  const path = join(directory, 'fairlead.yaml');
  writeFileSync(path, text);
  return path;
}

function direct(text: string): Director {
  const path = write(text);
  const loaded = loadConfig(path);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.issues));
  const director = new Director(loaded.value.config, path, {
    ports: kernel,
    prober,
    clock,
    random: () => 0.5,
    log: silentLog,
  });
  running.push(director);
  return director;
}

async function started(text: string): Promise<Director> {
  const director = direct(text);
  await director.start();
  return director;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 500) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const table = (): Record<string, Record<string, number>> =>
  Object.fromEntries(
    kernel
      .state()
      .services.map(({ service: { id }, destinations }) => [
        id.kind === 'address' ? `${id.address}:${id.port}` : `mark ${id.mark}`,
        Object.fromEntries(destinations.map((d) => [`${d.address}:${d.port}`, d.weight])),
      ]),
  );
const FULL = { '10.0.0.100:80': { '10.0.0.11:80': 1, '10.0.0.12:80': 1 } };

const foreign: VirtualService = {
  id: { kind: 'address', protocol: 'udp', address: '10.9.9.9', port: 53 },
  scheduler: 'wlc',
  schedulerFlags: 0,
  onePacket: false,
  persistence: null,
  netmask: '255.255.255.255',
};

test('another life of the daemon knows who is dead, since when and why', async () => {
  const text = file([service('web', 80, CHECK)]);
  const first = await started(text);
  await until(() => first.store.get().verdicts.get('web/10.0.0.12')?.status === 'up', 'both are up');
  dead.add('10.0.0.12');
  await until(() => first.store.get().verdicts.get('web/10.0.0.12')?.status === 'down', 'one is down');
  await until(() => !('10.0.0.12:80' in (table()['10.0.0.100:80'] ?? {})), 'it left the table');
  await first.stop();
  const second = direct(text);
  await second.start();
  const verdict = second.store.get().verdicts.get('web/10.0.0.12');
  expect(verdict).toMatchObject({ status: 'down', why: first.store.get().verdicts.get('web/10.0.0.12')?.why });
  expect(
    second.store
      .get()
      .transitions.get('web/10.0.0.12')
      ?.map(({ status }) => status),
  ).toEqual(['up', 'down']);
});

describe('start', () => {
  test('programs services, then addresses, and remembers what is ours', async () => {
    await started(file([service('web', 80)]));
    expect(table()).toEqual(FULL);
    expect(kernel.state().addresses.map((a) => `${a.interface} ${a.address}/${a.prefix}`)).toContain(
      'eth0 10.0.0.100/32',
    );
    const kinds = kernel.log.map((op) => op.kind);
    expect(kinds.lastIndexOf('add-destination')).toBeLessThan(kinds.indexOf('add-address'));
    expect(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8'))).toEqual({
      version: 1,
      services: ['tcp://10.0.0.100:80'],
      addresses: ['eth0 10.0.0.100/32'],
      daemons: [],
    });
  });

  test('a checked server enters with its first good check', async () => {
    dead.add('10.0.0.12');
    await started(file([service('web', 80, CHECK)]));
    expect(table()).toEqual({ '10.0.0.100:80': {} });
    await until(() => '10.0.0.11:80' in (table()['10.0.0.100:80'] ?? {}), 'the living server enters');
    expect(table()).toEqual({ '10.0.0.100:80': { '10.0.0.11:80': 1 } });
  });

  test('an interface that does not exist is said, with those that do, and nothing is applied', async () => {
    const text = file([service('web', 80)]).replace('interface: eth0', 'interface: eth7');
    await expect(direct(text).start()).rejects.toMatchObject({
      code: 'interface-missing',
      exit: 6,
      message: expect.stringContaining('eth7'),
    });
    expect(kernel.log.filter((op) => !op.why.startsWith('probing'))).toEqual([]);
    expect(table()).toEqual({});
  });

  test('an address on another interface is a busy one', async () => {
    kernel.net.applyOne({
      kind: 'add-address',
      why: '',
      address: { interface: 'eth1', address: '10.0.0.100', prefix: 24 },
    });
    const before = kernel.state();
    await expect(direct(file([service('web', 80)])).start()).rejects.toMatchObject({ code: 'interface-busy', exit: 6 });
    expect(kernel.state()).toEqual(before);
  });

  test('a scheduler the kernel lacks is found before anything is applied', async () => {
    const before = kernel.state();
    kernel.failNext('scheduler-missing');
    await expect(direct(file([service('web', 80)])).start()).rejects.toMatchObject({
      code: 'scheduler-missing',
      exit: 6,
      message: expect.stringContaining('"rr"'),
    });
    expect(kernel.state()).toEqual(before);
  });

  test('what this kernel lacks is told with the kernel that has it', async () => {
    const twos = service('web', 80).replace('scheduler: rr', 'scheduler: twos');
    await expect(direct(file([twos])).start()).rejects.toMatchObject({
      code: 'scheduler-missing',
      fix: expect.stringContaining('Linux 5.12'),
    });
    // A kernel that does not know the type sends ipip and says nothing.
    const { apply } = kernel.ipvs;
    kernel.ipvs.apply = (ops) =>
      apply.call(
        kernel.ipvs,
        ops.map((op) => ('destination' in op ? { ...op, destination: { ...op.destination, tunnel: null } } : op)),
      );
    const gre = service('web', 80, 'forward: tunnel, tunnel: { type: gre }');
    await expect(direct(file([gre])).start()).rejects.toMatchObject({
      code: 'tunnel-missing',
      exit: 6,
      fix: expect.stringContaining('Linux 5.3'),
    });
    expect(table()).toEqual({});
  });

  test.each([
    ['not-permitted', 4],
    ['ipvs-missing', 6],
  ] as const)('%s ends with exit code %i', async (code, exit) => {
    kernel.failNextCall(code);
    await expect(direct(file([service('web', 80)])).start()).rejects.toMatchObject({ code, exit });
    expect(kernel.log).toEqual([]);
  });

  test('a kernel that refuses half-way gets back what it had', async () => {
    kernel.ipvs.applyOne({ kind: 'add-service', service: foreign, why: '' });
    const before = kernel.state();
    const director = direct(file([service('web', 80)]));
    const applyOne = kernel.net.applyOne.bind(kernel.net);
    kernel.net.applyOne = (op) =>
      op.kind === 'add-address'
        ? { op, failure: { code: 'kernel', errno: 16, operation: 'add-address', text: 'Device or resource busy' } }
        : applyOne(op);
    await expect(director.start()).rejects.toMatchObject({
      code: 'kernel-refused',
      exit: 6,
      message: expect.stringContaining('Device or resource busy'),
    });
    expect(kernel.state()).toEqual(before);
  });

  test('what is asked for before the start has ended waits for it: servers in service stay', async () => {
    const text = file([service('web', 80, CHECK.replaceAll('10ms', '1h').replace('timeout: 1h', 'timeout: 1s'))]);
    await started(file([service('web', 80)]));
    await running.pop()?.stop();
    rmSync(join(directory, 'state.json.health'), { force: true });
    const director = direct(text);
    const seen: unknown[] = [];
    const dump = kernel.ipvs.dump.bind(kernel.ipvs);
    kernel.ipvs.dump = async (options) => {
      seen.push(table());
      return dump(options);
    };
    dead.add('10.0.0.11').add('10.0.0.12');
    const target = 'server/web/10.0.0.11';
    const before = director.overrides.change([{ set: { kind: 'weight', value: 3, target } }], { by: 'test' });
    await new Promise(setImmediate);
    expect(seen).toEqual([]);
    const starting = director.start();
    const reloaded = director.reload();
    await Promise.all([starting, before, reloaded]);
    expect([...seen, table()].map((each) => (each as typeof FULL)['10.0.0.100:80'])).not.toContainEqual(
      expect.objectContaining({ '10.0.0.12:80': 0 }),
    );
    expect(table()).toEqual({ '10.0.0.100:80': { '10.0.0.11:80': 3, '10.0.0.12:80': 1 } });
  });

  test('after a start that failed nothing is changed', async () => {
    const director = direct(file([service('web', 80)]).replace('interface: eth0', 'interface: eth7'));
    const target = 'server/web/10.0.0.11';
    const change = director.overrides.change([{ set: { kind: 'weight', value: 3, target } }], { by: 'test' });
    await expect(Promise.all([director.start(), change])).rejects.toMatchObject({ code: 'interface-missing' });
    await expect(change).rejects.toMatchObject({ code: 'interface-missing' });
    expect(table()).toEqual({});
  });

  test('what the kernel holds already is adopted without a write, and strangers are left alone', async () => {
    await started(file([service('web', 80)]));
    kernel.ipvs.applyOne({ kind: 'add-service', service: foreign, why: '' });
    const writes = kernel.log.length;
    const again = await started(file([service('web', 80)]));
    await again.reconciler.settle();
    const probes = kernel.log.slice(writes).filter((op) => !op.why.startsWith('probing'));
    expect(probes).toEqual([]);
    expect(again.store.get().notes.join()).toContain('udp://10.9.9.9:53');
  });

  test('a restart takes no server out while it waits for the first check', async () => {
    await started(file([service('web', 80, 'check: { tcp: {}, every: 1h, timeout: 1s }')]));
    kernel.ipvs.applyOne({
      kind: 'add-destination',
      id: { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 },
      why: '',
      destination: {
        address: '10.0.0.11',
        port: 80,
        forward: 'dr',
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
        tunnel: null,
      },
    });
    await running.pop()?.stop();
    await started(file([service('web', 80, 'check: { tcp: {}, every: 1h, timeout: 1s }')]));
    expect(table()['10.0.0.100:80']).toHaveProperty('10.0.0.11:80', 1);
  });
});

describe('health', () => {
  test('a dead server leaves after `fall` bad checks and returns after `rise` good ones, each with its reason', async () => {
    const director = await started(file([service('web', 80, CHECK)]));
    await until(() => Object.keys(table()['10.0.0.100:80'] ?? {}).length === 2, 'both enter');
    dead.add('10.0.0.12');
    await until(() => Object.keys(table()['10.0.0.100:80'] ?? {}).length === 1, 'the dead one leaves');
    expect(table()).toEqual({ '10.0.0.100:80': { '10.0.0.11:80': 1 } });
    dead.delete('10.0.0.12');
    await until(() => Object.keys(table()['10.0.0.100:80'] ?? {}).length === 2, 'it returns');
    const told = director.store.events().map((event) => event.text);
    expect(
      told.some((text) => /web\/10\.0\.0\.12 is down: connect to 10\.0\.0\.12:80 refused 2 times in/.test(text)),
    ).toBe(true);
  });
});

describe('reload', () => {
  test('half of 1,000 servers that die together are one plan and one batch', async () => {
    const addresses = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    const servers = `[${addresses.map((address) => `{ address: ${address} }`).join(', ')}]`;
    const check = 'check: { tcp: {}, every: 50ms, timeout: 50ms, fall: 1 }';
    const director = await started(file([service('web', 80, check, servers)]));
    const inTable = () => Object.keys(table()['10.0.0.100:80'] ?? {}).length;
    await until(() => inTable() === 1000, 'all serve');
    const { revision } = director.store.get();
    const writes = kernel.log.length;
    const batches: number[] = [];
    const apply = kernel.ipvs.apply.bind(kernel.ipvs);
    kernel.ipvs.apply = (ops) => {
      batches.push(ops.length);
      return apply(ops);
    };
    let release = (): void => {};
    silence = { waiting: 0, end: new Promise((resolve) => (release = resolve)) };
    for (const address of addresses.slice(0, 500)) dead.add(address);
    await until(() => silence?.waiting === 500, 'all of the dead were asked');
    release();
    silence = undefined;
    await until(() => inTable() === 500, 'the dead have left');
    expect(batches).toEqual([1000]);
    // No new connections to any of them, before the first one goes.
    const kinds = kernel.log.slice(writes).map((op) => op.kind);
    expect(kinds.slice(0, 500).every((kind) => kind === 'set-destination')).toBe(true);
    expect(kinds.slice(500).every((kind) => kind === 'delete-destination')).toBe(true);
    expect(director.store.get().revision).toBe(revision);
    expect(director.store.events().map(({ text }) => text)).toContain('and 480 more at once: 480 are down');
  });

  test('one changed weight in 100 services is one change', async () => {
    const services = Array.from({ length: 100 }, (_, i) => service(`s${i}`, 1000 + i));
    const director = await started(file(services));
    const writes = kernel.log.length;
    services[42] = service('s42', 1042, '', '[{ address: 10.0.0.11, weight: 7 }, { address: 10.0.0.12 }]');
    write(file(services));
    expect(await director.reload()).toBe(true);
    expect(kernel.log.slice(writes).map((op) => op.kind)).toEqual(['set-destination']);
    expect(director.store.get().revision).toBe(2);
  });

  test.each([
    ['a mistake', (text: string) => text.replace('scheduler: rr', 'scheduler: rrr'), 'unknown-scheduler'],
    ['a missing interface', (text: string) => text.replace('interface: eth0', 'interface: eth9'), 'eth9'],
    [
      'a setting that needs a restart',
      (text: string) => text.replace('resync: 1h', 'resync: 1h, socket: /run/elsewhere.sock'),
      'director.socket',
    ],
    ['an empty file', () => '', ''],
  ])('%s changes nothing and is told', async (_, change, told) => {
    const director = await started(file([service('web', 80)]));
    const before = kernel.state();
    const writes = kernel.log.length;
    write(change(file([service('web', 80), service('dns', 53)])));
    expect(await director.reload()).toBe(false);
    expect(kernel.log.slice(writes)).toEqual([]);
    expect(kernel.state()).toEqual(before);
    expect(director.store.get().refusedReload).toContain(told);
    write(file([service('web', 80), service('dns', 53)]));
    expect(await director.reload()).toBe(true);
    expect(director.store.get().refusedReload).toBeNull();
  });

  test('unchanged servers keep their verdicts', async () => {
    const director = await started(file([service('web', 80, CHECK)]));
    await until(() => Object.keys(table()['10.0.0.100:80'] ?? {}).length === 2, 'both enter');
    const since = director.store.get().verdicts.get('web/10.0.0.11')?.since;
    write(file([service('web', 80, CHECK), service('more', 81, CHECK)]));
    expect(await director.reload()).toBe(true);
    expect(director.store.get().verdicts.get('web/10.0.0.11')?.since).toBe(since);
    expect(table()['10.0.0.100:80']).toEqual(FULL['10.0.0.100:80']);
  });
});

describe('operator', () => {
  test('a drained server gets weight 0 and its weight back', async () => {
    const director = await started(file([service('web', 80)]));
    await setDrained(director, 'web/10.0.0.12', true);
    expect(table()).toEqual({ '10.0.0.100:80': { '10.0.0.11:80': 1, '10.0.0.12:80': 0 } });
    await setDrained(director, 'web/10.0.0.12', false);
    expect(table()).toEqual(FULL);
  });

  test('what another hand changed is mended in the next pass', async () => {
    const director = await started(file([service('web', 80)]));
    kernel.ipvs.load([]);
    await director.reconciler.settle();
    await director.reconciler.settle();
    expect(table()).toEqual(FULL);
  });
});

describe('stop', () => {
  test('leaves the table and the addresses by default', async () => {
    const director = await started(file([service('web', 80)]));
    await director.stop();
    expect(table()).toEqual(FULL);
  });

  test('removes what is ours, and only that, when the file says so', async () => {
    kernel.ipvs.applyOne({ kind: 'add-service', service: foreign, why: '' });
    const before = kernel.state();
    const director = await started(file([service('web', 80)], ', onStop: remove'));
    await director.stop();
    expect(kernel.state().services).toEqual(before.services);
    expect(kernel.state().addresses).toEqual(before.addresses);
    expect(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')).services).toEqual([]);
  });
});

describe('connection sync', () => {
  const SYNC = ', onStop: remove, sync: { interface: eth1, role: master, id: 5 }';

  test('starts with the director, changes with a reload, is remembered, and goes when the director removes what is ours', async () => {
    const director = await started(file([service('web', 80)], SYNC));
    expect(kernel.sync.state()).toMatchObject([{ state: 'master', interface: 'eth1', syncId: 5 }]);
    write(file([service('web', 80)], SYNC.replace('5', '6')));
    expect(await director.reload()).toBe(true);
    expect(kernel.sync.state()).toMatchObject([{ syncId: 6 }]);
    expect(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')).daemons).toEqual([
      'master eth1 id 6 group 224.0.0.81 port 8848 ttl 1',
    ]);
    await director.stop();
    expect(kernel.sync.state()).toEqual([]);
  });

  test('on an interface that is not there ends the start before anything is applied', async () => {
    const text = file([service('web', 80)], SYNC.replace('eth1', 'eth7'));
    await expect(direct(text).start()).rejects.toMatchObject({ code: 'interface-missing' });
    expect(kernel.sync.state()).toEqual([]);
    expect(table()).toEqual({});
  });
});

test('a reload tells which clients get another server', async () => {
  const hashed = service('web', 80).replace('scheduler: rr', 'scheduler: mh');
  const director = await started(file([hashed]));
  write(file([hashed.replace(', { address: 10.0.0.12 }', '')]));
  expect(await director.reload()).toBe(true);
  const line = 'web tcp://10.0.0.100:80: removing 10.0.0.12:80 moves 50.0% of clients; 0.0% of others';
  expect(director.store.get().reloadNotes).toEqual([line]);
  expect(director.store.events().map((event) => event.text)).toContain(line);
});

describe('trouble', () => {
  test('a refused operation is told once, tried again, and forgotten when it works', async () => {
    const director = await started(file([service('web', 80)]));
    await director.reconciler.settle();
    kernel.failNext('kernel');
    await setDrained(director, 'web/10.0.0.12', true);
    expect(director.store.get().failures).toHaveLength(1);
    await until(() => director.store.get().failures.length === 0, 'the retry works');
    expect(table()['10.0.0.100:80']).toHaveProperty('10.0.0.12:80', 0);
    expect(director.store.events().filter((event) => event.kind === 'problem')).toHaveLength(1);
  });

  test('a damaged state file is set aside and nothing is taken for ours', async () => {
    writeFileSync(join(directory, 'state.json'), '{"version":1,"services":');
    kernel.ipvs.applyOne({ kind: 'add-service', service: foreign, why: '' });
    await started(file([service('web', 80)]));
    expect(readFileSync(join(directory, 'state.json.bad'), 'utf8')).toContain('"services":');
    expect(table()).toHaveProperty('10.9.9.9:53');
  });
});

describe('at the same time', () => {
  test('a drain that comes during a reload is not lost, and each reload counts', async () => {
    const director = await started(file([service('web', 80)]));
    write(file([service('web', 80), service('dns', 53)]));
    const results = await Promise.all([
      director.reload(),
      setDrained(director, 'web/10.0.0.12', true),
      director.reload(),
    ]);
    expect(results).toEqual([true, undefined, true]);
    expect(table()['10.0.0.100:80']).toEqual({ '10.0.0.11:80': 1, '10.0.0.12:80': 0 });
    expect(director.store.get().revision).toBe(3);
  });
});
