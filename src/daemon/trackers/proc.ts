import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** What a process is known by. */
export interface Identity {
  /** Clock ticks after boot: with the pid it names one process for good. */
  readonly started: string;
  /** The kernel's name of it, cut after 15 characters. */
  readonly comm: string;
  /** Base name of argv[0]; empty for kernel threads. */
  readonly called: string;
  /** The program's file as the process sees it; empty when unknown. */
  readonly file: string;
}

/** TASK_COMM_LEN without its NUL. */
const COMM_LENGTH = 15;

export const listPids = (proc: string): number[] =>
  readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** Undefined when it is gone, or has ended and only waits for its parent (proc_pid_stat(5)). */
export function readIdentity(proc: string, pid: number): Identity | undefined {
  try {
    const stat = readFileSync(`${proc}/${pid}/stat`, 'utf8');
    const open = stat.indexOf('(');
    const close = stat.lastIndexOf(')');
    const rest = stat.slice(close + 2).split(' ');
    if (open < 0 || close < open || rest[0] === 'Z' || rest[0] === 'X') return undefined;
    const command = readFileSync(`${proc}/${pid}/cmdline`, 'utf8').split('\0', 1)[0] ?? '';
    return {
      started: rest[19] ?? '',
      comm: stat.slice(open + 1, close),
      called: basename(command),
      file: readFile(proc, pid),
    };
  } catch {
    return undefined;
  }
}

/** A program that was replaced on disk runs on under its old name. */
function readFile(proc: string, pid: number): string {
  try {
    return readlinkSync(`${proc}/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}

/** Whether a process is what people call `program`: a name as ps -C knows it, or an absolute path. */
export const isProgram = (identity: Identity, program: string): boolean =>
  program.startsWith('/')
    ? identity.file === program
    : identity.comm === program.slice(0, COMM_LENGTH) || identity.called === program;
