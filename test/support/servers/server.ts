import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.ts';

/** A server program from Debian on loopback, in a mount namespace in which what set-up unpacked lies over this machine's
 *  /usr and /etc, so that it finds everything where it was built to. */

export interface ServerRow {
  /** Makes what it needs in its folder before it starts. */
  readonly prepare?: (server: Place) => void;
  readonly command: (server: Place) => readonly string[];
  /** A program that refuses root runs as this user. */
  readonly user?: string;
  /** Resolves true when it serves; asked every 50 ms. */
  readonly ready: (server: Place) => Promise<boolean>;
}

export interface Place {
  readonly folder: string;
  readonly port: number;
  /** Runs a program of the unpacked packages to its end, in the same surroundings, and answers its output. */
  readonly run: (command: readonly string[], input?: string) => string;
}

export interface RunningServer extends Place {
  /** It stays, and answers nobody. */
  hang(): void;
  goOn(): void;
  stop(): Promise<void>;
}

const UNPACKED = fileURLToPath(new URL('../../../.cache/servers', import.meta.url));
const PATIENCE_MS = 60_000;

/** Overlays without an upper layer are read-only, as these should be. */
const WITHIN = `for d in usr etc; do
  [ -d "$0/$d" ] && { mount -t overlay overlay -o "lowerdir=$0/$d:/$d" "/$d" || exit 97; }
done
exec "$@"`;

const within = (command: readonly string[], user: string | undefined): [string, string[]] => {
  const as = user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=nogroup`, '--clear-groups', '--'];
  return ['unshare', ['-m', 'sh', '-c', WITHIN, UNPACKED, ...as, ...command]];
};

export async function startServer(row: ServerRow, given: { port?: number } = {}): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-server-'));
  // Whoever it runs as owns the folder; others may look in.
  chmodSync(folder, 0o755);
  if (row.user !== undefined) execFileSync('chown', [row.user, folder]);
  const run = (command: readonly string[], input = ''): string => {
    const [file, args] = within(command, row.user);
    const { status, stdout, stderr } = spawnSync(file, args, { cwd: folder, input, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr || stdout}`);
    return stdout;
  };
  const place: Place = { folder, port: given.port ?? (await freePort()), run };
  row.prepare?.(place);
  const [file, args] = within(row.command(place), row.user);
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => words.push(String(part)));
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const signal = (name: NodeJS.Signals): void => signalGroup(child, name);
  const stop = async (): Promise<void> => {
    signal('SIGCONT');
    signal('SIGKILL');
    await gone;
    // Those it started may answer for a moment longer.
    while (groupLives(child.pid)) await sleep(10);
    rmSync(folder, { recursive: true, force: true });
  };
  const end = Date.now() + PATIENCE_MS;
  while (!(await row.ready(place).catch(() => false))) {
    if (child.exitCode === null && child.signalCode === null && Date.now() < end) {
      await sleep(50);
      continue;
    }
    await stop();
    throw new Error(
      `${args.at(-1)} does not serve (${child.exitCode ?? child.signalCode}): ${words.join('').slice(-2000)}`,
    );
  }
  return { ...place, hang: () => stopped(child, signal), goOn: () => signal('SIGCONT'), stop };
}

/** It leads a process group of its own: those it starts are meant as well. */
function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // Nobody of the group is left.
  }
}

/** Anybody of a process group is there who is not merely unburied. */
function groupLives(group: number | undefined): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      // proc_pid_stat(5): state, parent and group follow the name in brackets.
      const [state, , of] = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return Number(of) === group && state !== 'Z';
    } catch {
      return false;
    }
  });
}

/** A signal is on its way for a moment, in which the server may still answer. */
function stopped(child: ChildProcess, signal: (name: NodeJS.Signals) => void): void {
  signal('SIGSTOP');
  const tasks = `/proc/${child.pid}/task`;
  const end = Date.now() + 2000;
  const halted = (): boolean =>
    readdirSync(tasks).every((task) =>
      / [Tt] /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8').replace(/^.*\)/, '')),
    );
  while (!halted() && Date.now() < end);
}
