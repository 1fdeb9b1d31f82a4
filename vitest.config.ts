import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // Some start programs; on a busy machine these take several times what they need here.
      {
        test: {
          name: 'unit',
          include: ['test/{unit,property,contract}/**/*.test.ts', 'test/*.test.ts'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
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
