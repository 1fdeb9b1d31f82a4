import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** libFuzzer over native/fuzz/NAME.cc, with the address and undefined-behaviour sanitizers. The corpus in the repository is
 *  read and never written: a run works on a copy. */

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NATIVE = join(ROOT, 'native');
const CACHE = join(ROOT, '.cache/fuzz');
const FLAGS = ['-std=c++20', '-O1', '-g', '-fno-omit-frame-pointer', `-I${NATIVE}`];
const SANITIZE = '-fsanitize=address,undefined';
const COMPILERS = ['clang++-14', 'clang++'];

/** @param {string} text */
const say = (text) => void process.stdout.write(`${text}\n`);

/** @typedef {{name?: string, seconds?: number, runs?: number, log?: (text: string) => void}} FuzzOptions */

/** Fuzzes one target, or each in turn for `all`, for so many seconds or executions; `npm run fuzz -- NAME SECONDS` or
 *  `NAME -runs=EXECUTIONS` passes words instead. The crashing input is kept in .cache/fuzz. @param {FuzzOptions | readonly string[]} options
 *  @returns {Promise<number>} exit code: 1 when a target crashed, 2 when there is none of that name */
export async function fuzz(options) {
  const {
    name = 'all',
    runs,
    seconds = runs === undefined ? 60 : 0,
    log = say,
  } = isWords(options) ? parse(options) : options;
  const targets = fuzzTargets();
  if (name !== 'all' && !targets.includes(name)) {
    log(`no fuzz target "${name}"; there are: all, ${targets.join(', ')}`);
    return 2;
  }
  let failed = false;
  for (const target of name === 'all' ? targets : [name])
    failed = !(await fuzzOne(target, { seconds, runs: runs ?? -1 }, log)) || failed;
  return failed ? 1 : 0;
}

/** Names of the targets. */
export const fuzzTargets = () =>
  readdirSync(join(NATIVE, 'fuzz'))
    .filter((file) => file.endsWith('.cc'))
    .map((file) => basename(file, '.cc'));

/** @param {FuzzOptions | readonly string[]} options @returns {options is readonly string[]} */
const isWords = (options) => Array.isArray(options);

/** @param {readonly string[]} words @returns {FuzzOptions} */
function parse(words) {
  /** @param {RegExp} pattern */
  const number = (pattern) => {
    const digits = words.map((word) => pattern.exec(word)?.[1]).find((found) => found !== undefined);
    return digits === undefined ? undefined : Number(digits);
  };
  return { name: words.find((word) => /^[a-z]/.test(word)), seconds: number(/^(\d+)$/), runs: number(/^-runs=(\d+)$/) };
}

/** `seconds` 0 and `runs` -1 are no limit. @param {string} target @param {{seconds: number, runs: number}} limits
 *  @param {(text: string) => void} log */
async function fuzzOne(target, { seconds, runs }, log) {
  log(`${target}: building`);
  const binary = await build(target);
  const corpus = join(CACHE, `corpus-${target}`);
  const kept = join(CACHE, `crash-${target}-`);
  rmSync(corpus, { recursive: true, force: true });
  mkdirSync(corpus, { recursive: true });
  const seeds = join(NATIVE, 'fuzz/corpus', target);
  if (existsSync(seeds)) cpSync(seeds, corpus, { recursive: true });
  const args = [
    corpus,
    `-max_total_time=${seconds}`,
    `-runs=${runs}`,
    '-max_len=4096',
    '-print_final_stats=1',
    `-artifact_prefix=${kept}`,
  ];
  const start = performance.now();
  const { code, output } = await run(binary, args);
  const took = Math.round((performance.now() - start) / 1000);
  const executions = /number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? '?';
  const coverage = [...output.matchAll(/cov: (\d+) ft: (\d+) corp: (\d+)/g)].at(-1);
  log(
    `${target}: ${executions} executions in ${took} s, ${coverage?.[1] ?? '?'} edges, ${coverage?.[2] ?? '?'} features, ${coverage?.[3] ?? '?'} inputs`,
  );
  if (code === 0) return true;
  log(`${target}: crashed; the input is ${kept}*\n${output.trim().split('\n').slice(-60).join('\n')}`);
  return false;
}

/** The target with all native code that does not know JavaScript. Objects are cached by what they are made of.
 *  @param {string} target */
async function build(target) {
  mkdirSync(CACHE, { recursive: true });
  const files = readdirSync(NATIVE, { recursive: true, encoding: 'utf8' }).filter(
    (file) => !/^(js|fuzz|warden)\/|^addon/.test(file),
  );
  const headers = createHash('sha256').update(FLAGS.join());
  for (const file of files.filter((name) => name.endsWith('.h')).sort())
    headers.update(readFileSync(join(NATIVE, file)));
  const base = headers.digest('hex');
  const objects = [];
  for (const file of [...files.filter((name) => name.endsWith('.cc')), `fuzz/${target}.cc`]) {
    const source = join(NATIVE, file);
    const hash = createHash('sha256').update(base).update(readFileSync(source)).digest('hex').slice(0, 16);
    const object = join(CACHE, `${basename(file, '.cc')}-${hash}.o`);
    objects.push(object);
    if (existsSync(object)) continue;
    await compile([...FLAGS, `${SANITIZE},fuzzer-no-link`, '-c', source, '-o', `${object}.part`]);
    renameSync(`${object}.part`, object);
  }
  const binary = join(CACHE, target);
  await compile([`${SANITIZE},fuzzer`, ...objects, '-o', binary, '-pthread']);
  return binary;
}

/** @param {readonly string[]} args */
async function compile(args) {
  for (const compiler of COMPILERS) {
    const { code, output } = await run(compiler, args);
    if (code === undefined) continue;
    if (code !== 0) throw new Error(`${compiler} failed:\n${output}`);
    return;
  }
  throw new Error(
    `none of ${COMPILERS.join(', ')} is installed; on Debian: apt-get install clang-14 libclang-rt-14-dev`,
  );
}

/** Runs a program; `code` is undefined when there is none of that name.
 *  @param {string} command @param {readonly string[]} args @returns {Promise<{code: number | undefined, output: string}>} */
function run(command, args) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-200_000);
    });
  }
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: undefined, output }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
