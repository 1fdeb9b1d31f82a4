import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { loadConfig } from '../../../src/daemon/config-file.ts';
import { type Disk, replaceFile, systemDisk } from '../../../src/daemon/disk.ts';
import { Director } from '../../../src/daemon/lifecycle.ts';
import type { OverrideEdit } from '../../../src/decide/overrides.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import { type DiskStep, errnoError, FakeDisk } from '../../support/disk.ts';

/** What operators set, over a kernel and a disk in memory. */

let directory: string;
let kernel: FakeKernel;
let disk: FakeDisk;
let wall: number;
let running: Director[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-overrides-'));
  kernel = new FakeKernel();
  disk = new FakeDisk();
  wall = 1_764_417_600_000;
  running = [];
});
afterEach(async () => {
  for (const director of running) await director.stop();
  rmSync(directory, { recursive: true });
});

const FILE = '/var/lib/fairlead/overrides.json';
const servers = (...names: readonly string[]): string =>
  names.map((name) => `{ name: ${name}, address: 10.0.0.1${name.slice(1)}, weight: 2 }`).join(', ');

function write(...names: readonly string[]): string {
  const path = join(directory, 'fairlead.yaml');
  const web = `{ name: web, listen: ["tcp://10.0.0.100:80"], scheduler: rr, servers: [${servers(...names)}] }`;
  writeFileSync(path, `director: { state: ${join(directory, 'state.json')}, resync: 1h }\nservices: [${web}]\n`);
  return path;
}

async function start(on: Disk = disk): Promise<Director> {
  const path = write('r1', 'r2');
  const loaded = loadConfig(path);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.issues));
  const director = new Director(loaded.value.config, path, {
    ports: kernel,
    prober: { probe: () => Promise.reject(new Error('nothing is checked here')) },
    clock: { now: () => performance.now(), wall: () => wall },
    random: () => 0.5,
    log: silentLog,
    disk: on,
  });
  running.push(director);
  await director.start();
  return director;
}

const weights = (): Record<string, number> =>
  Object.fromEntries(kernel.state().services.flatMap((one) => one.destinations.map((d) => [d.address, d.weight])));
const told = (director: Director, kind: string): string[] =>
  director.store.events().flatMap((event) => (event.kind === kind ? [event.text] : []));

const R1 = 'server/web/r1';
const R2 = 'server/web/r2';
const drain: OverrideEdit = { set: { kind: 'drain', value: null, target: R1, reason: 'new disk' } };
const heavy: OverrideEdit = { set: { kind: 'weight', value: 9, target: R2 } };
const by = { by: 'uid 0' };

test('what is set holds in the kernel, after a reload, and in the next life of the daemon', async () => {
  const first = await start();
  expect(weights()).toEqual({ '10.0.0.11': 2, '10.0.0.12': 2 });
  await first.overrides.change([drain, heavy], by);
  expect(weights()).toEqual({ '10.0.0.11': 0, '10.0.0.12': 9 });
  expect(told(first, 'operator')).toEqual([
    'web/r1 is drained: no new connections (by uid 0, because: new disk)',
    'web/r2 has weight 9 (by uid 0)',
  ]);
  expect(await first.reload()).toBe(true);
  expect(weights()).toEqual({ '10.0.0.11': 0, '10.0.0.12': 9 });
  await first.stop();

  const second = await start(disk.afterPowerCut(0, false));
  expect(weights()).toEqual({ '10.0.0.11': 0, '10.0.0.12': 9 });
  expect(second.store.get().overrides).toEqual(first.store.get().overrides);
  await second.overrides.change([{ clear: `drain:${R1}` }, { clear: `weight:${R2}` }], by);
  expect(weights()).toEqual({ '10.0.0.11': 2, '10.0.0.12': 2 });
  expect(second.store.get().overrides).toMatchObject({ revision: 2, rows: new Map() });
});

test('the weight of a server in maintenance leaves the table, and its connections with it', async () => {
  const director = await start();
  await director.overrides.change([{ set: { kind: 'maintenance', value: null, target: R1 } }], by);
  expect(weights()).toEqual({ '10.0.0.12': 2 });
  await director.overrides.change([{ clear: `maintenance:${R1}` }], by);
  expect(weights()).toEqual({ '10.0.0.11': 2, '10.0.0.12': 2 });
});

test('an override whose server left the file waits for it', async () => {
  const director = await start();
  await director.overrides.change([drain], by);
  write('r2');
  await director.reload();
  expect(weights()).toMatchObject({ '10.0.0.12': 2 });
  expect(director.store.get().overrides.rows.size).toBe(1);
  expect(director.store.get().reloadNotes).toContain(
    `override drain:${R1} does nothing: the file has no ${R1} (\`fairlead overrides --clear --orphans\` forgets it)`,
  );
  write('r1', 'r2');
  await director.reload();
  expect(weights()).toEqual({ '10.0.0.11': 0, '10.0.0.12': 2 });
});

describe('two writers', () => {
  test('of one revision: one wins, the other is told the revision that holds', async () => {
    const director = await start();
    const ask = { ...by, ifRevision: [0] };
    const results = await Promise.allSettled([
      director.overrides.change([drain], ask),
      director.overrides.change([heavy], ask),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled', value: { revision: 1 } },
      { status: 'rejected', reason: { code: 'revision-stale', values: { current: 1 } } },
    ]);
    expect(weights()).toEqual({ '10.0.0.11': 0, '10.0.0.12': 2 });
  });

  test('that contradict each other: the second is refused and told what stands against it', async () => {
    const director = await start();
    await director.overrides.change([{ set: { kind: 'maintenance', value: null, target: R1 } }], by);
    await expect(director.overrides.change([heavy, drain], by)).rejects.toMatchObject({
      code: 'override-conflict',
      message: 'web/r1 is in maintenance, which stands against it',
    });
    expect(weights()).toEqual({ '10.0.0.12': 2 });
  });
});

describe('a disk that refuses', () => {
  const faults: [string, DiskStep][] = [
    ['ENOSPC', 'write'],
    ['ENOSPC', 'sync'],
    ['EACCES', 'create'],
    ['EROFS', 'create'],
    ['EIO', 'rename'],
    ['EIO', 'sync-folder'],
  ];
  test.each(faults)('%s at %s: the change fails with a code, and nothing has changed anywhere', async (code, at) => {
    const director = await start();
    await director.overrides.change([heavy], by);
    const before = director.store.get();
    const table = JSON.stringify(kernel.state({ stats: false }));
    disk.fault = (step) => (step === at ? errnoError(code) : null);
    await expect(director.overrides.change([drain], by)).rejects.toMatchObject({
      code: 'overrides-unwritable',
      message: `nothing was changed, because it could not be kept in ${FILE}: ${code}: it is refused`,
    });
    expect(director.store.get().overrides).toBe(before.overrides);
    expect(director.store.get().desired).toBe(before.desired);
    expect(JSON.stringify(kernel.state({ stats: false }))).toBe(table);
    disk.fault = () => null;
    expect((await director.overrides.change([drain], by)).revision).toBe(2);
    expect(weights()).toEqual({ '10.0.0.11': 0, '10.0.0.12': 9 });
  });
});

describe('a file that is not usable', () => {
  test.each([
    ['torn', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['another state with the old checksum', (text: string) => text.replace('"value":9', '"value":8')],
    ['of a later version', (text: string) => text.replace('"version":1', '"version":2')],
    ['something else', () => '[]'],
  ])('%s: is set aside, told, counted and survived', async (_, damage) => {
    const first = await start();
    await first.overrides.change([heavy], by);
    const text = disk.read(FILE) ?? '';
    await first.stop();
    disk.put(FILE, damage(text));
    const second = await start();
    expect(weights()).toEqual({ '10.0.0.11': 2, '10.0.0.12': 2 });
    const aside = `${FILE}.corrupt-20251129T120000Z`;
    expect(disk.paths()).toEqual([aside]);
    expect(disk.read(aside)).toBe(damage(text));
    expect(told(second, 'problem')).toEqual([expect.stringContaining(`and was set aside as ${aside}`)]);
    expect(second.store.counts.overridesLost).toBe(1);
    // No revision of the lost file comes again.
    expect((await second.overrides.change([heavy], by)).revision).toBe(1_764_417_601);
    expect(weights()).toMatchObject({ '10.0.0.12': 9 });
  });
});

test('an override ends with its time, now or while the daemon was away', async () => {
  const first = await start();
  const soon = { set: { kind: 'drain', value: null, target: R1, untilMs: wall + 50 } } as const;
  await first.overrides.change([soon], by);
  expect(weights()).toMatchObject({ '10.0.0.11': 0 });
  wall += 50;
  await expect.poll(() => weights()['10.0.0.11']).toBe(2);
  expect(told(first, 'operator').at(-1)).toBe('web/r1 serves again (its time is over)');
  await first.overrides.change([{ set: { ...soon.set, untilMs: wall + 3_600_000 } }], by);
  await expect(first.overrides.change([{ set: { ...soon.set, untilMs: wall } }], by)).rejects.toMatchObject({
    code: 'usage',
  });
  await first.stop();
  wall += 3_600_000;
  const second = await start();
  expect(second.store.get().overrides.rows.size).toBe(0);
  expect(weights()).toEqual({ '10.0.0.11': 2, '10.0.0.12': 2 });
});

test('the real disk: a file of mode 0600 in a folder it makes, replaced as a whole', async () => {
  const path = join(directory, 'lib', 'overrides.json');
  expect(systemDisk.read(path)).toBeNull();
  await replaceFile(systemDisk, path, 'one');
  await replaceFile(systemDisk, path, 'two');
  expect(systemDisk.read(path)).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(directory, 'lib'))).toEqual(['overrides.json']);
  systemDisk.setAside(path, `${path}.corrupt`);
  expect(readFileSync(`${path}.corrupt`, 'utf8')).toBe('two');
  await expect(replaceFile(systemDisk, join(`${path}.corrupt`, 'x'), 'no')).rejects.toMatchObject({
    code: expect.stringMatching(/^E/),
  });
});

describe('an end is a time of day', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    ['half an hour away when the clock is set on by an hour', 1_764_417_600_000, 1_800_000, 3_600_000],
    ['decades away for a machine that began in 1970', 0, 1_764_417_600_000, 1_764_417_600_000],
  ])('%s: it is over with the next look', async (_, began, away, set) => {
    const director = await start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    wall = began;
    await director.overrides.change([{ set: { ...drain.set, untilMs: wall + away } }], by);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(weights()['10.0.0.11']).toBe(0);
    wall += set;
    vi.advanceTimersByTime(30_000);
    vi.useRealTimers();
    // After whatever was begun before.
    await director.overrides.change([], by);
    expect(weights()['10.0.0.11']).toBe(2);
    expect(told(director, 'operator').at(-1)).toContain('its time is over');
  });

  test('a clock that is set back makes it last, as its time has not come', async () => {
    const director = await start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await director.overrides.change([{ set: { ...drain.set, untilMs: wall + 20_000 } }], by);
    wall -= 3_600_000;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(director.store.get().overrides.rows.size).toBe(1);
  });
});
