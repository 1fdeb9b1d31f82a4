import { defineConfig, type Options } from 'tsup';

const common: Options = {
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // The build removes old output first; two builds that clean would remove each other's.
  clean: false,
  // One file to read at start, and no dependency to install beside the addon's loader.
  noExternal: [/^(?!node:|node-gyp-build)/],
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
  // Programs that run inside a lab: one file each, because an emulated machine waits for every file it opens.
  { ...common, entry: { lab: 'src/lab/main.ts', load: 'src/lab/demo/load.ts' }, splitting: false },
  // Started by scripts, once per command: small and alone.
  {
    ...common,
    entry: { ipvsadm: 'src/cli/ipvsadm/bin.ts' },
    splitting: false,
    minify: true,
    esbuildPlugins: [withoutUnusedIpaddr],
  },
]);
