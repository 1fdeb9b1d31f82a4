import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Builds the native addon. Ships in the package, so it uses nothing of the rest of src/setup. */

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ADDON = join(ROOT, 'build/Release/fairlead.node');
const WARDEN = join(ROOT, 'build/Release/fairlead-warden');
const STAMP = join(ROOT, 'build/fairlead.stamp');
const require = createRequire(import.meta.url);

const compiler = () => process.env.CXX ?? 'g++';

/** @param {string} text */
const say = (text) => void process.stderr.write(`${text}\n`);

/** Why the addon has to be built, or false. Costs some milliseconds.
 *  @returns {string | false} */
export function nativeMissing() {
  if (!existsSync(ADDON) || !existsSync(WARDEN)) return 'not built yet';
  return read(STAMP) !== inputs() && 'the sources or the compiler have changed since the last build';
}

/** Builds build/Release/fairlead.node unless nothing it is made of has changed. Never downloads: the headers are those that
 *  came with this Node.js. @param {{log?: (text: string) => void, force?: boolean}} [options] */
export async function buildNative({ log = say, force = false } = {}) {
  if (!force && !nativeMissing()) return;
  const stamp = inputs();
  const headers = nodeHeaders();
  rmSync(STAMP, { force: true });
  const verb = force ? ['rebuild'] : ['configure', 'build'];
  const args = [nodeGyp(), ...verb, `--nodedir=${headers}`, '--release', '--jobs=max'];
  const { code, output } = await collect(process.execPath, args);
  if (code !== 0) throw new Error(`building the native addon failed:\n${output.trim()}`);
  writeFileSync(STAMP, stamp);
  log(`native addon: built ${ADDON}`);
}

/** True when an addon for this machine is there and loads. */
export function nativeLoads() {
  try {
    require('node-gyp-build')(ROOT);
    return true;
  } catch {
    return false;
  }
}

/** Fills prebuilds/ for the package from a clean build; prebuildify strips it and names it. @returns {Promise<number>} exit code */
export async function prebuild() {
  const headers = nodeHeaders();
  rmSync(join(ROOT, 'prebuilds'), { recursive: true, force: true });
  // prebuildify has no option for the headers' place; node-gyp takes it from the environment too.
  process.env.npm_config_nodedir = headers;
  const options = { cwd: ROOT, napi: true, strip: true, quiet: true, targets: [process.version], nodeGyp: nodeGyp() };
  await new Promise((resolve, reject) => {
    require('prebuildify')(options, (/** @type {Error | null} */ error) =>
      error ? reject(error) : resolve(undefined),
    );
  });
  // It moved the build away; whoever goes on working in the clone still wants it.
  const folder = join(ROOT, 'prebuilds', `${process.platform}-${process.arch}`);
  mkdirSync(dirname(ADDON), { recursive: true });
  for (const name of readdirSync(folder)) copyFileSync(join(folder, name), ADDON);
  // prebuildify knows addons only.
  copyFileSync(WARDEN, join(folder, 'fairlead-warden'));
  spawnSync('strip', [join(folder, 'fairlead-warden')]);
  writeFileSync(STAMP, inputs());
  return 0;
}

/** Everything the build depends on, as one hash. Node-API keeps its promise across Node.js releases, so of Node.js only the
 *  highest version of that counts. */
function inputs() {
  const hash = createHash('sha256');
  const { stdout } = spawnSync(compiler(), ['-dumpfullversion', '-dumpmachine'], { encoding: 'utf8' });
  hash.update(`napi ${process.versions.napi} ${process.arch} ${compiler()} ${stdout}\n`);
  const sources = readdirSync(join(ROOT, 'native'), { recursive: true, encoding: 'utf8' });
  for (const name of sources.filter((file) => /^(?!fuzz).*\.(cc|h|gypi)$/.test(file)).sort()) {
    hash.update(`${name}\n`).update(readFileSync(join(ROOT, 'native', name)));
  }
  return hash.update(readFileSync(join(ROOT, 'binding.gyp'))).digest('hex');
}

/** The folder whose include/node holds this Node.js's headers. */
export function nodeHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const header = join(prefix, 'include/node/node_api.h');
  if (existsSync(header)) return prefix;
  throw new Error(
    `the headers of Node.js are missing: looked for ${header}. They come with the Node.js tarball and with the packages of NodeSource; on Debian install libnode-dev.`,
  );
}

/** node-gyp's script: npm's own while npm installs us, else the development dependency. */
export function nodeGyp() {
  const candidates = [process.env.npm_config_node_gyp, optional('node-gyp/bin/node-gyp.js')];
  for (const script of candidates) if (script && existsSync(script)) return script;
  throw new Error('node-gyp is missing: install with npm, which brings it, or run `npm ci` in the clone.');
}

/** @param {string} name */
function optional(name) {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** @param {string} command @param {readonly string[]} args @returns {Promise<{code: number | null, output: string}>} */
function collect(command, args) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-20_000);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** @param {string} file */
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
