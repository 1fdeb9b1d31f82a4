import { spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Where everything is. Set-up writes below `cache`, `node_modules`, `dist`, `build` and nowhere else, but for the
 *  packages that apt installs. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const CACHE = join(ROOT, '.cache');

/** A failure that says what to do; printed without a stack. */
export class SetupError extends Error {
  /** @param {string} message @param {string} [advice] */
  constructor(message, advice) {
    super(message);
    this.advice = advice;
  }
}

/** @param {string} text */
export const say = (text) => void process.stderr.write(`set-up: ${text}\n`);

const SYSTEM_PATHS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** The path of a program, looked for in PATH, in the system's own folders and in `extra` ones.
 *  @param {string} name @param {readonly string[]} [extra] @returns {string | undefined} */
export function findProgram(name, extra = []) {
  for (const folder of [...extra, ...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_PATHS]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** Runs a program and says how long it has been at it when that is long. Rejects with the beginning and the end of what it
 *  printed.
 *  @param {string} what shown while it runs
 *  @param {string} command
 *  @param {readonly string[]} args
 *  @param {{cwd?: string, env?: NodeJS.ProcessEnv, argv0?: string, tolerate?: boolean}} [options]
 *  @returns {Promise<string>} what it printed on stdout */
export async function run(what, command, args, options = {}) {
  const { tolerate, ...rest } = options;
  const child = spawn(command, args, { cwd: ROOT, ...rest, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let head = '';
  let tail = '';
  const keep = (/** @type {string} */ text) => {
    if (head.length < 1000) head += text;
    else tail = (tail + text).slice(-2000);
  };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
    keep(text);
  });
  child.stderr.setEncoding('utf8').on('data', keep);
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  const code = await ticking(what, done).catch((error) => {
    throw new SetupError(`${command} cannot be started: ${error.message}`);
  });
  if (code !== 0 && !tolerate) {
    throw new SetupError(
      `${what} failed: \`${command} ${args.join(' ')}\` ended with ${code}\n${head.trim()}${tail && '\n[...]\n'}${tail.trim()}`,
    );
  }
  return out;
}

/** Shows the seconds that something takes, once it takes more than two: on one line of a terminal, else on a new line at
 *  growing intervals, so that a log stays short.
 *  @template T @param {string} what @param {Promise<T>} promise @returns {Promise<T>} */
export async function ticking(what, promise) {
  const started = Date.now();
  const terminal = process.stderr.isTTY;
  let next = 2;
  const timer = setInterval(() => {
    const seconds = Math.floor((Date.now() - started) / 1000);
    if (seconds < next) return;
    next = terminal ? seconds + 1 : seconds * 2;
    process.stderr.write(terminal ? `\r\x1b[Kset-up: ${what} (${seconds} s)` : `set-up: ${what} (${seconds} s)\n`);
  }, 250);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
    if (terminal && next > 2) process.stderr.write('\r\x1b[K');
  }
}

/** Runs a program that talks to the person itself; resolves with its exit code.
 *  @param {string} command @param {readonly string[]} args @param {import('node:child_process').SpawnOptions} [options]
 *  @returns {Promise<number>} */
export function passThrough(command, args, options = {}) {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  // A terminal's Ctrl-C reaches the child too; it decides how to end, and this process waits for it.
  const wait = () => {};
  const forward = () => child.kill('SIGTERM');
  process.on('SIGINT', wait);
  process.on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/** Does the work while no other set-up of this clone runs.
 *  @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export async function locked(work) {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, 'lock');
  let told = false;
  for (;;) {
    try {
      const lock = openSync(file, 'wx');
      writeSync(lock, `${process.pid} ${startTime(process.pid)}`);
      closeSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isStale(file)) rmSync(file, { force: true });
      else if (!told) {
        told = true;
        say('another set-up of this clone is running; waiting for it');
      }
      await sleep(100);
    }
  }
  const unlock = () => rmSync(file, { force: true });
  process.once('exit', unlock);
  try {
    return await work();
  } finally {
    process.off('exit', unlock);
    unlock();
  }
}

/** @param {string} file */
function isStale(file) {
  try {
    const [pid, started] = readFileSync(file, 'utf8').split(' ');
    // An empty file is one that is being written.
    return pid !== '' && startTime(Number(pid)) !== started;
  } catch {
    return false;
  }
}

/** When a process started: tells it from a later one with the same number.
 *  @param {number} pid @returns {string} */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** @param {string} file @returns {any} the JSON in a file, undefined when there is none */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} file @param {unknown} value */
export function writeJson(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

export { existsSync };
