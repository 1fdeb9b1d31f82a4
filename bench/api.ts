import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EVENT_STREAM } from '../src/api/contract.ts';
import type { FakeKernel } from '../src/kernel/fake.ts';
import type { ObservedService } from '../src/model/observed.ts';
import { type ServedDirector, type Serving, servedDirector } from '../test/support/api.ts';
import { type Bench, type Figures, median, type Ratio, type Side } from './harness.ts';
import { processorTurns } from './loop.ts';

const SERVICES = 1000;
const SERVERS = 10;
const SUBSCRIBERS = 100;
const EVENTS = 200;
const ROUND_MS = 2000;
const [WATCH, HELD] = ['watch the loop', 'how long it was held'];

/** Every read that has much to say: each alone, on one connection. */
const READS: readonly { readonly name: string; readonly path: string }[] = [
  { name: 'status', path: '/api/v1/status' },
  { name: 'services', path: '/api/v1/services?limit=1000' },
  { name: 'service', path: '/api/v1/services/service-500' },
  { name: 'servers', path: '/api/v1/servers?limit=1000' },
  { name: 'checks', path: '/api/v1/checks?limit=1000' },
  { name: 'judgement', path: '/api/v1/judgement' },
  { name: 'report', path: '/api/v1/report?limit=1000' },
  { name: 'history', path: '/api/v1/history?limit=1000' },
  { name: 'config', path: '/api/v1/config' },
  { name: 'document', path: '/api/v1/openapi.json' },
  { name: 'events', path: '/api/v1/events' },
  { name: 'metrics', path: '/metrics' },
];
const ASKED = 10;

const both = (side: string, title: string, aim?: string): Ratio[] => [
  { title: `${title}: a second`, of: `${side}.perSecond`, ...(aim !== undefined && { aim }) },
  { title: `${title}: p99 ms`, of: `${side}.p99` },
];

/** The HTTP API on its socket, of a daemon of 1,000 services x 10 servers, each asked every 10 s (and found to be up at once), over a kernel in memory, in a process of
 *  its own. Each connection asks again as soon as it has its answer. */
export const bench: Bench = {
  title: `the API of ${SERVICES} services x ${SERVERS} servers`,
  place: 'host',
  peers: {},
  ratios: [
    ...both('service', 'one service (16 connections)', '>= 2000'),
    ...both('page', 'a page of 100 services (16 connections)'),
    ...both('servers', 'a page of 100 servers (16 connections)'),
    ...both('services', 'all services in one answer (2 connections)'),
    ...both('status', 'status (2 connections)'),
    ...both('metrics', 'metrics, all families (1 connection)'),
    ...both('events', 'an event until the last of 100 clients has it'),
    ...READS.map(({ name, path }) => ({
      title: `${path} alone, longest turn of the event loop, ms`,
      of: `held-${name}.held`,
      aim: '<= 20',
    })),
  ],
  async setup() {
    const server = spawn(process.execPath, [fileURLToPath(import.meta.url), 'api-serve'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [socket] = (await once(server, 'message')) as [string];
    const asking = (name: string, path: string, connections: number): Side => ({
      name,
      run: () => ask(socket, path, connections),
    });
    return {
      sides: [
        asking('health', '/healthz', 16),
        asking('service', '/api/v1/services/service-500', 16),
        asking('page', '/api/v1/services?limit=100', 16),
        asking('servers', '/api/v1/servers?limit=100', 16),
        asking('services', '/api/v1/services?limit=1000', 2),
        asking('status', '/api/v1/status', 2),
        asking('metrics', '/metrics', 1),
        { name: 'events', run: () => fanOut(server, socket) },
        ...READS.map(({ name, path }) => ({ name: `held-${name}`, run: () => held(server, socket, path) })),
      ],
      async teardown() {
        server.disconnect();
        await once(server, 'exit');
      },
    };
  },
};

/** A daemon of so many services, all up. */
export async function manyServed({ services: more = '', ...rest }: Serving): Promise<ServedDirector> {
  const services = Array.from({ length: SERVICES }, (_, s) => {
    const servers = Array.from({ length: SERVERS }, (_, i) => `{ address: 10.200.${s >> 2}.${(s & 3) * 50 + i + 1} }`);
    const listen = `"tcp://10.${100 + (s >> 8)}.${s & 255}.1:80"`;
    return `  - { name: service-${s}, listen: [${listen}], scheduler: rr, check: { tcp: {}, every: 10s }, servers: [${servers.join(', ')}] }`;
  });
  const served = await servedDirector({
    services: `${more}services:\n${services.join('\n')}\n`,
    api: '{ requestsPerSecond: 1000000 }',
    // Whoever is not root has fewer connections than the benchmark opens.
    peerOf: () => ({ pid: 1, uid: 0, gid: 0, groups: [] }),
    ...rest,
  });
  dumpAtOnce(served.kernel);
  await until(() => [...served.director.store.get().verdicts.values()].filter(isUp).length === SERVICES * SERVERS);
  return served;
}

/** What the process at the other end runs, until the benchmark goes: tells where it answers, then an event for each message. */
export async function serve(): Promise<undefined> {
  const served = await manyServed({});
  const gone = once(process, 'disconnect');
  let watching = (): { readonly turnMs: number } => ({ turnMs: 0 });
  process.on('message', (text) => {
    if (text === WATCH) watching = processorTurns();
    else if (text === HELD) process.send?.(watching().turnMs);
    else served.director.store.tell('problem', String(text));
  });
  process.send?.(served.socket);
  await gone;
  await served.stop();
}

const isUp = ({ status }: { readonly status: string }): boolean => status === 'up';

/** A dump of the real kernel is taken in other threads and unpacked in short turns (benchmark `unpack`); the one in memory
 *  would copy the whole table in one turn. */
function dumpAtOnce({ ipvs }: FakeKernel): void {
  const [dump, apply] = [ipvs.dump.bind(ipvs), ipvs.apply.bind(ipvs)];
  let kept: Promise<ObservedService[]> | undefined;
  ipvs.dump = () => {
    kept ??= dump({ stats: true });
    return kept;
  };
  ipvs.apply = (ops) => {
    kept = undefined;
    return apply(ops);
  };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(100);
}

/** The processor time of the longest turn of the daemon's event loop while one client asked and asked again, each time of a dump that it has
 *  not answered from. */
async function held(server: ChildProcess, socketPath: string, path: string): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server.send(WATCH);
  await sleep(50);
  const times: number[] = [];
  for (let asked = 0; asked < ASKED; asked++) {
    const start = performance.now();
    await get(socketPath, path, agent);
    times.push(performance.now() - start);
    await sleep(asked % 3 === 2 ? 1000 : 20);
  }
  server.send(HELD);
  const [longest] = (await once(server, 'message')) as [number];
  agent.destroy();
  return { held: longest, ms: median(times), longest: Math.max(...times) };
}

/** Throws at any answer but 200. */
async function ask(socketPath: string, path: string, connections: number): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let bytes = 0;
  const start = performance.now();
  const one = async (): Promise<void> => {
    while (performance.now() - start < ROUND_MS) {
      const asked = performance.now();
      bytes = await get(socketPath, path, agent);
      times.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  return { perSecond: times.length / seconds, p99: p99(times), kb: bytes / 1000 };
}

/** The bytes of the answer. */
function get(socketPath: string, path: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: expected 200, got ${response.statusCode}`));
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      response.on('end', () => resolve(bytes));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

/** Each event is told when all clients have the one before it. */
async function fanOut(server: ChildProcess, socketPath: string): Promise<Figures> {
  let missing = 0;
  let complete = (): void => {};
  const heard = (): void => {
    if (--missing === 0) complete();
  };
  const clients = await Promise.all(Array.from({ length: SUBSCRIBERS }, () => subscribe(socketPath, heard)));
  const times: number[] = [];
  const start = performance.now();
  for (let number = 0; number < EVENTS; number++) {
    const told = performance.now();
    missing = SUBSCRIBERS;
    await new Promise<void>((resolve) => {
      complete = resolve;
      server.send(`event ${number} of the benchmark`);
    });
    times.push(performance.now() - told);
  }
  const seconds = (performance.now() - start) / 1000;
  for (const stop of clients) stop();
  return { perSecond: EVENTS / seconds, p99: p99(times) };
}

/** A reader of events, from those that are still to come; gives what ends it. */
function subscribe(socketPath: string, heard: () => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const path = `/api/v1/events?after=${Number.MAX_SAFE_INTEGER}`;
    const asked = request({ socketPath, path, headers: { accept: EVENT_STREAM }, agent: false }, (response) => {
      response.setEncoding('utf8');
      response.on('error', () => {});
      response.on('data', (text: string) => {
        for (let at = text.indexOf('data: '); at >= 0; at = text.indexOf('data: ', at + 1)) heard();
      });
      resolve(() => asked.destroy());
    });
    asked.on('error', reject);
    asked.end();
  });
}

export const p99 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
