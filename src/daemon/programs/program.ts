import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { formatDuration } from '../../base/duration.ts';
import type { Ending, Program, Run, RunProgram } from '../../model/program.ts';
import { deferred } from './deferred.ts';
import { LastLine } from './last-line.ts';
import { refusal } from './trust.ts';
import { findUser, type User } from './user.ts';

/** From asking to end to ending by force. */
const GRACE_MS = 1000;
/** Others may hold its streams open after a program has ended. */
const LAST_WORDS_MS = 50;

const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

/** Starts a program in a process group of its own, which is ended whole when its time is up. */
export const runProgram: RunProgram = (program) => {
  const { command, user: name, timeoutMs, hear } = program;
  const user = name === null ? null : findUser(name);
  if (user === undefined) return refused('refused', `user ${name} is not in /etc/passwd`);
  const distrust = refusal(command, name);
  if (distrust !== undefined) return refused('refused', `is not started as root: ${distrust}`);
  let child: ChildProcess;
  try {
    const [file = '', ...args] = commandAs(user, command);
    child = spawn(file, args, optionsFor(program, user));
  } catch (error) {
    return refused('refused', `cannot be started: ${String(error)}`);
  }

  const last = new LastLine(hear === 'both' ? [child.stdout, child.stderr] : [child.stderr]);
  const ending = deferred<Ending>();
  const over = deferred<void>();
  let force: NodeJS.Timeout | undefined;
  let asked = false;
  const end = (outcome: string, text: string): void => {
    ending.resolve({ ok: false, outcome, text });
    if (asked || child.pid === undefined) return;
    asked = true;
    signalGroup(child.pid, 'SIGTERM');
    force = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS);
  };
  const timer = setTimeout(
    () => end('timeout', `ran longer than ${formatDuration(timeoutMs)} and was ended`),
    timeoutMs,
  );
  const gone = (): void => {
    clearTimeout(timer);
    clearTimeout(force);
    // What it leaves behind was asked to end with it.
    if (asked) signalGroup(child.pid, 'SIGKILL');
    over.resolve();
  };
  child.once('error', (error: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return;
    const code = error.code ?? String(error);
    ending.resolve({
      ok: false,
      outcome: OUT_OF_RESOURCES.has(code) ? 'no-resources' : 'refused',
      text: `cannot be started: ${code}${error.path === command[0] ? '' : ` (${error.path})`}`,
    });
    gone();
  });
  child.once('exit', (code, signal) => {
    gone();
    const settle = (): void => {
      clearTimeout(patience);
      ending.resolve(endingOf(code, signal, last.text));
      last.letGo();
    };
    const patience = setTimeout(settle, LAST_WORDS_MS);
    child.once('close', settle);
  });
  return { ending: ending.promise, over: over.promise, stop: () => end('stopped', 'was ended') };
};

function endingOf(code: number | null, signal: NodeJS.Signals | null, line: string): Ending {
  const said = line === '' ? '' : `: ${line}`;
  if (code === null) return { ok: false, outcome: 'signal', text: `was killed by ${signal}${said}` };
  return { ok: code === 0, outcome: `exit-${code}`, text: `ended with ${code}${said}` };
}

const refused = (outcome: string, text: string): Run => ({
  ending: Promise.resolve({ ok: false, outcome, text }),
  over: Promise.resolve(),
  stop() {},
});

const isUs = (user: User): boolean => process.geteuid?.() === user.uid;

/** Node.js changes user and group and clears all further groups; where there are some, setpriv (util-linux) sets all. */
function commandAs(user: User | null, command: readonly string[]): readonly string[] {
  if (user === null || isUs(user) || user.groups.length === 0) return command;
  const ids = [`--reuid=${user.uid}`, `--regid=${user.gid}`, `--groups=${user.groups.join(',')}`];
  return ['setpriv', ...ids, '--', ...command];
}

function optionsFor({ environment, hear }: Program, user: User | null): SpawnOptions {
  const plain = user !== null && !isUs(user) && user.groups.length === 0;
  const { PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG, TZ, HOME } = process.env;
  const who = user ? { USER: user.name, LOGNAME: user.name, HOME: user.home } : { HOME };
  return {
    detached: true,
    cwd: '/',
    env: { PATH, LANG, TZ, ...who, ...environment },
    stdio: ['ignore', hear === 'both' ? 'pipe' : 'ignore', 'pipe'],
    ...(plain ? { uid: user.uid, gid: user.gid } : {}),
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
