import { accessSync, constants, lstatSync, readlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { FairleadError } from '../../base/errors.ts';
import { failure } from '../../base/errors.ts';
import type { CheckSettings, Desired, Hooks } from '../../model/desired.ts';
import type { Notify } from '../../model/instance.ts';
import { findUser } from './user.ts';

/** What runs as root must not be for others to change: neither the program, nor a folder or link on the way to it
 *  (keepalived's enable_script_security, which is off unless asked for). What a program reads or starts is its own affair. */

const ROOT = 0;
const OTHERS_MAY_WRITE = 0o002;
const GROUP_MAY_WRITE = 0o020;
/** In such a folder (/tmp) nobody takes away or renames what belongs to others. */
const STICKY = 0o1000;
const MOST_LINKS = 40;
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Why a program cannot be trusted; undefined when only root can change it, or when there is none. `program`: a path, or a name
 *  to be found in `path`. */
export function distrusted(
  program: string,
  { path = process.env.PATH ?? USUAL_PATH, owners = [ROOT] }: Trusted = {},
): string | undefined {
  const found = program.includes('/') ? program : pathOf(program, path);
  return found === undefined ? undefined : walk(found.startsWith('/') ? found : join('/', found), owners);
}

interface Trusted {
  readonly path?: string;
  /** User ids that may own what is run. */
  readonly owners?: readonly number[];
}

const pathOf = (name: string, path: string): string | undefined =>
  path
    .split(delimiter)
    .map((folder) => join(folder || '/', name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

function walk(path: string, owners: readonly number[]): string | undefined {
  const left = path.split('/').filter(isStep);
  let at = '/';
  let links = 0;
  for (let why = faultOf('/', owners); ; why = faultOf(at, owners)) {
    if (typeof why === 'string') return why;
    const step = left.shift();
    if (step === undefined) return undefined;
    if (step === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, step);
    const target = linkOf(next);
    // It is not there: nothing runs.
    if (target === null) return undefined;
    if (target === '') {
      at = next;
      continue;
    }
    const { uid } = lstatSync(next);
    if (!owners.includes(uid)) return `${next} belongs to uid ${uid}`;
    if (++links > MOST_LINKS) return `${next} is one link too many`;
    left.unshift(...target.split('/').filter(isStep));
    if (target.startsWith('/')) at = '/';
  }
}

const isStep = (part: string): boolean => part !== '' && part !== '.';

/** Where a link leads; empty for what is none, null for what is not there. */
function linkOf(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : '';
  } catch {
    return null;
  }
}

function faultOf(path: string, owners: readonly number[]): string | undefined {
  const stats = lstatSync(path);
  if (!owners.includes(stats.uid)) return `${path} belongs to uid ${stats.uid}`;
  if (stats.isDirectory() && (stats.mode & STICKY) !== 0) return undefined;
  const mode = `0${(stats.mode & 0o7777).toString(8)}`;
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) return `everybody may write ${path} (mode ${mode})`;
  if ((stats.mode & GROUP_MAY_WRITE) !== 0 && stats.gid !== 0)
    return `group ${stats.gid} may write ${path} (mode ${mode})`;
  return undefined;
}

/** Whether a program that was asked for runs as root. */
const asRoot = (user: string | null): boolean =>
  process.geteuid?.() === ROOT && (user === null || findUser(user)?.uid === ROOT);

/** Why this program must not be started; undefined when it may. */
export const refusal = (command: readonly string[], user: string | null): string | undefined =>
  asRoot(user) ? distrusted(command[0] ?? '') : undefined;

interface Wanted {
  readonly command: readonly string[];
  readonly user: string | null;
}

/** Programs that would run as root and that others can change, before anything is changed because of them. */
export function programProblems(desired: Desired): FairleadError[] {
  const found = new Map<string, FairleadError>();
  // Thousands of servers run the same.
  const looked = new Set<string>();
  for (const { command, user } of wantedBy(desired)) {
    const [program = ''] = command;
    const who = `${user ?? ''} ${program}`;
    const reason = looked.has(who) ? undefined : refusal(command, user);
    looked.add(who);
    if (reason !== undefined) found.set(program, failure('program-untrusted', { program, reason }));
  }
  return [...found.values()];
}

function* wantedBy({ instances, groups, services }: Desired): Generator<Wanted, void> {
  for (const { notify } of [...instances, ...groups]) yield* hooksOf(notify);
  for (const { track } of instances) for (const tracker of track) if (tracker.kind === 'script') yield tracker;
  const checks = new Set<CheckSettings>();
  for (const { quorum, servers } of services) {
    if (quorum) yield* upAndDown(quorum);
    for (const { check, notify } of servers) {
      if (check) checks.add(check);
      if (notify) yield* upAndDown(notify);
    }
  }
  for (const { check } of checks) yield* scriptsIn(check);
}

function* hooksOf({ user, on, beforeRelease }: Notify): Generator<Wanted, void> {
  for (const command of [...Object.values(on), beforeRelease]) if (command) yield { command, user };
}

function* upAndDown({ up, down, user }: Hooks): Generator<Wanted, void> {
  for (const command of [up, down]) if (command) yield { command, user };
}

/** A check may be made of several. */
function* scriptsIn(value: unknown): Generator<Wanted, void> {
  if (typeof value !== 'object' || value === null) return;
  if ('kind' in value && value.kind === 'script' && 'command' in value && isCommand(value.command)) {
    yield { command: value.command, user: 'user' in value && typeof value.user === 'string' ? value.user : null };
    return;
  }
  for (const inner of Object.values(value)) yield* scriptsIn(inner);
}

const isCommand = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string');
