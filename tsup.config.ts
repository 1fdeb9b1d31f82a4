import { defineConfig, type Options } from 'tsup';

// One file to read at start, and no dependency to install beside the addon's loader.
const noExternal = [/^(?!node:|node-gyp-build)/];

const common: Options = {
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // The build removes old output first; two builds that clean would remove each other's.
  clean: false,
  noExternal,
  external: ['node-gyp-build'],
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

export default defineConfig([
  { ...common, entry: { cli: 'src/cli/bin.ts' }, splitting: true },
  // Programs that run inside a lab: one file each, because an emulated machine waits for every file it opens.
  { ...common, entry: { lab: 'src/lab/main.ts', load: 'src/lab/demo/load.ts' }, splitting: false },
  // What other programs import. Its types are bundled when the package is made (src/setup/types.mjs).
  { ...common, entry: { ipvs: 'src/library/ipvs.ts' }, splitting: false, banner: {} },
]);
