import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PEERS, peerEnvironment } from '../../test/support/network/nodes/node.ts';
import { type Ground, serverAddress, type Usage, usage, VIP } from './ground.ts';

/** Who checks: the same servers, the same questions, the same rhythm. */

export type Asked = 'tcp' | 'http' | 'ping';
/** Ours: as equal as can be; with quick looks after a bad result; with the kernel compared with the file as often as by default. */
export type SideName = 'keepalived' | 'fairlead' | 'fairlead-between' | 'fairlead-resync';

export interface Task {
  readonly asked: Asked;
  readonly servers: number;
  /** Bad results in a row that take a server out; one a second, with a second for each. */
  readonly fall: number;
  readonly panic?: number;
}

export interface Running {
  usage(): Usage;
  /** Of the event loop since the last call: 99 of 100 delays, and the longest; NaN where there is none. */
  loop(): { readonly p99Ms: number; readonly maxMs: number };
  log(): string;
  /** Where its threads are in the kernel, for what hangs. */
  threads(): string;
  stop(): Promise<void>;
}

/** Servers in one virtual service: adding to a long list is slow in the kernel. */
const PER_SERVICE = 50;
const KEEPALIVED = join(PEERS, 'usr/sbin/keepalived');
const CLI = join(process.cwd(), 'dist/cli.js');

export async function start(ground: Ground, side: SideName, task: Task): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const file = join(folder, 'conf');
  const delays = join(folder, 'delays');
  let child: ChildProcessWithoutNullStreams;
  if (side === 'keepalived') {
    writeFileSync(file, keepalivedFile(task));
    const pids = ['-p', join(folder, 'pid'), '-c', join(folder, 'checkers.pid'), '-r', join(folder, 'vrrp.pid')];
    child = ground.inDirector([KEEPALIVED, '-f', file, '-n', '-l', '-D', '-C', ...pids], peerEnvironment());
  } else {
    writeFileSync(file, fairleadFile(task, side, folder));
    const watch = join(folder, 'watch.mjs');
    writeFileSync(watch, watcher(delays));
    child = ground.inDirector([process.execPath, '--import', watch, CLI, 'run', file]);
  }
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-20_000);
    });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${side} did not start`);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    usage: () => usage(pid),
    loop() {
      const [p99Ms = Number.NaN, maxMs = Number.NaN] = existsSync(delays)
        ? readFileSync(delays, 'utf8').split(' ').map(Number)
        : [];
      writeFileSync(`${delays}.reset`, '');
      return { p99Ms, maxMs };
    },
    log: () => said,
    threads: () => threadsOf(pid),
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(10_000)]);
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

const groups = (servers: number): number[][] =>
  Array.from({ length: Math.ceil(servers / PER_SERVICE) }, (_, group) =>
    Array.from({ length: Math.min(PER_SERVICE, servers - group * PER_SERVICE) }, (_, i) => group * PER_SERVICE + i),
  );

/** A setting a line: keepalived reads no further than the first of a line. */
function keepalivedFile({ asked, servers, fall }: Task): string {
  const rest = `connect_timeout 1\nretry ${fall - 1}\ndelay_before_retry 1\n}`;
  const check = {
    tcp: `TCP_CHECK {\n${rest}`,
    http: `HTTP_GET {\nurl {\npath /\nstatus_code 200\n}\n${rest}`,
    ping: `PING_CHECK {\n${rest}`,
  }[asked];
  const one = (n: number): string => `real_server ${serverAddress(n)} 80 {\nweight 1\n${check}\n}`;
  const services = groups(servers).map(
    (members, group) =>
      `virtual_server ${VIP} ${1000 + group} {\ndelay_loop 1\nlb_algo rr\nlb_kind NAT\nprotocol TCP\nalpha\n${members.map(one).join('\n')}\n}`,
  );
  return `global_defs {\nrouter_id bench\n}\n${services.join('\n')}\n`;
}

function fairleadFile({ asked, servers, fall, panic }: Task, side: SideName, folder: string): string {
  const every = side === 'fairlead-between' ? '{ up: 1s, down: 1s, between: 100ms }' : '1s';
  const question = { tcp: 'tcp: {}', http: 'http: { path: /, status: 200 }', ping: 'ping: {}' }[asked];
  const services = groups(servers).map((members, group) => {
    const listed = members.map((n) => `{ address: ${serverAddress(n)}, port: 80 }`).join(', ');
    // keepalived has no jitter.
    const check = `{ ${question}, every: ${every}, jitter: 0, timeout: 1s, rise: 1, fall: ${fall} }`;
    const more = panic === undefined ? '' : `, panic: ${panic}`;
    return `  - { name: s${group}, listen: ["tcp://${VIP}:${1000 + group}"], scheduler: rr, forward: nat, drain: 0s${more}, check: ${check}, servers: [${listed}] }`;
  });
  // keepalived never looks again at what it put into the kernel.
  const resync = side === 'fairlead-resync' ? '5s' : '1h';
  const director = `director: { resync: ${resync}, socket: ${join(folder, 'socket')}, state: ${join(folder, 'state.json')} }`;
  return `${director}\nservices:\n${services.join('\n')}\n`;
}

function threadsOf(pid: number): string {
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch {
      return '';
    }
  };
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => {
      const [comm, stat, stack] = ['comm', 'stat', 'stack'].map((name) => read(`/proc/${pid}/task/${task}/${name}`));
      const [state, ...fields] = stat?.split(') ')[1]?.split(' ') ?? [];
      return `${comm} ${state} user ${fields[10]} system ${fields[11]} ${stack?.split('\n').slice(0, 4).join(' < ')}`;
    })
    .join('\n');
}

/** Loaded into Fairlead's process: writes down how late its event loop is. */
const watcher = (file: string): string => `
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  let watching = false;
  setInterval(() => {
    if (existsSync('${file}.reset')) {
      rmSync('${file}.reset');
      // It wakes the loop every millisecond, which costs: not before somebody asks.
      monitor.enable();
      monitor.reset();
      watching = true;
    } else if (watching) writeFileSync('${file}', (monitor.percentile(99) / 1e6).toFixed(2) + ' ' + (monitor.max / 1e6).toFixed(2));
  }, 500).unref();
}
`;
