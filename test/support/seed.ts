import { fc } from '@fast-check/vitest';

/** Properties draw the same cases in every run, so that a change is judged by itself and not by its luck; `PROPERTY_SEED=random`, or a
 *  number, draws others, to look for what nobody has found yet. */
const { PROPERTY_SEED: seed = '20261129' } = process.env;
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
