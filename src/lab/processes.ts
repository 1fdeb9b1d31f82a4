import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../base/errors.ts';
import type { Keepers } from './keepers.ts';
import { signalCommand } from './sessions.ts';
import type { Process, Topology } from './topology.ts';

const READY_MS = 30_000;

/** The processes that belong to a topology: started with it, and stopped and started again by those who play with it. */
export interface Processes {
  start(host: string, name: string): Promise<void>;
  stop(host: string, name: string, signal: NodeJS.Signals): Promise<void>;
  running(host: string, name: string): boolean;
  names(host: string): readonly string[];
}

export function createProcesses(
  topology: Topology,
  keepers: Keepers,
  directory: string,
  environment: (host: string) => Readonly<Record<string, string>>,
): Processes {
  const running = new Map<string, ChildProcess>();
  const key = (host: string, name: string) => `${host}.${name}`;
  const find = (host: string, name: string): Process => {
    const processes = topology.hosts.find((candidate) => candidate.name === host)?.processes ?? [];
    const found = processes.find((process) => process.name === name);
    if (found) return found;
    const present = processes.map((process) => process.name).join(', ') || 'none';
    throw failure('not-found', { kind: `process of ${host}`, name, present });
  };
  return {
    async start(host, name) {
      const process = find(host, name);
      if (running.has(key(host, name))) return;
      const log = join(directory, `${key(host, name)}.log`);
      const output = openSync(log, 'a');
      const [command = '', ...rest] = [...(keepers.enter(host) ?? []), 'setsid', process.command];
      const child = spawn(command, [...rest, ...(process.args ?? [])], {
        env: { ...environment(host), ...process.env },
        detached: true,
        stdio: ['ignore', output, output],
      });
      running.set(key(host, name), child);
      child.once('error', () => running.delete(key(host, name)));
      child.once('exit', () => running.delete(key(host, name)));
      await becomesReady(process, keepers.pid(host) ?? 0, () => running.has(key(host, name)), host, log);
    },
    async stop(host, name, signal) {
      find(host, name);
      const child = running.get(key(host, name));
      if (!child) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      signalCommand(child, true, signal);
      await gone;
    },
    running: (host, name) => running.has(key(host, name)),
    names: (host) => (topology.hosts.find(({ name }) => name === host)?.processes ?? []).map(({ name }) => name),
  };
}

async function becomesReady(process: Process, pid: number, alive: () => boolean, host: string, log: string) {
  const { ready } = process;
  if (!ready) return;
  const isReady = 'tcp' in ready ? () => listens(pid, ready.tcp) : () => exists(pid, ready.file);
  for (let waited = 0; waited < READY_MS; waited += 20) {
    if (isReady()) return;
    if (!alive()) break;
    await sleep(20);
  }
  const said = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ');
  const reason = `${process.name} on ${host} ${alive() ? `is not ready after ${READY_MS} ms` : 'ended at once'}: ${said}`;
  throw failure('lab-failed', { reason, advice: 'correct the process in its topology' });
}

/** Whether a TCP port is listened on in the network namespace of a process: read from /proc, which costs no process. */
function listens(pid: number, port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((table) => {
    try {
      return readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
        .split('\n')
        .some((line) => {
          const [, local, , state] = line.trim().split(/\s+/);
          return state === '0A' && local?.endsWith(wanted);
        });
    } catch {
      return false;
    }
  });
}

function exists(pid: number, file: string): boolean {
  try {
    readFileSync(`/proc/${pid}/root${file}`);
    return true;
  } catch {
    return false;
  }
}
