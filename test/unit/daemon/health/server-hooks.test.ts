import { afterEach, expect, test } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import { firstSnapshot } from '../../../../src/daemon/first-snapshot.ts';
import { ServerHooks } from '../../../../src/daemon/health/server-hooks.ts';
import { deferred } from '../../../../src/daemon/programs/deferred.ts';
import { Store } from '../../../../src/daemon/store.ts';
import { desire } from '../../../../src/decide/desire.ts';
import type { HealthStatus } from '../../../../src/model/health.ts';
import { NO_OVERRIDES } from '../../../../src/model/override.ts';
import type { Ending, Program, RunProgram } from '../../../../src/model/program.ts';
import { verdict } from '../../../support/decide.ts';
import { bad, until, World } from '../../../support/health.ts';

const clock = { now: () => 0, wall: () => 0 };
const HOOKS = { up: ['/bin/up', '-x'], down: ['/bin/down'], user: 'nobody', timeout: '2s' };
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `s${i}`, address: `10.1.${i >> 8}.${i & 255}` }));
const web = (rest: Record<string, unknown>) =>
  configSchema.parse({ services: [{ name: 'web', listen: ['tcp://10.0.0.100:80'], check: { tcp: {} }, ...rest }] });
const change = (server: string, status: HealthStatus, why = 'because') => ({
  key: `web/${server}`,
  verdict: verdict(status, why),
});
/** Some turns of the event loop: a program begins in one of its own. */
const turns = async (count = 3): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

interface Started {
  readonly program: Program;
  stopped: boolean;
  end(how?: Partial<Ending>): Promise<void>;
}

/** Programs that end when the test says so. */
function programs() {
  const started: Started[] = [];
  const running = new Set<Started>();
  const run: RunProgram = (program) => {
    const ending = deferred<Ending>();
    const over = deferred<void>();
    const settle = (how: Partial<Ending>): void => {
      running.delete(entry);
      ending.resolve({ ok: true, outcome: 'exit-0', text: 'ended with 0', ...how });
      over.resolve();
    };
    const entry: Started = {
      program,
      stopped: false,
      end: async (how = {}) => {
        settle(how);
        await turns();
      },
    };
    started.push(entry);
    running.add(entry);
    const stop = (): void => {
      entry.stopped = true;
      settle({ ok: false, outcome: 'stopped' });
    };
    return { ending: ending.promise, over: over.promise, stop };
  };
  return { started, running, run };
}

function hooksOf(rest: Record<string, unknown>) {
  const store = new Store(firstSnapshot(web(rest), 'test', clock), clock.wall);
  const all = programs();
  const hooks = new ServerHooks(store, all.run);
  const words = () =>
    all.started.map(
      ({ program: { command, environment = {} } }) =>
        `${command[0]} ${environment.FAIRLEAD_SERVER} ${environment.FAIRLEAD_STATE}`,
    );
  return { ...all, store, hooks, words, texts: () => store.events().map(({ text }) => text) };
}

test('a hook finds who has become what and why in its environment, and runs as the file says', async () => {
  const { hooks, started, texts } = hooksOf({ servers: many(1), notify: HOOKS });
  hooks.changed([change('s0', 'down', 'connect to 10.1.0.0:80 refused')]);
  await turns();
  expect(started.map(({ program }) => program)).toEqual([
    {
      command: ['/bin/down'],
      user: 'nobody',
      timeoutMs: 2000,
      hear: 'errors',
      environment: {
        FAIRLEAD_KIND: 'SERVER',
        FAIRLEAD_SERVICE: 'web',
        FAIRLEAD_SERVER: 's0',
        FAIRLEAD_ADDRESS: '10.1.0.0',
        FAIRLEAD_PORT: '80',
        FAIRLEAD_STATE: 'DOWN',
        FAIRLEAD_WHY: 'connect to 10.1.0.0:80 refused',
      },
    },
  ]);
  await started[0]?.end({ ok: false, outcome: 'exit-4', text: 'ended with 4: no such host' });
  expect(texts()).toEqual(['server web/s0: /bin/down ended with 4: no such host']);
});

test.each([
  ['its own', { forward: 'nat', servers: [{ ...many(1)[0], port: 8080 }] }, '8080'],
  ['that of the first listener with one', { listen: ['fwmark://1', 'tcp://10.0.0.100:443'], servers: many(1) }, '443'],
  ['none', { listen: ['fwmark://1'], servers: many(1) }, ''],
])('the port it is told is %s', async (_, rest, told) => {
  const { hooks, started } = hooksOf({ ...rest, notify: HOOKS });
  hooks.changed([change('s0', 'up')]);
  await turns();
  expect(started.map(({ program }) => program.environment?.FAIRLEAD_PORT)).toEqual([told]);
});

test('a server has its own hooks in place of the service’s, or none; what is not known runs nothing', async () => {
  const [a, b, c, d] = many(4);
  const { hooks, words } = hooksOf({
    servers: [a, { ...b, notify: { down: ['/bin/own'] } }, { ...c, notify: 'none' }, d],
    notify: HOOKS,
  });
  for (const status of ['up', 'down'] as const)
    hooks.changed(['s0', 's1', 's2', 'gone'].map((server) => change(server, status)));
  hooks.changed([change('s3', 'unknown')]);
  await turns(8);
  expect(words()).toEqual(['/bin/up s0 UP', '/bin/own s1 DOWN']);
});

test('hooks of a server run in the order of its changes, one at a time, and servers do not wait for each other', async () => {
  const { hooks, started, words } = hooksOf({ servers: many(2), notify: HOOKS });
  hooks.changed([change('s0', 'down'), change('s1', 'down')]);
  hooks.changed([change('s0', 'up')]);
  hooks.changed([change('s0', 'down')]);
  await turns();
  expect(words()).toEqual(['/bin/down s0 DOWN', '/bin/down s1 DOWN']);
  await started[0]?.end();
  expect(words().slice(2)).toEqual(['/bin/up s0 UP']);
  await started[2]?.end();
  expect(words().slice(3)).toEqual(['/bin/down s0 DOWN']);
});

test('when half of a thousand die together 16 programs run at once, and all have their turn', async () => {
  const { hooks, started, running, words } = hooksOf({ servers: many(1000), notify: HOOKS });
  const dead = many(1000).filter((_, i) => i % 2 === 0);
  hooks.changed(dead.map(({ name }) => change(name, 'down')));
  expect(started).toEqual([]);
  let most = 0;
  await turns(50);
  expect(running.size).toBe(16);
  while (running.size > 0) {
    most = Math.max(most, running.size);
    for (const one of [...running]) await one.end();
    await turns(50);
  }
  expect(most).toBe(16);
  expect(words()).toEqual(dead.map(({ name }) => `/bin/down ${name} DOWN`));
});

test('no two programs begin in one turn of the event loop', async () => {
  const { hooks, started } = hooksOf({ servers: many(10), notify: HOOKS });
  hooks.changed(many(10).map(({ name }) => change(name, 'down')));
  for (let before = 0; started.length < 10; before = started.length) {
    await turns(1);
    expect(started.length - before).toBeLessThanOrEqual(1);
  }
});

test('of a server that comes and goes while its hook hangs the ten latest changes wait; what was dropped is counted', async () => {
  const { hooks, started, store, texts, words } = hooksOf({ servers: many(1), notify: HOOKS });
  const status = (i: number) => (i % 2 === 0 ? 'down' : 'up');
  hooks.changed([change('s0', status(0), '0')]);
  await turns();
  for (let i = 1; i <= 60; i++) hooks.changed([change('s0', status(i), String(i))]);
  await turns();
  expect(store.counts.drops.get('hooks')).toBe(50);
  expect(texts()).toHaveLength(20);
  expect(texts()[0]).toBe('server web/s0: too many changes wait; not run: /bin/up for UP');
  for (let i = 0; i < 11; i++) await started[i]?.end();
  expect(started.map(({ program }) => program.environment?.FAIRLEAD_WHY)).toEqual(
    ['0', 51, 52, 53, 54, 55, 56, 57, 58, 59, 60].map(String),
  );
  expect(words().at(-1)).toBe('/bin/down s0 DOWN');
  expect(texts().slice(20)).toEqual(['hooks of servers: 30 more failed or were not run']);
});

test('a stop ends what runs, and begins nothing more', async () => {
  const { hooks, started, texts } = hooksOf({ servers: many(40), notify: HOOKS });
  hooks.changed(many(40).map(({ name }) => change(name, 'down')));
  hooks.changed([change('s0', 'up')]);
  await turns(5);
  const begun = started.length;
  expect(begun).toBeGreaterThan(0);
  hooks.stop();
  hooks.changed([change('s1', 'up')]);
  await turns(20);
  expect(started).toHaveLength(begun);
  expect(started.every(({ stopped }) => stopped)).toBe(true);
  expect(texts()).toEqual([]);
});

test('a new file is followed at once; what waited before it still runs as the old one said', async () => {
  const { hooks, started, store, words } = hooksOf({ servers: many(1), notify: HOOKS });
  hooks.changed([change('s0', 'down')]);
  await turns();
  hooks.changed([change('s0', 'up')]);
  store.set({ desired: desire(web({ servers: many(1), notify: { down: ['/bin/new'] } }), NO_OVERRIDES, 2) });
  hooks.changed([change('s0', 'down')]);
  await started[0]?.end();
  await started[1]?.end();
  expect(words()).toEqual(['/bin/down s0 DOWN', '/bin/up s0 UP', '/bin/new s0 DOWN']);
});

test('a hook that runs too long is ended, and it is told', async () => {
  const store = new Store(
    firstSnapshot(web({ servers: many(1), notify: { down: ['/bin/sleep', '1000'], timeout: '100ms' } }), 'test', clock),
    clock.wall,
  );
  const hooks = new ServerHooks(store);
  hooks.changed([change('s0', 'down')]);
  await until(() => store.events().length > 0, 'it is told');
  expect(store.events().map(({ text }) => text)).toEqual([
    'server web/s0: /bin/sleep ran longer than 100ms and was ended',
  ]);
  hooks.stop();
});

let world: World | undefined;
afterEach(async () => {
  await world?.driver.stop();
  world = undefined;
});

test('each change of a verdict is handed on once; what was in service when Fairlead started is no change', async () => {
  const check = { tcp: {}, every: '20ms', timeout: '20ms', rise: 2, fall: 2 };
  world = new World({
    services: [{ name: 'web', listen: ['tcp://10.0.0.100:80'], check, servers: many(2), notify: HOOKS }],
  });
  const made = world;
  const changes: string[] = [];
  made.onStatus = (all) => changes.push(...all.map(({ key, verdict: { status } }) => `${key} ${status}`));
  made.start(['web/s1']);
  await until(() => made.asked.length >= 8, 'both were asked again and again');
  expect(changes).toEqual(['web/s0 up']);
  made.answer = async ({ address }) => (address === '10.1.0.1' ? bad : {});
  await until(() => made.status('web/s1') === 'down' && changes.length > 1, 'one is down');
  made.answer = async () => ({});
  await until(() => made.status('web/s1') === 'up' && changes.length > 2, 'and up again');
  expect(changes).toEqual(['web/s0 up', 'web/s1 down', 'web/s1 up']);
});
