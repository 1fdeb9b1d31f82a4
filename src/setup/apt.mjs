import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, findProgram, readJson, run, SetupError, say } from './system.mjs';

/** Debian packages: installed when the machine itself needs them, only unpacked below .cache when the lab alone does. */

const RECORD = join(CACHE, 'setup.json');
export const TOOLS = join(CACHE, 'tools');

// No questions, and no service started: invoke-rc.d starts nothing in runlevel 1.
const QUIET = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', LC_ALL: 'C.UTF-8' };
const OPTIONS = ['-y', '-q', '--no-install-recommends'];

/** The command a person would type.
 *  @param {readonly string[]} packages */
export const installCommand = (packages) => `apt-get install --no-install-recommends ${packages.join(' ')}`;

/** Whether apt can be used, and if not, why. @returns {string | undefined} */
export function aptObstacle() {
  if (!findProgram('apt-get')) return 'there is no apt-get on this machine';
  if (process.getuid?.() !== 0) return 'installing needs root';
  return undefined;
}

/** Installs packages and records which ones came new, so that `npm run clean` can take them away again.
 *  @param {readonly string[]} packages */
export async function install(packages) {
  const obstacle = aptObstacle();
  if (obstacle) {
    throw new SetupError(
      `missing packages: ${packages.join(' ')} (${obstacle})`,
      `run as root: ${installCommand(packages)}`,
    );
  }
  const before = await installed();
  await withLists(() =>
    run(`installing ${packages.join(' ')}`, 'apt-get', ['install', ...OPTIONS, ...packages], { env: QUIET }),
  );
  const fresh = [...(await installed())].filter((name) => !before.has(name));
  writeFileSync(RECORD, `${JSON.stringify({ packages: [...new Set([...recorded(), ...fresh])].sort() }, null, 2)}\n`);
}

/** Packages that set-up brought to this machine. @returns {string[]} */
export const recorded = () => readJson(RECORD)?.packages ?? [];

/** Does something that needs apt's lists; when it fails, fetches them and tries once more. A fresh machine has none, and
 *  old ones name files that are gone.
 *  @template T @param {() => Promise<T>} work @returns {Promise<T>} */
async function withLists(work) {
  try {
    return await work();
  } catch {
    say('the package lists are missing or old; fetching them');
    // Sources of other vendors may be broken; what counts is whether the second try works.
    await run('fetching package lists', 'apt-get', ['update', '-q'], { env: QUIET, tolerate: true });
    return work();
  }
}

/** Brings packages and what they need into .cache/tools, laid out as below `/`, without installing anything.
 *  @param {readonly string[]} packages */
export async function unpack(packages) {
  if (!findProgram('apt-get')) {
    throw new SetupError(
      `the lab needs: ${packages.join(' ')} (there is no apt-get on this machine)`,
      'install them by hand',
    );
  }
  await unpackInto(TOOLS, await withLists(() => closure(packages)));
}

/** Unpacks these packages and what this machine lacks for them below a folder. @param {string} target @param {readonly string[]} packages */
export async function unpackClosureInto(target, packages) {
  const plan = await withLists(() => closure(packages));
  // Those that are installed here are not in the plan.
  const planned = new Set(plan.map((entry) => entry.replace(/=.*/, '')));
  await unpackInto(target, [...plan, ...packages.filter((name) => !planned.has(name))]);
}

/** Unpacks exactly these packages below a folder. @param {string} target @param {readonly string[]} packages */
export async function unpackInto(target, packages) {
  const folder = join(CACHE, 'debs');
  await download(packages, folder);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    await run(`unpacking ${file}`, 'dpkg', ['-x', join(folder, file), target]);
  }
  rmSync(folder, { recursive: true });
  // A folder where the machine has a link into /usr would hide what is behind the link.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (!existsSync(join(target, name))) continue;
    cpSync(join(target, name), join(target, 'usr', name), { recursive: true, verbatimSymlinks: true });
    rmSync(join(target, name), { recursive: true });
  }
  for (const name of ['doc', 'man', 'locale', 'lintian', 'bug'])
    rmSync(join(target, 'usr/share', name), { recursive: true, force: true });
}

/** What apt would install for these packages, as `name=version`. @param {readonly string[]} packages */
async function closure(packages) {
  const plan = await run('asking apt', 'apt-get', ['-s', 'install', ...OPTIONS, ...packages], { env: QUIET });
  return plannedInstalls(plan);
}

/** `name=version` of what a simulated apt-get would install. @param {string} plan */
export const plannedInstalls = (plan) =>
  [...plan.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+)/gm)].map(([, name, version]) => `${name}=${version}`);

/** Names of what a simulated apt-get would remove. @param {string} plan */
export const plannedRemovals = (plan) =>
  [...plan.matchAll(/^(?:Remv|Purg) (\S+)/gm)].map(([, name = '']) => name.replace(/:.*/, ''));

/** @param {readonly string[]} packages @param {string} folder */
export async function download(packages, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // As root apt would hand the work to a user who may not write here.
  const args = ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages];
  await withLists(() => run(`downloading ${packages.length} packages`, 'apt-get', args, { cwd: folder, env: QUIET }));
}

/** One field of a package's newest version. @param {string} name @param {string} field */
export function packageField(name, field) {
  return withLists(async () => {
    const text = await run('asking apt', 'apt-cache', ['show', '--no-all-versions', name], { env: QUIET });
    const value = new RegExp(`^${field}: (.*)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new SetupError(`apt knows no ${field} of ${name}`);
    return value;
  });
}

/** Removes the recorded packages, but only if nothing else would go with them. */
export async function removeRecorded() {
  const names = recorded();
  if (names.length === 0) return;
  const present = await installed();
  const ours = names.filter((name) => present.has(name));
  if (ours.length === 0) return;
  const command = `apt-get purge ${ours.join(' ')}`;
  const obstacle = aptObstacle();
  if (obstacle) return say(`packages that set-up installed stay (${obstacle}); to remove them: ${command}`);
  const plan = await run('asking apt', 'apt-get', ['-s', 'purge', '-q', ...ours], { env: QUIET, tolerate: true });
  const going = plannedRemovals(plan);
  const others = going.filter((name) => !ours.includes(name));
  if (others.length > 0 || going.length === 0) {
    return say(
      `packages that set-up installed stay, because others need them (${others.join(' ')}); to remove them: ${command}`,
    );
  }
  say(`removing ${ours.length} packages that set-up installed`);
  await run(`removing ${ours.length} packages`, 'apt-get', ['purge', '-y', '-q', ...ours], { env: QUIET });
}

/** @returns {Promise<Set<string>>} */
async function installed() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const text = await run('asking dpkg', 'dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n']);
  return new Set(
    text
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
}
