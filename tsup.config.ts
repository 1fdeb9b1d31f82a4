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

/** ipaddr.js is one CommonJS file that is kept whole when imported, used or not; the lean entry uses none of it. */
const withoutUnusedIpaddr: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'ipaddr-has-no-side-effects',
  setup(build) {
    build.onResolve({ filter: /^ipaddr\.js$/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === 'resolved') return undefined;
      return { ...(await build.resolve(path, { ...options, pluginData: 'resolved' })), sideEffects: false };
    });
  },
};

export default defineConfig([
  { ...common, entry: { cli: 'src/cli/bin.ts' }, splitting: true },
  // The thread of the election: small, so that it starts at once and costs little memory.
  { ...common, entry: { election: 'src/daemon/election-worker.ts' }, splitting: false, banner: {} },
  // The thread that reads configurations, in a daemon that has better things to do.
  { ...common, entry: { 'config-worker': 'src/daemon/config-worker.ts' }, splitting: false },
  // Programs that run inside a lab: one file each, because an emulated machine waits for every file it opens.
  { ...common, entry: { lab: 'src/lab/main.ts', load: 'src/lab/demo/load.ts' }, splitting: false },
  // What other programs import. Its types are bundled when the package is made (src/setup/types.mjs).
  { ...common, entry: { ipvs: 'src/library/ipvs.ts', client: 'src/api/client.ts' }, splitting: false, banner: {} },
  // Started by scripts, once per command: small and alone.
  {
    ...common,
    entry: { ipvsadm: 'src/cli/ipvsadm/bin.ts' },
    splitting: false,
    minify: true,
    esbuildPlugins: [withoutUnusedIpaddr],
  },
]);
