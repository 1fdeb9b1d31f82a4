import { join } from 'node:path';
import { ROOT, run } from './system.mjs';

/** Bundles the types of `fairlead/ipvs` and `fairlead/client` into dist/: files that need no package of ours, so that a program with
 *  only fairlead installed compiles against it. */
export async function bundleTypes() {
  const tsup = join(ROOT, 'node_modules/tsup/dist/cli-default.js');
  await run('bundling types', process.execPath, [tsup, '--config', 'tsup.types.config.ts', '--silent']);
}
