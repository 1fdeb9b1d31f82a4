import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import { join } from 'node:path';
import { agentReady, type Ground, type Phases } from './driver.ts';
import { AGENT, CLI, requireBundle, toolsDirectory } from './installation.ts';
import { quote } from './network.ts';
import type { Topology } from './topology.ts';

const BUILD_MS = 60_000;

/** Whether namespaces on this kernel can be a lab: root, and ip_vs is there or comes when asked for. */
export function hostCanRunLab(): boolean {
  if (process.getuid?.() !== 0) return false;
  if (existsSync('/sys/module/ip_vs') || existsSync('/proc/net/ip_vs')) return true;
  return spawnSync('modprobe', ['ip_vs'], { stdio: 'ignore' }).status === 0;
}

/** Builds the lab in namespaces of this kernel. The agent leads a PID namespace and has its own network and mounts: when
 *  it ends, however it ends, the kernel ends all of the lab, and nothing of the machine's own network is ever touched. */
export async function openHost(topology: Topology, directory: string): Promise<Ground> {
  const since = Date.now();
  const phases: Phases = {};
  requireBundle();
  const home = join(directory, 'agent');
  mkdirSync(home, { mode: 0o700 });
  const spec = { topology, driver: 'host', directory: home, cli: CLI };
  const specFile = join(home, 'spec.json');
  writeFileSync(specFile, JSON.stringify(spec), { mode: 0o600 });

  const agent = [process.execPath, AGENT, 'agent', specFile, '--until-stdin-ends'].map(quote).join(' ');
  // The shell stays as the namespace's first process, which has to reap what others leave behind.
  const script = `${toolsMount()}${agent}; exit $?`;
  const child = spawn('unshare', ['-m', '-n', '-p', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C in a terminal is for the opener, who closes the lab in order.
    detached: true,
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`the agent ended (${signal ?? code})`));
  });
  const close = async () => {
    child.stdin.end();
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await agentReady(child, join(directory, 'console.log'), phases, since, BUILD_MS);
  } catch (error) {
    await close();
    throw error;
  }
  return { connect: () => connectPath(join(home, 'agent.sock')), phases, ended, close };
}

/** Unpacked programs that the machine lacks appear in /usr of the lab's own mount namespace, as if they were installed. */
function toolsMount(): string {
  const tools = toolsDirectory();
  if (!tools) return '';
  const missing = ['usr/bin', 'usr/sbin'].some((folder) => {
    const from = join(tools, folder);
    return existsSync(from) && readdirSync(from).some((name) => !existsSync(join('/', folder, name)));
  });
  return missing ? `mount -t overlay -o ${quote(`lowerdir=${tools}/usr:/usr`)} overlay /usr || exit 1\n` : '';
}

export function connectPath(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
