import { join } from 'node:path';
import { setUp } from './steps.mjs';
import { locked, passThrough, ROOT, SetupError } from './system.mjs';

/** The scripts of package.json: `node src/setup/main.mjs VERB [ARGUMENT...]`. Plain JavaScript without dependencies,
 *  because it runs before anything is installed. */

const node = (/** @type {string} */ file, /** @type {readonly string[]} */ args) =>
  passThrough(process.execPath, [join(ROOT, file), ...args]);

/** What each verb does once all it needs is there; the result is the exit code.
 *  @type {Record<string, (args: readonly string[]) => Promise<number>>} */
const VERBS = {
  start: (args) => node('dist/cli.js', ['demo', ...args]),
  // The lab's own bundle has the same commands as `fairlead lab` and starts faster.
  lab: (args) => node('dist/lab.js', args),
  test: async (args) => (await import('./test.mjs')).test(args),
  interop: async (args) => (await import('./test.mjs')).test(['network', ...(args.length > 0 ? args : ['interop'])]),
  walkthrough: async (args) => (await import('./test.mjs')).test(['kernel', 'walkthrough', ...args]),
  bench: async (args) => (await import('./bench.mjs')).bench(args),
  compat: async (args) => (await import('./compat.mjs')).compat(args),
  fuzz: async (args) => (await import('./fuzz.mjs')).fuzz(args),
  build: async () => 0,
  'test-nodes': async () => (await import('./test-nodes.mjs')).testNodes(),
  async prepack() {
    await (await import('./types.mjs')).bundleTypes();
    return (await import('./native.mjs')).prebuild();
  },
};

const [verb = '', ...args] = process.argv.slice(2);
try {
  if (verb === 'clean') process.exitCode = await (await import('./clean.mjs')).clean(args);
  else if (VERBS[verb]) {
    await locked(() => setUp(verb));
    process.exitCode = await VERBS[verb](args);
  } else throw new SetupError(`"${verb}" is not one of ${Object.keys(VERBS).join(', ')}, clean`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`set-up: ${error.message}\n${error.advice ? `set-up: ${error.advice}\n` : ''}`);
  process.exitCode = 1;
}
