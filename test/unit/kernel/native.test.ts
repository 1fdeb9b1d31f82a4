import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

// The C++ that does not know JavaScript, under gcc's address and undefined-behaviour sanitizers, with tests of its own and
// the inputs the fuzzers kept; and the same tests under the thread sanitizer. Objects are cached by what they are made of. Not
// optimized: that costs four times as long to compile, and the sanitizers see the same.
const CACHE = '.cache/native-test';
const FLAGS = ['-std=c++20', '-O0', '-g1', '-Wall', '-Wextra', '-Werror', '-Inative', '-Itest/native'];
const BUILDS = {
  memory: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  threads: ['-fsanitize=thread'],
};
type Build = keyof typeof BUILDS;

const list = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => join(folder, file));

const targets = list('native/fuzz', '.cc').map((file) => basename(file, '.cc'));
const binary = (build: Build): string => join(CACHE, `native-test-${build}`);
// The warden has a main of its own; its one decision is in vrrp/will and vrrp/warden.
const ours = (file: string): boolean => !/native\/(js\/|warden\/|addon)/.test(file);

async function compileAll(build: Build): Promise<void> {
  const sanitize = BUILDS[build];
  mkdirSync(CACHE, { recursive: true });
  const headers = createHash('sha256');
  for (const file of [...list('native', '.h').filter(ours), ...list('test/native', '.h')])
    headers.update(readFileSync(file));
  const base = headers.update([...FLAGS, ...sanitize].join()).digest('hex');
  const sources = [...list('native', '.cc').filter(ours), ...list('test/native', '.cc')];
  const jobs = sources.map((source) => {
    const rename = source.startsWith('native/fuzz') ? [`-DLLVMFuzzerTestOneInput=fuzz_${basename(source, '.cc')}`] : [];
    const hash = createHash('sha256').update(base).update(readFileSync(source)).digest('hex').slice(0, 16);
    return { source, rename, object: join(CACHE, `${basename(source, '.cc')}-${hash}.o`) };
  });
  const missing = jobs.filter(({ object }) => !existsSync(object));
  const compile = async (): Promise<void> => {
    for (let job = missing.pop(); job; job = missing.pop()) {
      await promisify(execFile)('g++', [
        ...FLAGS,
        ...sanitize,
        ...job.rename,
        '-c',
        job.source,
        '-o',
        `${job.object}.part`,
      ]);
      renameSync(`${job.object}.part`, job.object);
    }
  };
  await Promise.all([compile(), compile()]);
  execFileSync('g++', [...sanitize, ...jobs.map(({ object }) => object), '-o', binary(build), '-pthread']);
}

const run = (build: Build, ...args: string[]): string => {
  try {
    return execFileSync(binary(build), args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}${stderr}`);
  }
};

describe.each(Object.keys(BUILDS) as Build[])('native code under sanitizers: %s', (build) => {
  beforeAll(() => compileAll(build), 600_000);

  test('its own tests pass', () => {
    expect(run(build)).not.toContain('FAILED');
  }, 120_000);

  test.each(targets)('fuzz target %s withstands its corpus', (target) => {
    const files = list(join('native/fuzz/corpus', target), '');
    expect(files.length).toBeGreaterThan(0);
    expect(run(build, 'replay', target, ...files)).toContain(`${target}: ${files.length} inputs`);
  });
});
