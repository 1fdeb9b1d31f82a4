import { join } from 'node:path';
import { bundlePrograms } from './bundle.mjs';
import { CACHE, passThrough, ROOT, run } from './system.mjs';

const SOURCE = join(ROOT, 'test/compat');
const FOLDER = join(CACHE, 'compat');

/** Compares Debian's ipvsadm with ours in the lab: `npm run compat -- [--seed N] [--count M] [--processes P] [--only WORDS]`.
 *  @param {readonly string[]} args */
export async function compat(args) {
  await buildCompat();
  return passThrough(process.execPath, [join(FOLDER, 'run.mjs'), ...args]);
}

/** Bundles the suite, and builds what runs Debian's program quickly. */
export async function buildCompat() {
  await bundlePrograms(FOLDER, [join(SOURCE, 'run.ts'), join(SOURCE, 'inside.ts')]);
  const warnings = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror'];
  const shared = ['-shared', '-fPIC', '-static-libstdc++', '-static-libgcc'];
  const files = [join(SOURCE, 'fork-server.cc'), '-o', join(FOLDER, 'fork-server.so')];
  await run('building the fork server', 'g++', [...warnings, ...shared, ...files]);
}
