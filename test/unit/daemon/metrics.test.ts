import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchText } from '../../../src/api/client.ts';
import { type ApiServer, serveApi } from '../../../src/api/server.ts';
import { silentLog } from '../../../src/base/log.ts';
import { main } from '../../../src/cli/main.ts';
import { loadConfig } from '../../../src/daemon/config-file.ts';
import { Director } from '../../../src/daemon/lifecycle.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import { parse, type Sample } from '../../support/metrics.ts';

/** /metrics of a daemon over a kernel in memory, through its socket. */

let directory: string;
let kernel: FakeKernel;
let director: Director;
let server: ApiServer;
const clock = { now: () => performance.now(), wall: () => Date.now() };
const path = (name: string): string => join(directory, name);

const write = (weight: number, rest = ''): void =>
  writeFileSync(
    path('fairlead.yaml'),
    `director: { state: ${path('state.json')}, socket: ${path('socket')}, resync: 1h }
services:
  - { name: web, listen: ["tcp://10.0.0.100:80"], servers: [{ address: 10.0.0.11, weight: ${weight} }] }
${rest}`,
  );

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-metrics-'));
  kernel = new FakeKernel();
  write(1);
  const loaded = loadConfig(path('fairlead.yaml'));
  if (!loaded.ok) throw new Error('the file is wrong');
  const prober = { probe: () => Promise.reject(new Error('nothing is checked')) };
  const parts = { ports: kernel, prober, clock, random: () => 0.5, log: silentLog };
  director = new Director(loaded.value.config, path('fairlead.yaml'), parts);
  await director.start();
  server = await serveApi(director, path('socket'), clock);
});
afterEach(async () => {
  await server.close();
  await director.stop();
  rmSync(directory, { recursive: true });
});

const samples = async (): Promise<Sample[]> =>
  parse(await fetchText({ socket: path('socket') }, '/metrics', 'text/plain')).samples;
const value = (found: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}) =>
  found.find((one) => one.name === name && Object.entries(labels).every(([key, word]) => one.labels[key] === word))
    ?.value;

test('tells what the daemon did and what the kernel holds', async () => {
  const found = await samples();
  expect(value(found, 'fairlead_up')).toBe('1');
  expect(value(found, 'fairlead_destination_weight', { server: '10.0.0.11' })).toBe('1');
  expect(value(found, 'fairlead_operations_total', { kind: 'add-service', result: 'done' })).toBe('1');
  expect(Number(value(found, 'fairlead_plan_duration_seconds_count'))).toBeGreaterThan(0);
  expect(value(found, 'fairlead_events_total', { kind: 'daemon' })).toBe('1');
  expect(found.some(({ name }) => name.startsWith('keepalived_'))).toBe(false);
});

test('a reload counts, and switches other names on', async () => {
  write(5, 'metrics: { compat: [mehdy, node_exporter] }\n');
  expect(await director.reload()).toBe(true);
  const found = await samples();
  expect(value(found, 'fairlead_config_revision')).toBe('2');
  expect(value(found, 'fairlead_config_reloads_total', { outcome: 'accepted' })).toBe('1');
  expect(value(found, 'node_ipvs_backend_weight', { remote_address: '10.0.0.11', proto: 'TCP' })).toBe('5');
  expect(value(found, 'keepalived_up')).toBe('1');
  writeFileSync(path('fairlead.yaml'), 'services: [{}]');
  expect(await director.reload()).toBe(false);
  const after = await samples();
  expect(value(after, 'fairlead_config_last_reload_successful')).toBe('0');
  expect(value(after, 'fairlead_config_reloads_total', { outcome: 'refused' })).toBe('1');
});

test('a kernel that cannot be read is told, with the numbers from before', async () => {
  await samples();
  kernel.ipvs.dump = () => Promise.reject(new Error('gone'));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const found = await samples();
  expect(value(found, 'fairlead_up')).toBe('0');
  expect(value(found, 'fairlead_destination_weight', { server: '10.0.0.11' })).toBe('1');
});

test('the command prints them, in both forms', async () => {
  const printed: string[] = [];
  const io = { out: (text: string) => void printed.push(text), err: () => {}, terminal: false };
  expect(await main(['metrics', '--socket', path('socket')], io)).toBe(0);
  expect(await main(['metrics', '--openmetrics', '--socket', path('socket')], io)).toBe(0);
  expect(value(parse(printed[0] ?? '').samples, 'fairlead_up')).toBe('1');
  expect(printed[1]).toMatch(/\n# EOF\n$/);
});
