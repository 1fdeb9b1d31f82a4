import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildCompat } from './compat.mjs';
import { CACHE, passThrough, ROOT, readJson, SetupError } from './system.mjs';

/** `npm test`: style and types, the pure tests on this machine, the checks against real servers, the
 *  network tests in namespaces of this machine's kernel, the kernel tests inside one boot of the lab. `npm test -- unit
 *  [PATTERN]`, and so with `servers`, `network` and `kernel`, runs one part. */

/** `failures` has a text for each test that failed: its file and name, then what it said.
 *  @typedef {{passed: number, failed: number, skipped: number, failures?: string[]}} Counts */

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const REPORT_MARK = '@report ';

/** @param {readonly string[]} args */
export async function test(args) {
  const [part, ...patterns] = args;
  /** @type {Record<string, () => Promise<Counts>>} */
  const parts = {
    check,
    unit: () => project('unit', patterns),
    servers: () => asRoot('servers', patterns),
    network: () => asRoot('network', patterns),
    kernel: () => kernel(patterns),
  };
  if (part !== undefined && !parts[part]) {
    throw new SetupError(
      `"${part}" is no part of the tests`,
      `choose one of ${Object.keys(parts).join(', ')}, or none for all`,
    );
  }
  const results = [];
  for (const [name, run] of Object.entries(parts)) {
    if (part !== undefined && part !== name) continue;
    const started = Date.now();
    process.stdout.write(`\n== ${name}\n`);
    const counts = await run();
    results.push({ name, counts, seconds: (Date.now() - started) / 1000 });
  }
  process.stdout.write('\n');
  // Once more at the end, because whoever reads a log of CI may have its last lines only.
  for (const { name, counts } of results) {
    for (const failure of counts.failures ?? []) process.stdout.write(`FAILED ${name}: ${failure}\n`);
  }
  for (const { name, counts, seconds } of results) {
    process.stdout.write(`${name.padEnd(7)} ${closingLine([counts])} (${seconds.toFixed(0)} s)\n`);
  }
  const all = results.map(({ counts }) => counts);
  process.stdout.write(`${closingLine(all)}\n`);
  return all.some(({ failed }) => failed > 0) ? 1 : 0;
}

/** The line that people and CI look for. @param {readonly Counts[]} counts */
export function closingLine(counts) {
  const sum = (/** @type {keyof Counts} */ key) => counts.reduce((total, each) => total + each[key], 0);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped}`;
}

/** What a JSON report of vitest says. A run without tests, and a file that could not be loaded, count as a failure.
 *  @param {any} report @returns {Counts} */
export function countTests(report) {
  const passed = report?.numPassedTests ?? 0;
  const failed = report?.numFailedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  const hidden = failed === 0 && (report?.success !== true || passed === 0) ? 1 : 0;
  return { passed, failed: failed + hidden, skipped, failures: failures(report) };
}

/** @param {any} report @returns {string[]} */
function failures(report) {
  const texts = [];
  for (const file of report?.testResults ?? []) {
    const short = String(file.name).split('/').slice(-3).join('/');
    if (file.message) texts.push(excerpt(`${short}: ${file.message}`));
    for (const test of file.assertionResults ?? []) {
      if (test.status !== 'failed') continue;
      texts.push(excerpt(`${short} > ${test.fullName}\n${(test.failureMessages ?? []).join('\n')}`));
    }
  }
  return texts;
}

/** @param {string} text the message of a test, often followed by a long stack */
function excerpt(text) {
  return text.split('\n').slice(0, 12).join('\n  ').slice(0, 1500);
}

async function check() {
  const node = (/** @type {string} */ file, /** @type {string[]} */ args) =>
    passThrough(process.execPath, [join(ROOT, file), ...args]);
  const codes = [
    await node('node_modules/@biomejs/biome/bin/biome', ['check', '.']),
    await node('node_modules/typescript/bin/tsc', []),
  ];
  const failed = codes.filter((code) => code !== 0).length;
  return { passed: codes.length - failed, failed, skipped: 0 };
}

/** @param {string} name of vitest's project @param {readonly string[]} patterns */
async function asRoot(name, patterns) {
  if (process.getuid?.() !== 0) {
    process.stdout.write(`the ${name} tests make namespaces, which needs root: run this as root\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return project(name, patterns);
}

/** @param {string} name of vitest's project @param {readonly string[]} patterns */
async function project(name, patterns) {
  const report = join(CACHE, `test/${name}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await passThrough(process.execPath, [VITEST, 'run', '--project', name, ...reporters, ...patterns]);
  const counts = countTests(readJson(report));
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Bundles the kernel tests here, because an emulated machine takes long to transform sources, and runs them there.
 *  @param {readonly string[]} patterns */
async function kernel(patterns) {
  const folder = await bundleKernelTests();
  await buildCompat();
  const vitest = [
    process.execPath,
    VITEST,
    'run',
    '--root',
    folder,
    '--config',
    'vitest.config.mjs',
    '--configLoader',
    'native',
  ];
  const reporters = ['--reporter=verbose', '--reporter=json', '--outputFile.json=/tmp/report.json'];
  // What the guest writes stays in its memory, so the report comes out through stdout.
  const script = `"$@"; code=$?; printf '\\n%s%s\\n' '${REPORT_MARK}' "$(cat /tmp/report.json)"; exit $code`;
  const inside = ['sh', '-c', script, 'sh', ...vitest, ...reporters, ...patterns];
  const child = spawn(
    process.execPath,
    [join(ROOT, 'dist/lab.js'), 'run', '--lab', `test-${process.pid}`, 'web', 'root', ...inside],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let rest = '';
  let report;
  const line = (/** @type {string} */ text) => {
    if (text.startsWith(REPORT_MARK)) report = parse(text.slice(REPORT_MARK.length));
    else process.stdout.write(`${text}\n`);
  };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const each of lines) line(each);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (rest) line(rest);
  const { passed, failed, skipped, failures } = countTests(report);
  // A kernel test that cannot run here is a failure: here is where it has to run.
  const bad = failed + skipped;
  return { passed, failed: code !== 0 && bad === 0 ? 1 : bad, skipped: 0, failures };
}

async function bundleKernelTests() {
  const folder = join(CACHE, 'kernel-tests');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const source = join(ROOT, 'test/kernel');
  const { build } = await import('esbuild');
  await build({
    entryPoints: readdirSync(source)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(source, basename(name))),
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    packages: 'external',
    logLevel: 'warning',
  });
  const test = {
    include: ['*.test.js'],
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // The bundles are plain JavaScript that Node can load by itself.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  };
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify({ test })};\n`);
  return folder;
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
