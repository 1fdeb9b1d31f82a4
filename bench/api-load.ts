import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { electionParts } from '../src/daemon/election-parts.ts';
import { HEAP, talkTo } from '../src/daemon/election-port.ts';
import type { Seen } from '../test/support/network/observer.ts';
import { openSegment, type Segment } from '../test/support/segment.ts';
import { manyServed, p99 } from './api.ts';
import { type Bench, type Figures, median, type Side } from './harness.ts';
import { watchLoop } from './loop.ts';
import { lengthOf, longest, netOf, type Span, spansOf } from './vrrp/spans.ts';

const INTERVAL_MS = 100;
const RUN_MS = 10_000;
const PER_SECOND = 2000;
const CONNECTIONS = 32;
/** More than this after the one before it, an advert counts as late. */
const LATE_INTERVALS = 1.5;
const SELF = fileURLToPath(import.meta.url);

/** What is read, so often in 2,000 reads: probes of load balancers and of monitoring most, whole answers seldom. */
const MIX: readonly (readonly [path: string, share: number])[] = [
  ['/healthz', 700],
  ['/api/v1/instances/edge/role', 500],
  ['/api/v1/services/service-500', 600],
  ['/api/v1/services?limit=20', 150],
  ['/api/v1/servers?limit=20', 39],
  ['/api/v1/services?limit=100', 10],
  ['/api/v1/status', 1],
];
/** A scrape of the metrics, once in so many reads. */
const SCRAPE_EVERY = 5 * PER_SECOND;

/** 2,000 reads a second, at fixed times whether answers come or not, of a daemon that is master of an instance at 100 ms: what
 *  they take, and how late its adverts come at another host, beside the same without a reader. The daemon has 1,000 services x 10
 *  servers over an IPVS in memory, because where namespaces are there may be no IPVS; all else of it is real. */
export const bench: Bench = {
  title: `${PER_SECOND} reads a second while adverts go out every ${INTERVAL_MS} ms`,
  place: 'host',
  peers: {},
  ratios: [
    { title: 'reads a second', of: 'load.perSecond', aim: `>= ${0.99 * PER_SECOND}` },
    { title: 'p50 ms, from the time it was due', of: 'load.p50' },
    { title: 'p99 ms, from the time it was due', of: 'load.p99' },
    { title: 'reads that failed', of: 'load.failed', aim: '<= 0' },
    { title: 'longest from advert to advert, intervals: with reads', of: 'load.longest', aim: '<= 1.5' },
    { title: 'longest from advert to advert, intervals: without', of: 'quiet.longest' },
    { title: 'p99 from advert to advert, intervals: with reads', of: 'load.usual' },
    { title: 'p99 from advert to advert, intervals: without', of: 'quiet.usual' },
    { title: "late adverts without the machine's own pauses: with reads", of: 'load.lateNet', aim: '<= 0' },
    { title: 'processor of the daemon, percent of a core', of: 'load.processor' },
  ],
  async setup() {
    const segment = await openSegment();
    const server = segment.spawn('a', [process.execPath, SELF, 'api-load-serve'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const said = createInterface({ input: server.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    const hear = async (): Promise<string> => String((await said.next()).value);
    const socket = await hear();
    // Nobody holds it: the control address is probed beside it.
    segment.observer.probe('10.77.0.250');
    await sleep(1000);
    const watched = async (work: () => Promise<Figures>): Promise<Figures> => {
      await segment.observer.read();
      server.stdin?.write('watch\n');
      const figures = await work();
      server.stdin?.write('tell\n');
      const loop = JSON.parse(await hear()) as Figures;
      return { ...figures, ...loop, ...adverts(await segment.observer.read()) };
    };
    const sides: Side[] = [
      { name: 'quiet', run: () => watched(() => sleep(RUN_MS, {})) },
      { name: 'load', run: () => watched(() => ask(socket)) },
    ];
    return { sides, teardown: () => end(server, segment) };
  },
};

async function end(server: ChildProcess, segment: Segment): Promise<void> {
  const gone = once(server, 'exit');
  server.stdin?.end();
  await gone;
  await segment.close();
}

function adverts(seen: readonly Seen[]): Figures {
  const times = seen.filter((each) => each.kind === 'advert').map(({ at }) => at);
  const gaps = times.slice(1).map((at, i): Span => [times[i] ?? at, at]);
  if (gaps.length < RUN_MS / INTERVAL_MS / 2)
    throw new Error(`expected adverts every ${INTERVAL_MS} ms, saw ${times.length}`);
  const control = spansOf(seen, 'control', seen.at(-1)?.at ?? 0);
  const late = gaps.filter((gap) => lengthOf(gap) > LATE_INTERVALS * INTERVAL_MS);
  return {
    longest: Math.max(...gaps.map(lengthOf)) / INTERVAL_MS,
    usual: p99(gaps.map(lengthOf)) / INTERVAL_MS,
    late: late.length,
    lateNet: late.filter((gap) => netOf(gap, control) > LATE_INTERVALS * INTERVAL_MS).length,
    noiseMs: longest(control.map(lengthOf)),
  };
}

/** The daemon, in a namespace: tells where it answers, and for each `watch` and `tell` what its main thread did meanwhile. */
export async function serve(): Promise<undefined> {
  const program = resolve('dist/election.js');
  const served = await manyServed({
    services: `instances: [{ name: edge, interface: eth0, vrid: 51, priority: 150, advertise: ${INTERVAL_MS}ms, addresses: [10.77.0.100/32] }]\n`,
    elect: (parts) => ({
      ...electionParts(parts, (error) => {
        throw error;
      }),
      open: (options, onReport, onDeath) =>
        talkTo(new Worker(program, { workerData: options, resourceLimits: HEAP }), onReport, onDeath),
    }),
  });
  while (served.director.store.get().instances.get('edge')?.state !== 'master') await sleep(50);
  process.stdout.write(`${served.socket}\n`);
  let stop = (): Figures => ({});
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'watch') stop = watch();
    else process.stdout.write(`${JSON.stringify(stop())}\n`);
  }
  await served.stop();
}

function watch(): () => Figures {
  const begun = process.cpuUsage();
  const since = performance.now();
  const held = watchLoop();
  return () => {
    const { user, system } = process.cpuUsage(begun);
    return { processor: (user + system) / 10 / (performance.now() - since), held: held() };
  };
}

/** Runs the client in a process of its own: what it costs must not be the daemon's. */
const ask = async (socket: string): Promise<Figures> =>
  JSON.parse((await promisify(execFile)(process.execPath, [SELF, 'api-load-ask', socket])).stdout) as Figures;

/** The client: each read is sent when it is due, whatever became of those before it, and its time counts from then. */
export async function askAll(socketPath: string): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS });
  const order = interleaved();
  const times: number[] = [];
  let failed = 0;
  const waiting: Promise<void>[] = [];
  const start = performance.now();
  const total = (PER_SECOND * RUN_MS) / 1000;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, ((performance.now() - start) * PER_SECOND) / 1000);
    for (; sent < due; sent++) {
      const dueAt = start + (sent * 1000) / PER_SECOND;
      const path = sent % SCRAPE_EVERY === SCRAPE_EVERY / 2 ? '/metrics' : (order[sent % order.length] ?? '/healthz');
      waiting.push(
        get(socketPath, path, agent).then(
          () => void times.push(performance.now() - dueAt),
          () => void failed++,
        ),
      );
    }
    await sleep(1);
  }
  await Promise.all(waiting);
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  return { perSecond: times.length / seconds, p50: median(times), p99: p99(times), failed };
}

/** The mix in an order in which nothing comes in bunches. */
function interleaved(): string[] {
  const placed = MIX.flatMap(([path, share]) =>
    Array.from({ length: share }, (_, i) => ({ path, at: (i + 0.5) / share })),
  );
  return placed.sort((a, b) => a.at - b.at).map(({ path }) => path);
}

function get(socketPath: string, path: string, agent: Agent): Promise<void> {
  return new Promise((done, fail) => {
    request({ socketPath, path, agent, timeout: 30_000 }, (response) => {
      if (response.statusCode !== 200) fail(new Error(`${path}: expected 200, got ${response.statusCode}`));
      response.on('end', done).on('error', fail).resume();
    })
      .on('error', fail)
      .end();
  });
}
