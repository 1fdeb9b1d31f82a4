import { mkdirSync } from 'node:fs';

/** Bundles programs of ours for Node into a folder, each `x.ts` as `x.mjs`.
 *  @param {string} folder @param {string[]} entryPoints */
export async function bundlePrograms(folder, entryPoints) {
  mkdirSync(folder, { recursive: true });
  const { build } = await import('esbuild');
  await build({
    entryPoints,
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
}
