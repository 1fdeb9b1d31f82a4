import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/{unit,property,contract}/**/*.test.ts', 'test/*.test.ts'] } },
      // Real servers from Debian, each in a mount namespace, as root.
      {
        test: {
          name: 'servers',
          include: ['test/servers/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      // In namespaces of this machine's kernel, as root; one file after the other, because they are about time.
      {
        test: {
          name: 'network',
          include: ['test/network/**/*.test.ts'],
          fileParallelism: false,
          maxConcurrency: 8,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      // Runs inside the lab only: `npm test` takes it there.
      {
        test: {
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
