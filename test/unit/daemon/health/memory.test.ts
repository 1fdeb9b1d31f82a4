import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import { firstSnapshot } from '../../../../src/daemon/first-snapshot.ts';
import { VerdictBook } from '../../../../src/daemon/health/book.ts';
import { HealthDriver } from '../../../../src/daemon/health/driver.ts';
import { BELIEVED_MS, VerdictMemory } from '../../../../src/daemon/health/memory.ts';
import { Store } from '../../../../src/daemon/store.ts';
import type { Transition, Verdict } from '../../../../src/model/health.ts';

let directory: string;
let path: string;
let problems: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  path = join(directory, 'below', 'state.json.health');
  problems = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Two lives of a daemon, whose monotonic clocks began at different times. */
const life = (bootedAt: number) => ({ now: () => Date.now() - bootedAt, wall: () => Date.now() });
const earlier = life(Date.now() - 1_000_000);
const later = life(Date.now() - 5000);

const file = (check: Record<string, unknown> = { tcp: {} }) =>
  configSchema.parse({
    services: [
      {
        name: 'web',
        listen: ['tcp://10.0.0.100:80'],
        check,
        servers: [{ address: '10.0.0.11' }, { address: '10.0.0.12' }],
      },
    ],
  });

function living(clock: typeof earlier, config = file()) {
  const snapshot = firstSnapshot(config, 'test', clock);
  const store = new Store(snapshot, clock.wall);
  const memory = new VerdictMemory(path, clock, (text) => problems.push(text));
  memory.follow(snapshot.desired);
  return { memory, store, book: new VerdictBook({ store, wall: clock.wall, onChange() {} }) };
}

const dead = (): Verdict => ({
  status: 'down',
  streak: 1,
  streakSince: earlier.now(),
  since: earlier.now() - 60_000,
  why: 'connect to 10.0.0.12:80 refused 3 times in 2.4 s',
  last: null,
  reported: { weight: { percent: 50 }, admin: 'drain' },
  recoveredAt: earlier.now() - 90_000,
  flaps: { downs: [earlier.now() - 60_000], level: 1, heldUntil: earlier.now() + 10_000 },
});
const history: Transition[] = [{ at: 1, status: 'down', why: 'it fell' }];

async function remembered(verdict: Verdict = dead()): Promise<void> {
  const { memory, book } = living(earlier);
  book.begin(new Map([['web/10.0.0.12', verdict]]), new Map([['web/10.0.0.12', history]]));
  await memory.stop(book);
}

test('another life knows what this one knew, in its own time', async () => {
  await remembered();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { verdicts, transitions } = living(later).memory.recall();
  const verdict = verdicts.get('web/10.0.0.12');
  expect(verdict).toMatchObject({
    status: 'down',
    streak: 0,
    streakSince: null,
    why: 'connect to 10.0.0.12:80 refused 3 times in 2.4 s',
    reported: { weight: { percent: 50 }, admin: 'drain' },
    flaps: { level: 1 },
  });
  expect(Math.abs(later.now() - (verdict?.since ?? 0) - 60_000)).toBeLessThan(5000);
  expect(Math.abs((verdict?.flaps?.heldUntil ?? 0) - later.now() - 10_000)).toBeLessThan(5000);
  expect(transitions.get('web/10.0.0.12')).toEqual(history);
  expect(verdicts.has('web/10.0.0.11')).toBe(false);
});

test('a server that is asked something else begins anew', async () => {
  await remembered();
  expect(living(later, file({ tcp: {}, port: 81 })).memory.recall().verdicts.size).toBe(0);
  expect(living(later, file({ tcp: {}, every: '9s' })).memory.recall().verdicts.size).toBe(1);
});

test('what nobody knew is no verdict, but its history stays', async () => {
  await remembered({ ...dead(), status: 'unknown' });
  const { verdicts, transitions } = living(later).memory.recall();
  expect([verdicts.size, transitions.size]).toEqual([0, 1]);
});

test.each([BELIEVED_MS + 1000, -BELIEVED_MS - 1000])(
  'a file of another time (%i ms ago) is not believed',
  async (age) => {
    await remembered();
    const time = (Date.now() - age) / 1000;
    utimesSync(path, time, time);
    expect(living(later).memory.recall().verdicts.size).toBe(0);
  },
);

test('a damaged line costs its server only, a strange file everything', async () => {
  await remembered();
  appendFileSync(path, '{"key":"web/10.0.0.11","status":"up"}\n{"half\n');
  expect(living(later).memory.recall().verdicts.size).toBe(1);
  writeFileSync(path, `not ours\n${readFileSync(path, 'utf8')}`);
  expect(living(later).memory.recall().verdicts.size).toBe(0);
  rmSync(path);
  expect(living(later).memory.recall().verdicts.size).toBe(0);
});

test('a disk that refuses is told once, and the file stays as it was', async () => {
  writeFileSync(join(directory, 'below'), 'a file where a folder should be');
  const { memory, book } = living(earlier);
  await memory.write(book);
  await memory.write(book);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('verdicts cannot be written');
});

function driving() {
  const { store } = living(later);
  const memory = new VerdictMemory(path, later, (text) => problems.push(text));
  const driver = new HealthDriver({
    prober: { probe: () => new Promise(() => {}) },
    clock: later,
    random: () => 0.5,
    store,
    onChange() {},
    memory,
  });
  return { store, driver };
}

test('what stays as it was remembered does not grow old', async () => {
  await remembered();
  const old = (Date.now() - BELIEVED_MS + 60_000) / 1000;
  utimesSync(path, old, old);
  const { store, driver } = driving();
  driver.sync(null, store.get().desired, new Set());
  await vi.waitUntil(() => statSync(path).mtimeMs > Date.now() - 60_000, { timeout: 20_000, interval: 20 });
  expect(living(later).memory.recall().verdicts.get('web/10.0.0.12')?.status).toBe('down');
  await driver.stop();
});

test('what was down and serves in the kernel now is not taken out by memory alone', async () => {
  await remembered();
  const { store, driver } = driving();
  driver.sync(null, store.get().desired, new Set(['web/10.0.0.12']));
  expect(store.get().verdicts.get('web/10.0.0.12')).toMatchObject({
    status: 'up',
    why: expect.stringContaining('in service when Fairlead started, though it was down before: connect to'),
    flaps: { level: 1 },
  });
  expect(store.get().transitions.get('web/10.0.0.12')).toEqual(history);
  await driver.stop();
});

test('that a server is held back is found out anew', async () => {
  await remembered({ ...dead(), why: 'answers again, but', heldBack: { since: 1, instead: 'it refused' } });
  expect(living(later).memory.recall().verdicts.get('web/10.0.0.12')).toMatchObject({
    status: 'down',
    why: 'it refused',
  });
});
