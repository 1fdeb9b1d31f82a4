import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Segment } from '../../segment.ts';

/** One virtual router as every implementation can be told it. */
export interface InstanceSpec {
  readonly name: string;
  readonly vrid: number;
  readonly version: 2 | 3;
  readonly priority: number;
  readonly advertiseMs: number;
  /** With their prefix; an IPv6 router has a link-local one first. */
  readonly addresses: readonly string[];
  /** Default true. */
  readonly preempt?: boolean;
  /** Unicast; multicast without. */
  readonly peers?: readonly string[];
  readonly password?: string;
  readonly virtualMac?: boolean;
}

export type Role = 'init' | 'backup' | 'master' | 'fault';

/** A VRRP program in one router of a segment. */
export interface Node {
  readonly kind: NodeKind;
  readonly host: string;
  start(): Promise<void>;
  /** SIGTERM and its end. */
  stop(): Promise<void>;
  role(instance: string): Promise<Role>;
  /** Whether the router answers for an address now. */
  holds(address: string): Promise<boolean>;
  /** The process that does the program's VRRP, whose death `kill-main` is about. */
  mainPid(): number;
  /** What it said, for a failure's message. */
  log(): string;
  /** Takes away what a killed program left, so that the next one begins on clean ground. */
  tidy(): Promise<void>;
}

export type NodeKind = 'keepalived' | 'frr' | 'fairlead';
export type MakeNode = (segment: Segment, host: string, instances: readonly InstanceSpec[]) => Node;

export const ROOT = process.cwd();
export const PEERS = join(ROOT, '.cache/peers');
const LIBRARIES = ['usr/lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/frr', 'usr/lib/aarch64-linux-gnu'];

/** The environment of a program that set-up only unpacked. */
export const peerEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  LD_LIBRARY_PATH: LIBRARIES.map((path) => join(PEERS, path)).join(':'),
});

export interface Daemon {
  readonly pid: number;
  readonly alive: () => boolean;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<unknown>;
}

/** Starts a program whose output goes to a file, and which outlives no segment. */
export function startDaemon(
  segment: Segment,
  host: string,
  command: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv = process.env,
): Daemon {
  const file = openSync(log, 'a');
  const child: ChildProcess = segment.spawn(host, command, { env, stdio: ['ignore', file, file] });
  closeSync(file);
  const ended = once(child, 'exit').catch(() => undefined);
  return { pid: child.pid ?? 0, alive: () => child.exitCode === null && child.signalCode === null, ended };
}

const ENDING_MS = 15_000;

/** Ends a daemon in order; one that does not end is killed, and that is an error. */
export async function endDaemon(daemon: Daemon | undefined): Promise<void> {
  if (!daemon?.alive()) return;
  process.kill(daemon.pid, 'SIGTERM');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(daemon.pid, 'SIGKILL');
  }, ENDING_MS);
  await daemon.ended;
  clearTimeout(timer);
  if (late) throw new Error(`process ${daemon.pid} did not end within ${ENDING_MS / 1000} s of SIGTERM`);
}

export function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** A failure with what the programs had said. */
export function withLogs(error: unknown, nodes: readonly Node[]): unknown {
  const logs = nodes.map((node) => `\n${node.kind} on ${node.host}:\n${node.log().slice(-3000)}`);
  if (error instanceof Error) error.message += logs.join('');
  return error;
}

/** The address without its prefix. */
export const bare = (address: string): string => address.replace(/\/.*/, '');

/** Lines of `ip` that take addresses off eth0 and virtual interfaces away, forgiving what is not there. */
export async function sweepHost(segment: Segment, host: string, instances: readonly InstanceSpec[]): Promise<void> {
  const links = JSON.parse(await segment.exec(host, ['ip', '-json', 'link', 'show', 'type', 'macvlan'])) as {
    ifname?: string;
  }[];
  const held = new Set(await segment.addresses(host));
  await segment.ip(host, [
    ...links.flatMap(({ ifname }) => (ifname === undefined ? [] : [`link delete ${ifname}`])),
    ...instances.flatMap(({ addresses, virtualMac }) =>
      virtualMac
        ? []
        : addresses.filter((each) => held.has(bare(each))).map((each) => `address delete ${each} dev eth0`),
    ),
  ]);
}
