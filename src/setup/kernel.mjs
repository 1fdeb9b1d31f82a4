import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { download, packageField, TOOLS } from './apt.mjs';
import { CACHE, findProgram, readJson, run, SetupError, ticking } from './system.mjs';

/** The kernel that the lab boots: Debian's own, unpacked and never installed. */

const FOLDER = join(CACHE, 'kernel');
const CURRENT = join(FOLDER, 'current.json');
const META = 'linux-image-cloud-amd64';

/** @returns {string | false} why there is something to do */
export const kernelMissing = () => !existsSync(CURRENT) && 'the lab has no kernel to boot yet';

export async function fetchKernel() {
  if (process.arch !== 'x64')
    throw new SetupError(`the lab's kernel is for x86-64, this machine is ${process.arch}`, 'use FAIRLEAD_LAB=host');
  const image = /linux-image-\S+/.exec(await packageField(META, 'Depends'))?.[0];
  if (!image) throw new SetupError(`${META} names no kernel`);
  const version = image.replace('linux-image-', '');
  const debs = join(CACHE, 'kernel-deb');
  await download([image], debs);
  const fresh = join(FOLDER, `${version}.new`);
  const final = join(FOLDER, version);
  for (const folder of [fresh, final]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  for (const file of readdirSync(debs)) await run(`unpacking ${file}`, 'dpkg', ['-x', join(debs, file), fresh]);
  rmSync(debs, { recursive: true });
  rmSync(join(fresh, 'usr/share'), { recursive: true, force: true });
  await indexModules(fresh, version);
  renameSync(fresh, final);
  const current = {
    version,
    image: `kernel/${version}/boot/vmlinuz-${version}`,
    modules: `kernel/${version}/lib/modules/${version}`,
  };
  writeFileSync(CURRENT, `${JSON.stringify(current, null, 2)}\n`);
}

/** `depmod`: with the machine's own kmod, or with the unpacked one.
 *  @param {string} base @param {string} version */
async function indexModules(base, version) {
  const kmod = findProgram('kmod') ?? join(TOOLS, 'usr/bin/kmod');
  const libraries = join(TOOLS, 'usr/lib/x86_64-linux-gnu');
  const env = { ...process.env, LD_LIBRARY_PATH: libraries };
  await run('indexing kernel modules', kmod, ['-b', base, version], { argv0: 'depmod', env });
}

const KVM = join(CACHE, 'kvm.json');
const KVM_DEADLINE_MS = 10_000;

/** What the answer about KVM depends on. */
function machine() {
  const cpu = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  return `${release()} ${cpu}`;
}

export function kvmUnknown() {
  const known = readJson(KVM);
  if (known?.machine === machine()) return false;
  return 'whether hardware virtualisation works here is not known yet';
}

/** Boots the kernel without any disk under KVM until it complains about that, which shows that KVM runs it. A device that
 *  is there proves nothing: on some machines the guest hangs before its first line. */
export async function probeKvm() {
  const remember = (/** @type {boolean} */ works, /** @type {string} */ why) =>
    writeFileSync(KVM, `${JSON.stringify({ works, why, machine: machine() }, null, 2)}\n`);
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return remember(false, '/dev/kvm is not there or not ours');
  }
  const { image } = readJson(CURRENT);
  const args = ['-accel', 'kvm', '-cpu', 'host', '-m', '256', '-nodefaults', '-no-user-config', '-display', 'none'];
  args.push('-no-reboot', '-serial', 'stdio', '-kernel', join(CACHE, image), '-append', 'console=ttyS0 panic=-1');
  const child = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  const booted = new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), KVM_DEADLINE_MS);
    let seen = '';
    child.stderr.on('data', (chunk) => {
      complaint = `${chunk}`.trim().split('\n')[0];
    });
    child.stdout.on('data', (chunk) => {
      seen += chunk;
      if (seen.includes('Unable to mount root fs')) resolve(true);
    });
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(seen.includes('Unable to mount root fs')));
    timer.unref();
  });
  const works = await ticking('trying KVM once', booted);
  const why = complaint;
  child.kill('SIGKILL');
  remember(works, works ? 'the kernel booted' : why || `no kernel came up within ${KVM_DEADLINE_MS} ms`);
}
