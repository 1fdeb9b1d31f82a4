import { join } from 'node:path';
import { bundlePrograms } from './bundle.mjs';
import { CACHE, passThrough, ROOT } from './system.mjs';

/** Bundles bench/run.ts and runs it: `npm run bench -- NAME [ARGUMENT...]`.
 *  @param {readonly string[]} args */
export async function bench(args) {
  const folder = join(CACHE, 'bench');
  await bundlePrograms(folder, [join(ROOT, 'bench/run.ts')]);
  return passThrough(process.execPath, [join(folder, 'run.mjs'), ...args]);
}
