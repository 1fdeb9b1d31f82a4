import { execFileSync, spawnSync } from 'node:child_process';
import { openIpvs } from '../src/kernel/ipvs.ts';
import type { Figures } from './harness.ts';

/** Work on tables of their own. Every run gets a network namespace: a table that was emptied is not an empty one, the kernel
 *  keeps what was deleted in a trash list for two minutes. */

const MESSAGES_PER_CHUNK = 512;

let namespaces = 0;

/** Gives `work` the path of a new network namespace. */
export async function inNamespace<T>(work: (netns: string) => Promise<T>): Promise<T> {
  const name = `fl-bench-${process.pid}-${namespaces++}`;
  execFileSync('ip', ['netns', 'add', name]);
  // Without any address the kernel takes none for unicast.
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  try {
    return await work(`/run/netns/${name}`);
  } finally {
    execFileSync('ip', ['netns', 'delete', name]);
  }
}

/** The figures of the second of two runs. Between the rounds other programs push our code out of an emulator's cache, and
 *  sides that last less than a second would mostly measure its translation. */
export async function secondOf(run: () => Promise<Figures>): Promise<Figures> {
  await run();
  return run();
}

/** Elapsed and processor time of a shell command in a namespace, from the shell's own accounting. */
export function timed(netns: string, command: string): Record<'elapsedMs' | 'cpuMs' | 'kernelMs', number> {
  // Without --norc, bash takes a socket as its input for a remote shell and reads the user's settings.
  const shell = ['bash', '--norc', '-c', `TIMEFORMAT='%R %U %S'; time ${command}`];
  const { status, stderr } = spawnSync('nsenter', [`--net=${netns}`, ...shell], { encoding: 'utf8' });
  const [elapsed = Number.NaN, user = Number.NaN, system = Number.NaN] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  if (status !== 0 || Number.isNaN(system)) throw new Error(`${command} failed: ${stderr}`);
  return { elapsedMs: elapsed * 1000, cpuMs: (user + system) * 1000, kernelMs: system * 1000 };
}

/** The limit of every apply: a loop in C++ that sends messages which were encoded beforehand. */
export function bareLoop(program: string, messages: string, netns: string): Figures {
  const [applyMs = Number.NaN, refused = Number.NaN] = execFileSync(
    program,
    [messages, netns, String(MESSAGES_PER_CHUNK)],
    { encoding: 'utf8' },
  )
    .split(' ')
    .map(Number);
  if (refused !== 0) throw new Error(`the bare loop had ${refused} messages refused`);
  return { applyMs };
}

/** Throws unless the namespace holds a table of so many destinations. */
export async function expectFull(netns: string, destinations: number): Promise<void> {
  const ipvs = openIpvs({ netns });
  const services = await ipvs.dump({ stats: false });
  ipvs.close();
  const count = services.reduce((sum, service) => sum + service.destinations.length, 0);
  if (count !== destinations) throw new Error(`the table holds ${count} destinations, not ${destinations}`);
}
