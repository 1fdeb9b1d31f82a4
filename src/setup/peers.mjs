import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unpackClosureInto } from './apt.mjs';
import { nodeGyp, nodeHeaders } from './native.mjs';
import { CACHE, ROOT, readJson, run, writeJson } from './system.mjs';

/** What the tests of the network and the benchmarks compare us with and look at us through: other VRRP programs, a
 *  dissector, an injector that shares no code with ours, and the observer. Nothing of it is installed, no service starts. */

const FOLDER = join(CACHE, 'peers');
const PROGRAMS = ['usr/sbin/keepalived', 'usr/lib/frr/vrrpd', 'usr/bin/tshark'];
const PACKAGES = ['keepalived', 'frr', 'tshark'];

export const peersMissing = () =>
  PROGRAMS.some((program) => !existsSync(join(FOLDER, program))) && `${PACKAGES.join(', ')} are to be met`;

export async function unpackPeers() {
  // What an interruption leaves must not look whole.
  rmSync(`${FOLDER}.part`, { recursive: true, force: true });
  await unpackClosureInto(`${FOLDER}.part`, PACKAGES);
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(`${FOLDER}.part`, FOLDER);
}

const INJECTOR = join(ROOT, 'node_modules/raw-socket');
const INJECTOR_STAMP = join(INJECTOR, 'build/node.json');

/** Dependencies are installed without their scripts, so this one's addon is built here. It is no Node-API one and fits one
 *  Node.js alone. */
export const injectorMissing = () =>
  readJson(INJECTOR_STAMP)?.modules !== process.versions.modules && 'not built yet for this Node.js';

export async function buildInjector() {
  const args = [nodeGyp(), 'rebuild', '--release', `--nodedir=${nodeHeaders()}`];
  await run('building raw-socket', process.execPath, args, { cwd: INJECTOR });
  writeJson(INJECTOR_STAMP, { modules: process.versions.modules });
}

/** @param {'observer' | 'sender'} name */
const sourceOf = (name) => join(ROOT, `test/support/network/${name}.cc`);
/** @param {'observer' | 'sender'} name */
const programOf = (name) => join(CACHE, 'network', name);

/** Programs that tests and benchmarks look at a network through, and disturb it with. @param {'observer' | 'sender'} name */
export function programMissing(name) {
  if (!existsSync(programOf(name))) return 'not built yet';
  return statSync(programOf(name)).mtimeMs < statSync(sourceOf(name)).mtimeMs && 'its source has changed';
}

/** @param {'observer' | 'sender'} name */
export async function buildProgram(name) {
  mkdirSync(dirname(programOf(name)), { recursive: true });
  const flags = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread'];
  await run(`building the ${name}`, 'g++', [...flags, sourceOf(name), '-o', programOf(name)]);
}
