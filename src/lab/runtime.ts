import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../base/errors.ts';
import { ROOT_DIRECTORY } from './installation.ts';
import { quote } from './network.ts';

/** What is known about a lab from outside: one folder each, for its owner only. */
const BASE = runtimeBase();
const STATE = 'state.json';

export interface LabState {
  readonly name: string;
  readonly driver: 'host' | 'vm';
  readonly topology: string;
  /** The process whose end is the lab's end, and when it started (a number may come again). */
  readonly pid: number;
  readonly startTime: string;
  readonly directory: string;
  /** The clone it was started from. */
  readonly home: string;
  readonly exposed: Readonly<Record<string, number>>;
}

export const labDirectory = (name: string): string => join(BASE, name);

/** Makes a lab's folder; refuses a name that a running lab has. What a dead one left in it goes first. */
export function claim(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
    throw failure('lab-failed', {
      reason: `"${name}" is no name for a lab`,
      advice: 'use lower case letters, digits and dashes',
    });
  }
  sweep();
  const directory = labDirectory(name);
  mkdirSync(BASE, { recursive: true, mode: 0o700 });
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    throw failure(
      'lab-failed',
      { reason: `lab "${name}" is there already`, advice: '`npm run lab -- down` ends it' },
      error,
    );
  }
  // From the first moment, so that a second opener sees a living owner and not a left-over.
  publish({ name, driver: 'vm', topology: '', directory, exposed: {}, ...self() });
  return directory;
}

const self = () => ({ pid: process.pid, startTime: startTimeOf(process.pid) ?? '', home: ROOT_DIRECTORY });

export function publish(state: Omit<LabState, 'pid' | 'startTime' | 'home'>): void {
  const file = join(state.directory, STATE);
  writeFileSync(`${file}.new`, JSON.stringify({ ...state, ...self() }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The labs that run now. */
export function runningLabs(): LabState[] {
  return folders().flatMap((name) => {
    const state = readState(name);
    return state && isAlive(state) ? [state] : [];
  });
}

/** Removes the folders of labs whose owner has died. */
export function sweep(): void {
  for (const name of folders()) {
    const state = readState(name);
    if (state && !isAlive(state)) rmSync(labDirectory(name), { recursive: true, force: true });
  }
}

/** Starts a shell that removes the folder when this process has ended, however it ends. */
export function removeAfterEnd(directory: string): () => void {
  const script = `cat > /dev/null; rm -rf --one-file-system ${quote(directory)}`;
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return () => child.stdin?.end();
}

export const isAlive = (state: LabState): boolean => startTimeOf(state.pid) === state.startTime;

function readState(name: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(join(labDirectory(name), STATE), 'utf8')) as LabState;
  } catch {
    return undefined;
  }
}

const folders = (): string[] => (existsSync(BASE) ? readdirSync(BASE) : []);

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; field 22 is counted from behind it.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

function runtimeBase(): string {
  if (process.getuid?.() === 0) return '/run/fairlead-lab';
  return join(process.env.XDG_RUNTIME_DIR ?? '/tmp', `fairlead-lab-${process.getuid?.() ?? 0}`);
}
