import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CHECK,
  dead,
  direct,
  directory,
  FULL,
  fallSilent,
  file,
  foreign,
  kernel,
  service,
  silence,
  started,
  table,
  until,
  write,
} from '../../support/memory-director.ts';
import { setDrained } from '../../support/overrides.ts';

/** The daemon over a kernel in memory and servers whose answers the test decides. */

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
    fallSilent({ waiting: 0, end: new Promise((resolve) => (release = resolve)) });
    for (const address of addresses.slice(0, 500)) dead.add(address);
    await until(() => silence?.waiting === 500, 'all of the dead were asked');
    release();
    fallSilent(undefined);
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
