import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { install, TOOLS, unpack, unpackInto } from './apt.mjs';
import { fetchKernel, kernelMissing, kvmUnknown, probeKvm } from './kernel.mjs';
import { buildInjector, buildProgram, injectorMissing, peersMissing, programMissing, unpackPeers } from './peers.mjs';
import { prometheusMissing, unpackPrometheus } from './prometheus.mjs';
import { serversMissing, unpackServers } from './servers.mjs';
import { CACHE, findProgram, ROOT, run, SetupError, say, ticking } from './system.mjs';

/** What has to be there before a command can run: one row each, in order. */

/** @typedef {object} Step
 *  @property {string} name
 *  @property {readonly string[]} verbs the commands that need it; `*` is all of them
 *  @property {() => string | false | Promise<string | false>} missing why there is something to do, or false
 *  @property {() => void | Promise<void>} install
 */

const LAB = ['start', 'test', 'lab', 'walkthrough', 'bench', 'compat'];
/** Commands that need namespaces of this machine's kernel and other VRRP programs in them. */
const NETWORK = ['test', 'bench', 'interop'];
const BUILD = [...LAB, 'interop', 'build', 'test-nodes', 'prepack'];

/** Programs that this machine itself runs: each with the package that brings it. */
export const PROGRAMS = [
  { program: 'qemu-system-x86_64', package: 'qemu-system-x86', verbs: LAB },
  { program: 'g++', package: 'g++', verbs: BUILD },
  { program: 'make', package: 'make', verbs: BUILD },
  // Not python3 itself: Debian's python3-minimal has that too, without the modules that node-gyp imports.
  { program: 'pydoc3', package: 'python3', verbs: BUILD },
  { program: 'ip', package: 'iproute2', verbs: NETWORK },
  { program: 'tmux', package: 'tmux', verbs: ['test', 'test-nodes'] },
  // Completions are tried in the real shells.
  { program: 'zsh', package: 'zsh', verbs: ['test', 'test-nodes'] },
  { program: 'fish', package: 'fish', verbs: ['test', 'test-nodes'] },
  { program: 'clang++-14', package: 'clang-14', verbs: ['fuzz'] },
  {
    program: '/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a',
    package: 'libclang-rt-14-dev',
    verbs: ['fuzz'],
  },
];

/** Programs that only the lab runs. They are unpacked for it and not installed, so no service starts and none stays. */
export const LAB_PROGRAMS = [
  { program: 'busybox', package: 'busybox-static' },
  { program: 'kmod', package: 'kmod' },
  { program: 'ip', package: 'iproute2' },
  { program: 'nginx', package: 'nginx' },
  { program: 'ipvsadm', package: 'ipvsadm' },
  { program: 'curl', package: 'curl' },
  { program: 'ping', package: 'iputils-ping' },
  { program: 'ps', package: 'procps' },
  { program: 'tcpdump', package: 'tcpdump' },
];

/** ldirectord, which one test runs on our ipvsadm, with the parts of Perl that it loads. Below .cache alone and only read
 *  from there, because a lab that held them would take longer to boot. */
const LDIRECTORD = {
  folder: join(CACHE, 'ldirectord'),
  packages: [
    'ldirectord',
    ...['perl-base', 'perl-modules-5.36', 'libperl5.36'],
    ...['libwww-perl', 'libhttp-message-perl', 'libhttp-date-perl', 'libnet-http-perl', 'liburi-perl'],
    ...['libsocket6-perl', 'libio-socket-inet6-perl', 'libclone-perl', 'libtry-tiny-perl', 'libmailtools-perl'],
  ],
};

/** @type {readonly Step[]} */
export const STEPS = [
  {
    name: 'node',
    verbs: ['*'],
    missing: () => !nodeIsRecent(process.versions.node) && `Node ${process.versions.node} is too old`,
    install() {
      throw new SetupError(
        `Node ${process.versions.node} is too old: 20.19 or later is needed`,
        'install a newer Node.js',
      );
    },
  },
  ...[...new Set(PROGRAMS.flatMap(({ verbs }) => verbs))].map((verb) => ({
    name: 'packages',
    verbs: [verb],
    missing: () =>
      missingPackages(
        PROGRAMS.filter(({ verbs }) => verbs.includes(verb)),
        [],
      ),
    install: () =>
      install(
        packagesMissing(
          PROGRAMS.filter(({ verbs }) => verbs.includes(verb)),
          [],
        ),
      ),
  })),
  {
    name: 'node_modules',
    verbs: ['*'],
    missing: () => read(MODULES_STAMP) !== lockHash() && 'dependencies differ from package-lock.json',
    async install() {
      const npm = process.env.npm_execpath;
      const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
      // `npm ci` refuses a lock file without the packages of other platforms, which not every registry has. This installs
      // the same versions and leaves the lock file as it is.
      const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
      await run('installing dependencies', command, [...first, ...args]);
      writeFileSync(MODULES_STAMP, lockHash());
    },
  },
  {
    name: 'programs of the lab',
    verbs: LAB,
    missing: () => missingPackages(LAB_PROGRAMS, TOOL_PATHS),
    install: () => unpack(packagesMissing(LAB_PROGRAMS, TOOL_PATHS)),
  },
  {
    name: 'ldirectord',
    verbs: ['test'],
    missing: () => !existsSync(join(LDIRECTORD.folder, 'usr/sbin/ldirectord')) && 'a test runs it on our ipvsadm',
    // What an interruption leaves must not look whole.
    async install() {
      rmSync(`${LDIRECTORD.folder}.part`, { recursive: true, force: true });
      await unpackInto(`${LDIRECTORD.folder}.part`, LDIRECTORD.packages);
      renameSync(`${LDIRECTORD.folder}.part`, LDIRECTORD.folder);
    },
  },
  { name: 'servers to check', verbs: ['test'], missing: serversMissing, install: unpackServers },
  { name: 'Prometheus', verbs: ['test', 'test-nodes'], missing: prometheusMissing, install: unpackPrometheus },
  { name: 'other routers', verbs: NETWORK, missing: peersMissing, install: unpackPeers },
  { name: 'injector', verbs: NETWORK, missing: injectorMissing, install: buildInjector },
  {
    name: 'observer',
    verbs: NETWORK,
    missing: () => programMissing('observer'),
    install: () => buildProgram('observer'),
  },
  { name: 'sender', verbs: ['test'], missing: () => programMissing('sender'), install: () => buildProgram('sender') },
  { name: 'kernel of the lab', verbs: LAB, missing: kernelMissing, install: fetchKernel },
  { name: 'acceleration of the lab', verbs: LAB, missing: kvmUnknown, install: probeKvm },
  {
    name: 'native addon',
    verbs: BUILD,
    missing: async () => {
      const native = await nativeModule();
      return native ? native.nativeMissing() : false;
    },
    async install() {
      const { buildNative } = await nativeModule();
      await ticking('building the native addon', buildNative({ log: () => {} })).catch((error) => {
        throw new SetupError(error.message);
      });
    },
  },
  {
    name: 'bundle',
    verbs: BUILD,
    missing() {
      if (!existsSync(join(ROOT, 'dist/cli.js'))) return 'nothing is built yet';
      return read(BUNDLE_STAMP) !== sourcesHash() && 'the sources have changed since the last build';
    },
    async install() {
      const hash = sourcesHash();
      rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
      const tsup = join(ROOT, 'node_modules/tsup/dist/cli-default.js');
      await run('bundling', process.execPath, [tsup, '--silent']);
      write(BUNDLE_STAMP, hash);
    },
  },
];

/** Does what is missing for a command; says what and why. @param {string} verb @param {readonly Step[]} [steps] */
export async function setUp(verb, steps = STEPS) {
  for (const step of steps) {
    if (!step.verbs.includes('*') && !step.verbs.includes(verb)) continue;
    const why = await step.missing();
    if (!why) continue;
    say(`${step.name}: ${why}`);
    const started = Date.now();
    await step.install();
    say(`${step.name}: done (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
}

/** @param {string} version */
export function nodeIsRecent(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

const TOOL_PATHS = ['usr/bin', 'usr/sbin'].map((path) => join(TOOLS, path));
const MODULES_STAMP = join(ROOT, 'node_modules/.fairlead');
const BUNDLE_STAMP = join(CACHE, 'bundle.stamp');

/** @param {readonly {program: string, package: string}[]} rows @param {readonly string[]} extra */
const packagesMissing = (rows, extra) =>
  rows
    .filter(({ program }) => (program.startsWith('/') ? !existsSync(program) : !findProgram(program, extra)))
    .map((row) => row.package);

/** @param {readonly {program: string, package: string}[]} rows @param {readonly string[]} extra */
function missingPackages(rows, extra) {
  const packages = packagesMissing(rows, extra);
  return packages.length > 0 && `this machine lacks ${packages.join(', ')}`;
}

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');

/** Changes when any source does. Sizes and times suffice, and cost a few milliseconds. */
function sourcesHash() {
  const hash = createHash('sha256').update(lockHash());
  for (const entry of ['src', 'tsup.config.ts', 'package.json', 'tsconfig.json']) stamp(join(ROOT, entry), hash);
  return hash.digest('hex');
}

/** @param {string} path @param {import('node:crypto').Hash} hash */
function stamp(path, hash) {
  const status = statSync(path);
  if (!status.isDirectory()) hash.update(`${path} ${status.size} ${status.mtimeMs}\n`);
  else for (const name of readdirSync(path).sort()) stamp(join(path, name), hash);
}

async function nativeModule() {
  return existsSync(join(ROOT, 'src/setup/native.mjs')) ? import('./native.mjs') : undefined;
}

/** @param {string} file */
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
