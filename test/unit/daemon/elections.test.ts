import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { loadConfig } from '../../../src/daemon/config-file.ts';
import { systemDisk } from '../../../src/daemon/disk.ts';
import { Director } from '../../../src/daemon/lifecycle.ts';
import type { Changed } from '../../../src/daemon/notify/index.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import type { Tracker, TrackerState } from '../../../src/model/instance.ts';
import { directorInMaintenance } from '../../../src/model/override.ts';
import { electionInPlace, type FakeEngine } from '../../support/fake-engine.ts';
import { setMaintenance } from '../../support/overrides.ts';

/** The daemon's side of VRRP over a kernel and an engine in memory. */

let directory: string;
let kernel: FakeKernel;
let engine: FakeEngine;
let now: number;
let tracked: Map<string, { tracker: Tracker; state: TrackerState }[]>;
let trackerChanged: (instance: string) => void;
let changes: string[];
let releases: string[];
let directors: Director[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  kernel = new FakeKernel();
  now = 1000;
  tracked = new Map();
  changes = [];
  releases = [];
  directors = [];
});
afterEach(async () => {
  for (const director of directors) {
    const stopping = director.stop().catch(() => {});
    // The last hand-over ends when its time is over.
    for (let tries = 0; tries < 20; tries++) await silence();
    await stopping;
  }
  rmSync(directory, { recursive: true });
});

const clock = { now: () => performance.now(), wall: () => Date.now() };
const words = ({ kind, name, state, priority }: Changed): string => `${kind} ${name} ${state} ${priority}`;

function direct(instances: string, top = '', settings = ''): Director {
  const path = write(instances, top, settings);
  const loaded = loadConfig(path);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.issues));
  const director = new Director(loaded.value.config, path, {
    ports: kernel,
    prober: { probe: () => Promise.reject(new Error('nothing is checked here')) },
    clock,
    random: () => 0.5,
    log: silentLog,
    disk: systemDisk,
    election: {
      open: electionInPlace(
        (made) => (engine = made),
        () => now,
      ),
      trackers: (onChange) => {
        trackerChanged = onChange;
        return { sync() {}, states: (name) => tracked.get(name) ?? [], serviceStates() {}, stop() {} };
      },
      notifier: () => ({
        sync() {},
        changed: (object) => void changes.push(words(object)),
        beforeRelease: async (object) => void releases.push(words(object)),
        drain: async () => {},
        stop() {},
      }),
      onDeath: (error) => {
        throw error;
      },
    },
  });
  directors.push(director);
  return director;
}

function write(instances: string, top = '', settings = ''): string {
  const path = join(directory, 'fairlead.yaml');
  writeFileSync(
    path,
    `director: { state: ${join(directory, 'state.json')}, overrides: ${join(directory, 'overrides.json')}, resync: 1h${settings} }\ninstances:\n${instances}\n${top}`,
  );
  return path;
}

const EDGE =
  '  - { name: edge, interface: eth0, vrid: 51, priority: 150, advertise: 100ms, addresses: [10.0.0.100/24] }';
const INNER =
  '  - { name: inner, interface: eth1, vrid: 52, priority: 150, advertise: 100ms, addresses: [10.0.1.100/24] }';

/** Lets every timer of the engine run out. */
async function silence(): Promise<void> {
  now += 10_000;
  const names = engine.instances.map(({ name }) => name);
  engine.tell(...names.flatMap((instance) => [{ kind: 'silence', at: now, instance } as const]));
  engine.tell(...names.flatMap((instance) => [{ kind: 'wake', at: now, instance } as const]));
  await new Promise(setImmediate);
}

const hear = (instance: string, source: string, priority: number): void =>
  engine.tell({ kind: 'advert', at: ++now, instance, advert: { source, priority, intervalMs: 100, order: 1 } });

describe('an instance', () => {
  test('stands alone: no IPVS is asked for, silence makes it master, and hooks are told', async () => {
    const director = direct(EDGE);
    await director.start();
    expect(kernel.calls.get('ipvs.dump') ?? 0).toBe(0);
    expect(director.store.get().roles.get('edge')).toBe('backup');
    engine.orders();
    await silence();
    expect(engine.orders()).toEqual(expect.arrayContaining(['edge hold', 'edge advertise 150 every 100']));
    expect(director.store.get().roles.get('edge')).toBe('master');
    expect(changes).toEqual(['INSTANCE edge BACKUP 150', 'INSTANCE edge MASTER 150']);
    expect(
      director.store
        .get()
        .roleChanges.get('edge')
        ?.map(({ status }) => status),
    ).toEqual(['backup', 'master']);
    expect(engine.leaseMs).toBe(15_000);
  });

  test('a plan leaves its address alone, whoever holds it', async () => {
    const director = direct(EDGE);
    await director.start();
    const address = { interface: 'eth0', address: '10.0.0.100', prefix: 24 };
    kernel.net.applyOne({ kind: 'add-address', address, why: 'the engine holds it' });
    await director.reconciler.settle();
    expect(kernel.state().addresses.map((held) => held.address)).toContain('10.0.0.100');
  });

  test('its routes and rules come with the role and go with it', async () => {
    const routes = 'routes: [{ to: default, via: 10.0.0.1 }], rules: [{ mark: 7, table: 100, priority: 1000 }]';
    const director = direct(EDGE.replace(' }', `, ${routes} }`));
    const held = () => [kernel.state().routes.length, kernel.state().rules.length];
    await director.start();
    expect(held()).toEqual([0, 0]);
    await silence();
    await expect.poll(held).toEqual([1, 1]);
    engine.tell({ kind: 'lease-lost', at: ++now });
    await expect.poll(held).toEqual([0, 0]);
    await silence();
    await expect.poll(held).toEqual([1, 1]);
    const stopping = director.stop();
    for (let tries = 0; tries < 20; tries++) await silence();
    await stopping;
    expect(held()).toEqual([0, 0]);
    directors = [];
  });

  test('a reload of an unchanged file orders nothing; a new priority is advertised at once', async () => {
    const director = direct(EDGE);
    await director.start();
    await silence();
    engine.orders();
    expect(await director.reload()).toBe(true);
    expect(engine.orders()).toEqual([]);
    write(EDGE.replace('150', '120'));
    expect(await director.reload()).toBe(true);
    expect(engine.orders()).toEqual(['edge advertise 120 every 100']);
  });

  test('leaves with its entry in the file, and hands over first', async () => {
    const director = direct(`${EDGE}\n${INNER}`);
    await director.start();
    await silence();
    engine.orders();
    write(INNER);
    expect(await director.reload()).toBe(true);
    expect(engine.orders()).toContain('edge advertise 0 every 100');
    hear('edge', '10.0.0.3', 100);
    expect(engine.orders()).toEqual(expect.arrayContaining(['edge quiet', 'edge release']));
    expect(engine.instances.map(({ name }) => name)).toEqual(['inner']);
    expect([...director.store.get().roles]).toEqual([['inner', 'master']]);
  });

  test('a lost lease is told and everything starts anew', async () => {
    const director = direct(EDGE);
    await director.start();
    await silence();
    engine.orders();
    engine.tell({ kind: 'lease-lost', at: ++now });
    expect(director.store.get().roles.get('edge')).toBe('backup');
    expect(director.store.events().some(({ text }) => text.includes('given up'))).toBe(true);
  });

  test('a secret that cannot be read refuses the file', async () => {
    const keys = 'hmac: { keys: [{ id: 1, secretFile: /nowhere/key }], active: 1 }';
    await expect(direct(EDGE.replace('advertise', `${keys}, advertise`)).start()).rejects.toMatchObject({
      code: 'config-unreadable',
    });
    directors = [];
  });
});

describe('trackers', () => {
  const tracker = (weight: number): Tracker => ({
    kind: 'interface',
    name: 'interface eth1',
    interface: 'eth1',
    weight,
    reverse: false,
  });
  const found = (weight: number, state: TrackerState['state']) => [
    { tracker: tracker(weight), state: { state, value: state === 'up' ? 1 : 0, why: `it is ${state}` } },
  ];

  test('no election before they have looked', async () => {
    tracked.set('edge', found(0, 'unknown'));
    const director = direct(EDGE);
    await director.start();
    expect(director.store.get().roles.get('edge')).toBe('init');
    tracked.set('edge', found(0, 'up'));
    trackerChanged('edge');
    await expect.poll(() => director.store.get().roles.get('edge')).toBe('backup');
  });

  test('a fault gives up what is held; the terms of a priority are kept', async () => {
    tracked.set('edge', found(0, 'up'));
    const director = direct(EDGE);
    await director.start();
    await silence();
    engine.orders();
    tracked.set('edge', found(0, 'down'));
    trackerChanged('edge');
    await expect.poll(() => director.store.get().roles.get('edge')).toBe('fault');
    expect(engine.orders()).toEqual(expect.arrayContaining(['edge send 0', 'edge release']));
    tracked.set('edge', found(-40, 'down'));
    trackerChanged('edge');
    await expect.poll(() => director.store.get().roles.get('edge')).toBe('backup');
    expect(director.store.get().priorities.get('edge')?.terms).toMatchObject([
      { name: 'base', value: 150 },
      { name: 'interface eth1', value: -40, why: 'it is down' },
    ]);
  });

  test('the own interface counts without being named', async () => {
    const director = direct(EDGE);
    await director.start();
    engine.tell({ kind: 'link', at: ++now, interface: 'eth0', present: true, up: true, carrier: false });
    expect(director.store.get().instances.get('edge')).toMatchObject({
      state: 'fault',
      faults: ['interface eth0 has no carrier'],
    });
    engine.tell({ kind: 'link', at: ++now, interface: 'eth0', present: true, up: true, carrier: true });
    expect(director.store.get().roles.get('edge')).toBe('backup');
  });
});

describe('an operator', () => {
  test('hands over: hook first, then the peer, who is named', async () => {
    const director = direct(EDGE);
    await director.start();
    await silence();
    const outcome = director.elections?.failover('edge', 'peer');
    await expect.poll(() => engine.orders()).toContain('edge advertise 0 every 100');
    expect(releases).toEqual(['INSTANCE edge BACKUP 150']);
    hear('edge', '10.0.0.3', 100);
    expect(await outcome).toMatchObject({ done: true });
    expect(director.store.get().instances.get('edge')?.master).toMatchObject({ address: '10.0.0.3' });
    expect(await director.elections?.failover('edge', 'peer')).toMatchObject({ done: false });
    expect(await director.elections?.failover('nobody', 'peer')).toBeNull();
  });

  test('maintenance hands over, is remembered, and ends', async () => {
    const director = direct(EDGE);
    await director.start();
    await silence();
    const on = setMaintenance(director, true);
    await expect.poll(() => engine.orders()).toContain('edge advertise 0 every 100');
    hear('edge', '10.0.0.3', 100);
    await on;
    expect(director.store.get().instances.get('edge')).toMatchObject({ state: 'fault', faults: ['maintenance is on'] });

    const second = direct(EDGE);
    await second.start();
    expect(directorInMaintenance(second.store.get().overrides)).toBe(true);
    expect(second.store.get().roles.get('edge')).not.toBe('master');
    await setMaintenance(second, false);
    expect(second.store.get().roles.get('edge')).toBe('backup');
  });
});

test('a group is told of once, when all its members have changed', async () => {
  const director = direct(`${EDGE}\n${INNER}`, 'groups: [{ name: both, instances: [edge, inner] }]');
  await director.start();
  await silence();
  expect(changes.filter((line) => line.startsWith('GROUP'))).toEqual([
    'GROUP both BACKUP 150',
    'GROUP both MASTER 150',
  ]);
});

test('connection sync follows an instance', async () => {
  const top = `services: [{ name: web, listen: ["tcp://10.0.0.100:80"], servers: [{ address: 10.0.0.11 }] }]`;
  const director = direct(EDGE, top, ', sync: { interface: eth1, role: { follow: edge } }');
  await director.start();
  const roles = () => kernel.state().daemons.map(({ state }) => state);
  expect(roles()).toEqual(['backup']);
  await silence();
  await expect.poll(roles).toEqual(['master']);
});
