import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { ipvs: 'src/library/ipvs.ts', client: 'src/api/client.ts' },
  format: 'esm',
  clean: false,
  // Symbol.asyncDispose is younger than the library that a program may name in its own tsconfig.json.
  dts: { only: true, banner: '/// <reference lib="esnext.disposable" />' },
});
