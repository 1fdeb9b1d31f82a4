import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, passThrough, ROOT } from './system.mjs';

/** Bundles bench/run.ts and runs it: `npm run bench -- NAME [ARGUMENT...]`.
 *  @param {readonly string[]} args */
export async function bench(args) {
  const folder = join(CACHE, 'bench');
  mkdirSync(folder, { recursive: true });
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(ROOT, 'bench/run.ts')],
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['node-gyp-build'],
    outExtension: { '.js': '.mjs' },
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return passThrough(process.execPath, [join(folder, 'run.mjs'), ...args]);
}
