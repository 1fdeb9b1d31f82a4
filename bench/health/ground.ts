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

/** Addresses that follow each other. */
const RUN = 250;
/** The n-th real server, from 0. */
export const serverAddress = (n: number): string => `10.1.${Math.floor(n / RUN)}.${(n % RUN) + 1}`;

/** The process killed; its listener closed; what it sends thrown away; the process stopped while its kernel takes connections. */
export type Fault = 'kill' | 'refuse' | 'black-hole' | 'hang';

export interface Ground {
  /** Listeners on the first `count` servers, all of one process. */
  up(count: number): Promise<void>;
  strikeFirst(count: number, fault: 'refuse' | 'hang'): Promise<void>;
  /** The first `count` servers, each a process of its own, to be struck. */
  victims(count: number): Promise<Victims>;
  /** Milliseconds since a server was asked last; NaN before the first time. Only of victims. */
  sinceAsked(server: number): Promise<number>;
  /** Requests that the servers answered. */
  answers(): Promise<number>;
  /** Connections that the director began: not all of them are taken, a handshake may end with a reset. */
  begun(): number;
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
  const servers = respond(responder);
  const runs = async (command: string, count: number): Promise<void> => {
    for (let n = 0; n < count; n += RUN)
      await servers.done(`${command} ${serverAddress(n)} ${Math.min(RUN, count - n)}`);
  };
  return {
    up: (count) => runs('up', count),
    strikeFirst: (count, fault) => runs(fault, count),
    async victims(count) {
      // Theirs are the addresses now.
      await runs('refuse', count);
      await servers.done('watch');
      return victims(responder, count);
    },
    async sinceAsked(server) {
      const since = Number(await servers.say(`since ${serverAddress(server)}`));
      return since < 0 ? Number.NaN : since;
    },
    answers: async () => Number((await servers.say('stats')).split(' ')[1]),
    begun: () => counted(DIRECTOR, 'Tcp', 'ActiveOpens'),
    pings: () => counted(SERVERS, 'Icmp', 'InEchos'),
    inDirector: (command, env = {}) =>
      spawn('ip', ['netns', 'exec', DIRECTOR, ...command], { env: { ...process.env, ...env } }),
    close() {
      servers.process.kill('SIGKILL');
      for (const name of [DIRECTOR, SERVERS]) ip('netns', 'delete', name);
    },
  };
}

interface Responder {
  readonly process: ChildProcessWithoutNullStreams;
  say(line: string): Promise<string>;
  /** What is answered by "done". */
  done(line: string): Promise<void>;
}

function respond(program: string): Responder {
  const process = spawn('ip', ['netns', 'exec', SERVERS, program, String(PORT)]);
  const lines = createInterface(process.stdout)[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  const say = (line: string): Promise<string> => {
    const answer = turn.then(async () => {
      process.stdin.write(`${line}\n`);
      const { value } = await lines.next();
      return String(value);
    });
    turn = answer;
    return answer;
  };
  return {
    process,
    say,
    async done(line) {
      const answer = await say(line);
      if (answer !== 'done') throw new Error(`the servers said "${answer}" to "${line}"`);
    },
  };
}

export interface Victims {
  /** Has struck when it resolves. */
  strike(server: number, fault: Fault): Promise<void>;
  close(): void;
}

async function victims(program: string, count: number): Promise<Victims> {
  const all = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const one = respond(program);
      await one.done(`up ${serverAddress(n)} 1`);
      return one;
    }),
  );
  // Reads commands as they come: to start a program for each would take the processor away from those who are measured.
  const rules = spawn('ip', ['-n', SERVERS, '-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const holes: string[] = [];
  const act: Readonly<Record<Fault, (one: Responder, address: string) => unknown>> = {
    kill: ({ process }) => process.kill('SIGKILL'),
    hang: ({ process }) => process.kill('SIGSTOP'),
    refuse: ({ done }, address) => done(`refuse ${address} 1`),
    'black-hole'(_, address) {
      rules.stdin.write(`rule add from ${address} type blackhole priority 10\n`);
      holes.push(address);
    },
  };
  return {
    async strike(server, fault) {
      const one = all[server];
      if (one) await act[fault](one, serverAddress(server));
    },
    close() {
      for (const address of holes) rules.stdin.write(`rule delete from ${address} priority 10\n`);
      rules.stdin.end();
      for (const { process } of all) process.kill('SIGKILL');
    },
  };
}

/** Of a namespace's /proc/net/snmp: a line of names, then one of values. */
function counted(netns: string, protocol: string, name: string): number {
  const text = execFileSync('ip', ['netns', 'exec', netns, 'cat', '/proc/net/snmp'], { encoding: 'utf8' });
  const lines = text.split('\n').map((line) => line.split(' '));
  const [names = [], values = []] = lines.filter(([first]) => first === `${protocol}:`);
  return Number(values[names.indexOf(name)]);
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
