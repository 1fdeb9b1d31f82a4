import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A director and a host of real servers, each in a network namespace of this kernel. */

export const VIP = '10.0.0.100';
const DIRECTOR = 'fl-health-dir';
const SERVERS = 'fl-health-srv';
export const DIRECTOR_NETNS = `/run/netns/${DIRECTOR}`;
const PORT = 80;

/** The n-th real server, from 0. */
export const serverAddress = (n: number): string => `10.1.${Math.floor(n / 250)}.${(n % 250) + 1}`;

export type Fault = 'refuse' | 'black-hole' | 'hang';

export interface Ground {
  /** Listeners on the first `count` servers. */
  up(count: number): Promise<void>;
  strike(server: number, fault: Fault): Promise<void>;
  strikeFirst(count: number, fault: 'refuse' | 'hang'): Promise<void>;
  mend(server: number): Promise<void>;
  /** Connections that the servers took, and requests they answered. */
  taken(): Promise<{ readonly connections: number; readonly answers: number }>;
  /** Echo requests that the servers heard. */
  pings(): number;
  inDirector(command: readonly string[], env?: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams;
  close(): void;
}

const ip = (...words: readonly string[]): void =>
  void execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });

export function openGround(responder: string): Ground {
  for (const name of [DIRECTOR, SERVERS]) ip('netns', 'add', name);
  ip('link', 'add', 'dir0', 'netns', DIRECTOR, 'type', 'veth', 'peer', 'name', 'srv0', 'netns', SERVERS);
  for (const [name, link, addresses] of [
    [DIRECTOR, 'dir0', ['10.0.0.1/24', `${VIP}/32`]],
    [SERVERS, 'srv0', ['10.0.0.2/24']],
  ] as const) {
    for (const address of addresses) ip('-n', name, 'address', 'add', address, 'dev', link);
    for (const each of [link, 'lo']) ip('-n', name, 'link', 'set', each, 'up');
  }
  // All of the servers' addresses belong to one host, behind one neighbour: the table of neighbours holds 1024.
  ip('-n', SERVERS, 'route', 'add', 'local', '10.1.0.0/16', 'dev', 'lo');
  ip('-n', DIRECTOR, 'route', 'add', '10.1.0.0/16', 'via', '10.0.0.2');
  const servers = spawn('ip', ['netns', 'exec', SERVERS, responder, String(PORT)]);
  const lines = createInterface(servers.stdout)[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  const say = (line: string): Promise<string> => {
    const answer = turn.then(async () => {
      servers.stdin.write(`${line}\n`);
      const { value } = await lines.next();
      return String(value);
    });
    turn = answer;
    return answer;
  };
  const done = async (line: string): Promise<void> => {
    const answer = await say(line);
    if (answer !== 'done') throw new Error(`the servers said "${answer}" to "${line}"`);
  };
  const runs = async (command: string, first: number, count: number): Promise<void> => {
    for (let n = first; n < first + count; n++) await done(`${command} ${serverAddress(n)} 1`);
  };
  const holes = new Set<number>();
  return {
    up: (count) => runs('up', 0, count),
    async strike(server, fault) {
      if (fault !== 'black-hole') return done(`${fault} ${serverAddress(server)} 1`);
      // What it sends is thrown away on its own side: nobody is told.
      ip('-n', SERVERS, 'rule', 'add', 'from', serverAddress(server), 'type', 'blackhole', 'priority', '10');
      holes.add(server);
    },
    strikeFirst: (count, fault) => runs(fault, 0, count),
    async mend(server) {
      if (holes.delete(server)) ip('-n', SERVERS, 'rule', 'delete', 'from', serverAddress(server), 'priority', '10');
      await done(`up ${serverAddress(server)} 1`);
    },
    async taken() {
      const [connections = 0, answers = 0] = (await say('stats')).split(' ').map(Number);
      return { connections, answers };
    },
    pings: () =>
      echoesHeard(execFileSync('ip', ['netns', 'exec', SERVERS, 'cat', '/proc/net/snmp'], { encoding: 'utf8' })),
    inDirector: (command, env = {}) =>
      spawn('ip', ['netns', 'exec', DIRECTOR, ...command], { env: { ...process.env, ...env } }),
    close() {
      servers.kill('SIGKILL');
      for (const name of [DIRECTOR, SERVERS]) ip('netns', 'delete', name);
    },
  };
}

/** /proc/net/snmp: a line of names, then one of values. */
function echoesHeard(text: string): number {
  const [names = [], values = []] = [...text.matchAll(/^Icmp: (.*)$/gm)].map(([, words = '']) => words.split(' '));
  return Number(values[names.indexOf('InEchos')]);
}

/** Compiles the program that plays the servers into a folder. */
export function buildResponder(folder: string): string {
  const program = join(folder, 'responder');
  const flags = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror'];
  execFileSync('g++', [...flags, 'bench/native/responder.cc', '-o', program]);
  return program;
}

export interface Usage {
  /** Processor seconds by what the threads are for; threads of one name are added up. */
  readonly cpuS: Readonly<Record<string, number>>;
  readonly rssMb: number;
}

/** Of a process and its children. */
export function usage(pid: number): Usage {
  const pids = [pid];
  for (const each of pids) pids.push(...childrenOf(each));
  const cpuS: Record<string, number> = {};
  let rssKb = 0;
  for (const each of pids) {
    for (const task of readdirSync(`/proc/${each}/task`)) {
      const name = task === String(each) ? 'main' : readFileSync(`/proc/${each}/task/${task}/comm`, 'utf8').trim();
      // Nanoseconds on a processor come first (Documentation/scheduler/sched-stats.rst).
      const [ns = ''] = readFileSync(`/proc/${each}/task/${task}/schedstat`, 'utf8').split(' ');
      cpuS[name] = (cpuS[name] ?? 0) + Number(ns) / 1e9;
    }
    rssKb += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0);
  }
  return { cpuS, rssMb: rssKb / 1024 };
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
