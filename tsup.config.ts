import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { cli: 'src/cli/bin.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: true,
  clean: true,
  // One file to read at start, and no dependency to install beside the addon's loader.
  noExternal: [/^(?!node:|node-gyp-build)/],
  external: ['node-gyp-build'],
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
