import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

// The C++ that does not know JavaScript, under gcc's address and undefined-behaviour sanitizers, with tests of its own and
// the inputs the fuzzers kept. Objects are cached by what they are made of.
const CACHE = '.cache/native-test';
const FLAGS = ['-std=c++20', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-Inative', '-Itest/native'];
const SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

const list = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => join(folder, file));

const targets = list('native/fuzz', '.cc').map((file) => basename(file, '.cc'));
const binary = join(CACHE, 'native-test');
const ours = (file: string): boolean => !/native\/(js\/|addon)/.test(file);

async function build(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const headers = createHash('sha256');
  for (const file of [...list('native', '.h').filter(ours), ...list('test/native', '.h')])
    headers.update(readFileSync(file));
  const base = headers.update(FLAGS.join()).digest('hex');
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
        ...SANITIZE,
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
  execFileSync('g++', [...SANITIZE, ...jobs.map(({ object }) => object), '-o', binary, '-pthread']);
}

const run = (...args: string[]): string => {
  try {
    return execFileSync(binary, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}${stderr}`);
  }
};

describe('native code under sanitizers', () => {
  beforeAll(build, 600_000);

  test('its own tests pass', () => {
    expect(run()).not.toContain('FAILED');
  }, 120_000);

  test.each(targets)('fuzz target %s withstands its corpus', (target) => {
    const files = list(join('native/fuzz/corpus', target), '');
    expect(files.length).toBeGreaterThan(0);
    expect(run('replay', target, ...files)).toContain(`${target}: ${files.length} inputs`);
  });
});
