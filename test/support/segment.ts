import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Observer, startObserver } from './network/observer.ts';

/** One Ethernet segment of network namespaces on this machine's kernel: a switch, routers, a client, and a `witness` that
 *  hears everything and from which hostile packets are sent.
 *
 *      const segment = await openSegment();          // routers a and b
 *      segment.spawn('a', ['keepalived', ...]);
 *      await segment.cut('a');                       // its switch port forwards nothing, its carrier stays
 *      await segment.close();
 *
 *  Every host has one interface, eth0. Several segments live side by side; what a killed run leaves, the next one removes.
 */
export interface Segment {
  readonly name: string;
  /** A folder for configurations and logs; goes with the segment. */
  readonly folder: string;
  readonly routers: readonly string[];
  readonly observer: Observer;
  /** Runs a program in a host's namespace to its end; throws with its stderr when it fails. */
  exec(host: string, command: readonly string[]): Promise<string>;
  spawn(host: string, command: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs lines of `ip -batch` in a host's namespace. */
  ip(host: string, lines: readonly string[]): Promise<void>;
  /** The processes in a host's namespace. */
  pids(host: string): readonly number[];
  /** Sends a signal to all of them. */
  signal(host: string, signal: NodeJS.Signals): void;
  /** Every address on a host's interfaces that are up. */
  addresses(host: string): Promise<readonly string[]>;
  /** The switch's port of a host forwards nothing any more, but keeps its carrier: a black hole. */
  cut(host: string): Promise<void>;
  mend(host: string): Promise<void>;
  /** The host's own end of its cable. */
  linkDown(host: string): Promise<void>;
  linkUp(host: string): Promise<void>;
  /** The switch's end of it: the host loses its carrier. */
  portDown(host: string): Promise<void>;
  portUp(host: string): Promise<void>;
  close(): Promise<void>;
}

const PREFIX = 'fl-net-';
const SWITCH = 'sw';
const CLIENT = 200;
const WITNESS = 201;

/** Numbers of the hosts: the last part of their addresses 10.77.0.N, fd77::N, fe80::ff:fe00:N (all hexadecimal digits alike,
 *  so host 200 is fd77::200). */
const numberOf = (host: string, routers: readonly string[]): number =>
  host === 'client' ? CLIENT : host === 'witness' ? WITNESS : routers.indexOf(host) + 1;

export const address4 = (number: number): string => `10.77.0.${number}`;
export const address6 = (number: number): string => `fd77::${number}`;
export const linkLocal = (number: number): string => `fe80::ff:fe00:${number.toString(16)}`;
const hardware = (number: number): string => `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;

let opened = 0;
let swept: Promise<void> | undefined;

/** Opens a segment with routers of these names, numbered from 1. Needs root. */
export async function openSegment(routers: readonly string[] = ['a', 'b']): Promise<Segment> {
  swept ??= sweep();
  await swept;
  const name = `${PREFIX}${process.pid}-${opened++}`;
  const hosts = [...routers, 'client', 'witness'];
  const netns = (host: string): string => `${name}-${host}`;
  const all = [SWITCH, ...hosts].map(netns);
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const destroy = async (): Promise<void> => {
    for (const host of hosts) for (const pid of pidsIn(netns(host))) kill(pid, 'SIGKILL');
    await run('ip', ['-batch', '-'], all.map((each) => `netns delete ${each}`).join('\n'));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await run('ip', ['-batch', '-'], all.map((each) => `netns add ${each}`).join('\n'));
    const links = hosts.map((host) => {
      const mac = hardware(numberOf(host, routers));
      return `link add name eth0 netns ${netns(host)} address ${mac} type veth peer name ${host} netns ${netns(SWITCH)}`;
    });
    await run('ip', ['-batch', '-'], links.join('\n'));
    await Promise.all([
      // Without snooping every port gets every multicast, as on a switch without a querier that knows better.
      inside(netns(SWITCH), [
        'link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
        ...hosts.flatMap((host) => [`link set dev ${host} master br0`, `link set dev ${host} up`]),
        'link set br0 up',
      ]),
      ...hosts.map((host) => inside(netns(host), hostLines(numberOf(host, routers)))),
    ]);
    const observer = await startObserver({
      nodes: routers.map((host) => [host, `/run/netns/${netns(host)}`] as const),
      client: `/run/netns/${netns('client')}`,
      witness: `/run/netns/${netns('witness')}`,
      switch: `/run/netns/${netns(SWITCH)}`,
    });
    return segmentOf({ name, folder, routers, observer, netns, destroy });
  } catch (error) {
    await destroy();
    throw error;
  }
}

interface Parts extends Pick<Segment, 'name' | 'folder' | 'routers' | 'observer'> {
  netns(host: string): string;
  destroy(): Promise<void>;
}

function segmentOf({ netns, destroy, ...parts }: Parts): Segment {
  const port = (host: string, ...words: string[]) =>
    run('ip', ['-n', netns(SWITCH), 'link', 'set', 'dev', host, ...words]);
  const forward = (host: string, state: number) =>
    run('bridge', ['-n', netns(SWITCH), 'link', 'set', 'dev', host, 'state', String(state)]);
  const segment: Segment = {
    ...parts,
    exec: (host, command) => run('ip', ['netns', 'exec', netns(host), ...command]),
    spawn: (host, command, options = {}) => spawn('ip', ['netns', 'exec', netns(host), ...command], options),
    ip: (host, lines) => run('ip', ['-n', netns(host), '-batch', '-'], lines.join('\n')).then(() => undefined),
    pids: (host) => pidsIn(netns(host)),
    signal(host, signal) {
      for (const pid of pidsIn(netns(host))) kill(pid, signal);
    },
    async addresses(host) {
      const text = await run('ip', ['-n', netns(host), '-json', 'address', 'show', 'up']);
      const links = JSON.parse(text) as { addr_info?: { local?: string }[] }[];
      return links.flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => (local ? [local] : [])));
    },
    cut: (host) => forward(host, 0).then(() => undefined),
    mend: (host) => forward(host, 3).then(() => undefined),
    linkDown: (host) => run('ip', ['-n', netns(host), 'link', 'set', 'eth0', 'down']).then(() => undefined),
    // The kernel drops a link's IPv6 addresses when it goes down.
    linkUp: (host) => inside(netns(host), ['link set eth0 up', ...addressLines(numberOf(host, parts.routers))]),
    portDown: (host) => port(host, 'down').then(() => undefined),
    portUp: (host) => port(host, 'up').then(() => undefined),
    async close() {
      parts.observer.close();
      await destroy();
    },
  };
  return segment;
}

const addressLines = (number: number): string[] => [
  `address replace ${address4(number)}/24 dev eth0`,
  `address replace ${address6(number)}/64 dev eth0 nodad`,
];

const hostLines = (number: number): string[] => ['link set lo up', 'link set eth0 up', ...addressLines(number)];

/** Runs lines of `ip -batch` in a namespace in which no address has to wait for duplicate address detection. */
async function inside(netns: string, lines: readonly string[]): Promise<void> {
  const script =
    'for f in all default eth0; do echo 0 2>&- >/proc/sys/net/ipv6/conf/$f/accept_dad; done; exec ip -batch -';
  await run('nsenter', [`--net=/run/netns/${netns}`, 'sh', '-c', script], lines.join('\n'));
}

/** Processes by their namespace's file: whoever runs in it, whatever started it. */
function pidsIn(netns: string): number[] {
  const path = `/run/netns/${netns}`;
  if (!existsSync(path)) return [];
  const wanted = `net:[${statSync(path).ino}]`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/ns/net`) === wanted;
      } catch {
        return false;
      }
    });
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Removes the segments of runs that were killed, and their folders. */
async function sweep(): Promise<void> {
  const ofTheDead = (name: string): boolean => {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  const left = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  for (const netns of left.filter(ofTheDead)) {
    for (const each of pidsIn(netns)) kill(each, 'SIGKILL');
    // Another run may be at it too.
    await run('ip', ['netns', 'delete', netns]).catch(() => {});
  }
  for (const folder of readdirSync(tmpdir()).filter(ofTheDead))
    rmSync(join(tmpdir(), folder), { recursive: true, force: true });
}

function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { encoding: 'utf8', maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')}: ${error.message.split('\n')[0]}\n${stderr}${stdout}`));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => {}).end(input);
  });
}

/** Asks again until it is so; the error of the last try, or `what`, when it takes too long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, patienceMs = 30_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`in ${patienceMs / 1000} s it did not come to this: ${what}`);
    await sleep(20);
  }
}
