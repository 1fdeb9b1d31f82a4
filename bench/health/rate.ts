import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../../src/config/schema.ts';
import { systemClock } from '../../src/daemon/clock.ts';
import { firstSnapshot } from '../../src/daemon/first-snapshot.ts';
import { HealthDriver } from '../../src/daemon/health/driver.ts';
import { runProgram } from '../../src/daemon/programs/program.ts';
import { Store } from '../../src/daemon/store.ts';
import { openProbeEngine } from '../../src/kernel/probe-engine.ts';
import { createProber } from '../../src/probe/index.ts';
import { machine } from '../harness.ts';
import { buildResponder, serverAddress } from './ground.ts';
import type { Asked } from './sides.ts';

/** `health-rate [PART...]`: the health driver alone on this machine, one check a server and second, the servers on loopback
 *  in a namespace. No IPVS is needed, so nothing is applied. */

const NETNS = 'fl-health-rate';
const SECONDS = 10;
const PORT = 80;
const RESULTS = 'bench/results/health-rate.json';
const PER_SERVICE = 100;

const PARTS: Readonly<Record<string, readonly [Asked, number]>> = {
  'tcp-1000': ['tcp', 1000],
  'tcp-5000': ['tcp', 5000],
  'tcp-10000': ['tcp', 10_000],
  'tcp-20000': ['tcp', 20_000],
  'http-5000': ['http', 5000],
  'ping-5000': ['ping', 5000],
};

const ip = (...words: readonly string[]): void => void execFileSync('ip', words);

export async function main(args: readonly string[]): Promise<number> {
  const rows = [];
  for (const [part, [asked, servers]] of Object.entries(PARTS)) {
    if (args.length > 0 && !args.includes(part)) continue;
    rows.push(await withServers(() => measure(asked, servers)));
  }
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ date: new Date().toISOString(), machine: machine(), rows }, null, 1)}\n`);
  process.stdout.write(`written to ${RESULTS}\n`);
  return 0;
}

async function withServers<T>(work: () => Promise<T>): Promise<T> {
  ip('netns', 'add', NETNS);
  const responder = spawn('ip', ['netns', 'exec', NETNS, buildResponder(here()), String(PORT)]);
  try {
    ip('-n', NETNS, 'link', 'set', 'lo', 'up');
    ip('-n', NETNS, 'route', 'add', 'local', '10.1.0.0/16', 'dev', 'lo');
    // One listener for all addresses.
    responder.stdin.write('up 0.0.0.0 1\n');
    await createInterface(responder.stdout)[Symbol.asyncIterator]().next();
    return await work();
  } finally {
    responder.kill('SIGKILL');
    await sleep(100);
    ip('netns', 'delete', NETNS);
  }
}

async function measure(asked: Asked, servers: number) {
  const engine = openProbeEngine({ netns: `/run/netns/${NETNS}` });
  const config = configSchema.parse({ services: servicesOf(asked, servers) });
  const store = new Store(firstSnapshot(config, 'bench', systemClock), systemClock.wall);
  const prober = createProber(systemClock, runProgram, engine);
  const driver = new HealthDriver({ prober, clock: systemClock, random: Math.random, store, onChange() {} });
  const before = process.memoryUsage().rss;
  driver.sync(null, store.get().desired, new Set());
  try {
    // Past the first second, in which all change, and the first collections of what that left.
    await sleep(5000);
    const begun = { cpu: process.cpuUsage(), checks: checksOf(store), at: performance.now() };
    await sleep(SECONDS * 1000);
    const { user, system } = process.cpuUsage(begun.cpu);
    const checks = checksOf(store) - begun.checks;
    const seconds = (performance.now() - begun.at) / 1000;
    // To watch the loop costs time of its own.
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    await sleep((SECONDS * 1000) / 2);
    const outcomes = outcomesOf(store);
    const row = {
      asked,
      servers,
      checksPerSecond: checks / seconds,
      cpuPer1000: (user + system) / 1e6 / (checks / 1000),
      userPer1000: user / 1e6 / (checks / 1000),
      loopP99Ms: delays.percentile(99) / 1e6,
      loopMaxMs: delays.max / 1e6,
      outcomes: Object.fromEntries(outcomes),
      moreRssMb: (process.memoryUsage().rss - before) / 2 ** 20,
    };
    process.stderr.write(`${JSON.stringify(row)}\n`);
    return row;
  } finally {
    await driver.stop();
    engine.close();
  }
}

function outcomesOf(store: Store): Map<string, number> {
  store.gather();
  const sums = new Map<string, number>();
  for (const { outcomes } of store.counts.checks.values())
    for (const [outcome, count] of outcomes) sums.set(outcome, (sums.get(outcome) ?? 0) + count);
  return sums;
}

const checksOf = (store: Store): number => [...outcomesOf(store).values()].reduce((sum, count) => sum + count, 0);

function servicesOf(asked: Asked, servers: number): readonly unknown[] {
  return Array.from({ length: Math.ceil(servers / PER_SERVICE) }, (_, service) => ({
    name: `s${service}`,
    listen: [`tcp://10.0.0.100:${1000 + service}`],
    forward: 'nat',
    check: { [asked]: asked === 'http' ? { path: '/', status: 200 } : {}, every: '1s', timeout: '1s' },
    servers: Array.from({ length: Math.min(PER_SERVICE, servers - service * PER_SERVICE) }, (_, i) => ({
      address: serverAddress(service * PER_SERVICE + i),
      port: PORT,
    })),
  }));
}

const here = (): string => dirname(fileURLToPath(import.meta.url));
