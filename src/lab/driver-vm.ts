import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../base/errors.ts';
import { agentReady, type Ground, type Phases } from './driver.ts';
import { encodeControl } from './frames.ts';
import { CONTROL, GUEST_DIRECTORY, initramfs } from './initramfs.ts';
import { AGENT, accelerated, CLI, guestKernel, requireBundle, requireProgram, toolsDirectory } from './installation.ts';
import { machineArguments, readMounts, sharing } from './qemu.ts';
import type { Topology } from './topology.ts';

const BOOT_MS = 120_000;

/** Boots a kernel with IPVS under QEMU, with this machine's files as its own (read-only; what the guest writes stays in
 *  its memory), and the lab inside it. */
export async function openVm(
  topology: Topology,
  directory: string,
  { counted = false }: { readonly counted?: boolean } = {},
): Promise<Ground> {
  const since = Date.now();
  const phases: Phases = {};
  requireBundle();
  if (process.getuid?.() !== 0) {
    throw failure('lab-failed', {
      reason: "sharing this machine's files with the guest needs root",
      advice: 'run it as root',
    });
  }
  const busybox = requireProgram(['/bin/busybox', '/usr/bin/busybox', join(toolsDirectory() ?? '', 'usr/bin/busybox')]);
  const qemu = requireProgram(['/usr/bin/qemu-system-x86_64']);
  const virtiofsd = requireProgram(['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd']);
  const kernel = guestKernel();
  const token = randomBytes(32).toString('hex');
  const tools = toolsDirectory();
  const visible = [process.execPath, AGENT, CLI];
  const spec = { topology, driver: 'vm', directory: GUEST_DIRECTORY, cli: CLI, tcp: { port: CONTROL.port, token } };
  const keepTmp = visible.some((path) => path.startsWith('/tmp/'));
  const initrd = join(directory, 'initrd');
  const image = { kernel, busybox, tools, node: process.execPath, agent: AGENT, spec, keepTmp };
  writeFileSync(initrd, initramfs(image), { mode: 0o600 });

  const fsSocket = join(directory, 'fs.sock');
  const sharer = spawnBound('unshare', sharing(directory, readMounts(visible), virtiofsd));
  let sharerSaid = '';
  sharer.stderr?.setEncoding('utf8').on('data', (text: string) => {
    sharerSaid = (sharerSaid + text).slice(-2000);
  });
  for (let waited = 0; !existsSync(fsSocket); waited += 10) {
    if (sharer.exitCode !== null || waited > 10_000) {
      throw failure('lab-failed', {
        reason: `virtiofsd: ${sharerSaid.trim()}`,
        advice: 'is this root, with CAP_SYS_ADMIN?',
      });
    }
    await sleep(10);
  }
  phases.files = Date.now() - since;

  const controlPort = await freePort();
  const machine = {
    image: kernel.image,
    initrd,
    fsSocket,
    controlPort,
    accelerated: !counted && accelerated(),
    counted,
  };
  const guest = spawnBound(qemu, machineArguments(machine));
  const ended = new Promise<string>((resolve) => {
    guest.once('error', (error) => resolve(error.message));
    guest.once('close', (code, signal) => resolve(`QEMU ended (${signal ?? code})`));
  });
  const close = async () => {
    guest.kill('SIGKILL');
    sharer.kill('SIGKILL');
    await ended;
  };
  try {
    await agentReady(guest, join(directory, 'console.log'), phases, since, counted ? 3 * BOOT_MS : BOOT_MS);
  } catch (error) {
    await close();
    throw error;
  }
  return { connect: () => connectGuest(controlPort, token), phases, ended, close };
}

/** A child that the kernel ends when this process ends, even by SIGKILL. In a session of its own, so that Ctrl-C in a
 *  terminal reaches only those who can say goodbye. */
function spawnBound(command: string, args: readonly string[]): ChildProcess {
  const words = ['--pdeathsig', 'KILL', command, ...args];
  return spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

function connectGuest(port: number, token: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // Without the secret any user of this machine could run commands in the guest.
      socket.write(encodeControl({ token }));
      resolve(socket);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
