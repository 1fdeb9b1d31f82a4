import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../../src/api/client.ts';
import { ROUTES } from '../../../src/api/routes/index.ts';
import { serveApi } from '../../../src/api/server.ts';
import { silentLog } from '../../../src/base/log.ts';
import { main } from '../../../src/cli/main.ts';
import { loadConfig } from '../../../src/daemon/config-file.ts';
import { Director } from '../../../src/daemon/lifecycle.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import type { ProbeResult } from '../../../src/model/health.ts';
import { setDrained } from '../../support/overrides.ts';

/** What a daemon remembers of what was up and down, over a kernel in memory. */

let directory: string;
let alive: boolean;
let skew: number;
const clock = { now: () => performance.now(), wall: () => Date.now() + skew };
const path = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-history-'));
  alive = true;
  skew = 0;
  writeFileSync(
    path('fairlead.yaml'),
    `director: { state: ${path('state.json')}, socket: ${path('socket')}, history: ${path('lib/history.json')} }
services:
  - name: web
    listen: ["tcp://10.0.0.100:80"]
    check: { tcp: {}, every: 10ms, timeout: 10ms, rise: 1, fall: 2 }
    availability: { target: 99.99 }
    servers: [{ name: one, address: 10.0.0.11 }]
`,
  );
});
afterEach(() => rmSync(directory, { recursive: true }));

const probe = async (): Promise<ProbeResult> => ({
  ok: alive,
  at: clock.now(),
  durationMs: 0,
  phase: 'connect',
  outcome: alive ? 'connected' : 'refused',
  evidence: alive ? 'connected' : 'refused',
});

async function start(): Promise<Director> {
  const loaded = loadConfig(path('fairlead.yaml'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.issues));
  const parts = { ports: new FakeKernel(), prober: { probe }, clock, random: () => 0.5, log: silentLog, history: true };
  const director = new Director(loaded.value.config, path('fairlead.yaml'), parts);
  await director.start();
  return director;
}

const object = (director: Director, kind: string) => {
  const found = director.history.report().objects.find((one) => one.kind === kind);
  return found;
};

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('an incident is told with its cause and who found it; a restart keeps it, and its own time is unobserved', async () => {
  const first = await start();
  await until(() => object(first, 'server')?.condition === 'up', 'the server is up');
  alive = false;
  await until(() => object(first, 'service')?.condition === 'down', 'the service is down');
  expect(object(first, 'server')?.incidents[0]).toMatchObject({ kind: 'down', end: null, by: 'health check' });
  expect(object(first, 'server')?.incidents[0]?.detectionSeconds).toBeGreaterThan(0);
  expect(object(first, 'service')?.why).toContain('no server is up');
  alive = true;
  await until(() => object(first, 'service')?.condition === 'up', 'it is up again');
  await first.stop();
  // An hour passes without a daemon.
  skew += 3_600_000;
  const second = await start();
  const service = object(second, 'service');
  expect(service?.incidents).toHaveLength(1);
  expect(service?.windows.day.incidents).toBe(1);
  expect(service?.windows.day.downSeconds).toBeLessThan(3000);
  expect(service?.windows.day.upSeconds).toBeLessThan(3000);
  expect(service?.windows.year.budget?.text).toContain('99.99% of a year = 52.6 min; used ');
  await second.stop();
});

test('metrics are told how services fared and what is left of their budgets; servers are left to the report', async () => {
  const director = await start();
  await until(() => object(director, 'service')?.condition === 'up', 'the service is up');
  alive = false;
  await until(() => object(director, 'service')?.condition === 'down', 'the service is down');
  alive = true;
  await until(() => object(director, 'service')?.condition === 'up', 'it is up again');
  const figures = director.history.figures();
  expect(figures.map(({ kind, name, window }) => `${kind} ${name} ${window}`)).toEqual([
    'service web day',
    'service web 30d',
    'service web year',
  ]);
  for (const { ratio, incidents, downSeconds, budget } of figures) {
    expect(incidents).toBe(1);
    expect(ratio).toBeGreaterThan(0);
    expect(ratio).toBeLessThan(1);
    expect(budget?.usedSeconds).toBeCloseTo(downSeconds, 9);
  }
  expect(figures[0]?.budget?.allowedSeconds).toBeCloseTo(8.64, 9);
  await director.stop();
});

test('a drained server is planned', async () => {
  const director = await start();
  await until(() => object(director, 'server')?.condition === 'up', 'the server is up');
  await setDrained(director, 'web/one', true);
  expect(object(director, 'server')).toMatchObject({ condition: 'planned', why: 'drained by the operator' });
  expect(object(director, 'service')?.condition).toBe('planned');
  await director.stop();
});

test('a clock that is set forward is time that nobody observed', async () => {
  const director = await start();
  await until(() => object(director, 'server')?.condition === 'up', 'the server is up');
  skew += 7_200_000;
  expect(object(director, 'server')?.windows.day.upSeconds).toBeLessThan(7000);
  await director.stop();
});

test('a damaged file is set aside, told, and begun anew', async () => {
  await (await start()).stop();
  writeFileSync(path('lib/history.json'), '{"version":1,');
  const director = await start();
  expect(director.store.events().some(({ text }) => text.includes('begins anew'))).toBe(true);
  expect(readFileSync(path('lib/history.json.bad'), 'utf8')).toBe('{"version":1,');
  await director.stop();
});

test('a clock that is set back in an outage makes it no shorter, and it is told with the times of then', async () => {
  const director = await start();
  await until(() => object(director, 'server')?.condition === 'up', 'the server is up');
  const real = Date.now();
  skew -= 3_600_000;
  alive = false;
  await until(() => object(director, 'service')?.condition === 'down', 'the service is down');
  await until(() => (object(director, 'service')?.incidents[0]?.seconds ?? 0) > 0.3, 'time passes');
  const [incident] = object(director, 'service')?.incidents ?? [];
  expect(Math.abs(Date.parse(incident?.start ?? '') - (real - 3_600_000))).toBeLessThan(60_000);
  alive = true;
  await until(() => object(director, 'service')?.condition === 'up', 'it is up again');
  const told = object(director, 'service');
  expect(told?.incidents[0]?.seconds).toBeGreaterThan(0.3);
  expect(told?.windows.day.downSeconds).toBeGreaterThan(0.3);
  await director.stop();
  // Another life, on a clock that was set back further meanwhile: it goes on from what was seen.
  skew -= 3_600_000;
  const second = await start();
  expect(object(second, 'service')?.incidents).toMatchObject([{ start: incident?.start, kind: 'down' }]);
  alive = false;
  await until(() => object(second, 'service')?.condition === 'down', 'the service is down again');
  await until(() => (object(second, 'service')?.incidents[0]?.seconds ?? 0) > 0.3, 'time passes');
  await second.stop();
});

test('changes of role are known to the next life of the daemon, for instances that are still there', async () => {
  const first = await start();
  const change = { at: Date.now(), status: 'master', why: 'nobody was heard' } as const;
  const text = readFileSync(path('fairlead.yaml'), 'utf8');
  first.store.set({
    roleChanges: new Map([
      ['edge', [change]],
      ['gone', [change]],
    ]),
  });
  await first.stop();
  const edge = 'instances: [{ name: edge, interface: eth0, vrid: 1, addresses: [10.0.0.100/24] }]';
  writeFileSync(path('fairlead.yaml'), `${text}${edge}\n`);
  const second = await start();
  expect(second.store.get().roleChanges).toEqual(new Map([['edge', [change]]]));
  const server = await serveApi(second, path('socket'), clock);
  const { changes } = await connect({ socket: path('socket') }).listHistory({ instance: 'edge' });
  expect(changes).toMatchObject([
    { kind: 'instance', name: 'edge', atMs: change.at, state: 'master', why: change.why },
  ]);
  await server.close();
  await second.stop();
});

test('the report comes in parts, of one kind or of one name', async () => {
  const director = await start();
  await until(() => object(director, 'server')?.condition === 'up', 'the server is up');
  const server = await serveApi(director, path('socket'), clock);
  const client = connect({ socket: path('socket') });
  const [one, two] = [
    await client.getReport({ limit: 1 }),
    await client.getReport({ kind: 'server', name: 'web/one' }),
  ];
  expect(ROUTES.getReport.answer.parse(one)).toMatchObject({ objects: [{ kind: 'service', name: 'web' }] });
  expect(two).toMatchObject({ objects: [{ kind: 'server', name: 'web/one' }], next: null });
  const rest = await client.getReport({ limit: 1, cursor: one.next ?? '' });
  expect(rest).toMatchObject({ objects: [{ kind: 'server' }], next: null });
  await expect(client.getReport({ cursor: 'nobody' })).rejects.toMatchObject({ code: 'usage' });
  await server.close();
  await director.stop();
});

test('the command prints text, JSON and a page', async () => {
  const director = await start();
  await until(() => object(director, 'server')?.condition === 'up', 'the server is up');
  const server = await serveApi(director, path('socket'), clock);
  const printed: string[] = [];
  const io = { out: (text: string) => void printed.push(text), err: () => {}, terminal: false };
  for (const form of [[], ['--json'], ['--html']])
    expect(await main(['report', ...form, '--socket', path('socket')], io)).toBe(0);
  expect(printed[0]).toMatch(/^service web +up/m);
  expect(JSON.parse(printed[1] ?? '').objects[0].name).toBe('web');
  expect(printed[2]).toMatch(/^<!doctype html>.*<h1>Availability as .*<th>web<\/th>/s);
  await server.close();
  await director.stop();
});
