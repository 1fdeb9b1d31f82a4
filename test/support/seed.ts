import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Properties draw the same cases in every run, so that a change is judged by itself and not by its luck; `PROPERTY_SEED=random`, or a
 *  number, draws others, to look for what nobody has found yet. */
const { PROPERTY_SEED: seed = '20261129' } = process.env;
const { testPath } = expect.getState();
// To load the library costs more than most files of tests.
const draws = testPath === undefined || readFileSync(testPath, 'utf8').includes('fast-check');
if (draws && seed !== 'random') {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ seed: Number(seed) });
}
