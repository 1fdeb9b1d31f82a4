import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../base/errors.ts';
import { hostScript, rootBatch } from './network.ts';
import { type Host, ROOT, type Topology } from './topology.ts';

const ADVICE = 'see the log named by `npm run lab -- status`';

/** One process that holds a host's namespaces: it leads the host's PID namespace and ends when its stdin closes, and
 *  with it the kernel ends everything in the host. Nothing has a name in the file system, so nothing can be left behind
 *  or be mistaken for someone else's. */
interface Keeper {
  readonly host: Host;
  readonly process: ChildProcess;
  readonly pid: number;
}

export interface Keepers {
  /** The arguments that run a command in a host: empty for the root, where the agent itself is. */
  enter(host: string): readonly string[] | undefined;
  /** A process in the host's network namespace, as the agent's /proc names it. */
  pid(host: string): number | undefined;
  close(): void;
}

/** Builds the network of a topology. Rejects with what the failing command said; whatever was built ends with the
 *  calling process. */
export async function buildNetwork(
  topology: Topology,
  directory: string,
  fairlead: { readonly cli: string; readonly node: string },
): Promise<Keepers> {
  await loadModules(topology);
  const keepers = new Map<string, Keeper>();
  const started = topology.hosts.map((host) => startKeeper(host));
  for (const { keeper } of started) keepers.set(keeper.host.name, keeper);
  await Promise.all(started.map(({ up }) => up));
  await run(
    'ip',
    ['-batch', '-'],
    rootBatch(topology, (host) => keepers.get(host)?.pid ?? 0),
  );
  await Promise.all(started.map(({ keeper, setUp }) => setUp(hostScript(keeper.host, fairlead))));

  for (const { host, pid } of keepers.values()) {
    const home = join(directory, 'hosts', host.name);
    mkdirSync(home, { recursive: true });
    symlinkSync(`/proc/${pid}/ns/net`, join(home, 'netns'));
    writeFileSync(join(home, 'pid'), `${pid}\n`);
  }
  return {
    enter(host) {
      if (host === ROOT) return [];
      const keeper = keepers.get(host);
      if (!keeper) return undefined;
      const { pid } = keeper;
      return ['nsenter', '-t', `${pid}`, '-m', '-n', '-u', `--pid=/proc/${pid}/ns/pid_for_children`];
    },
    pid: (host) => (host === ROOT ? process.pid : keepers.get(host)?.pid),
    close() {
      for (const keeper of keepers.values()) keeper.process.stdin?.destroy();
    },
  };
}

function startKeeper(host: Host) {
  const process = spawn('unshare', ['-m', '-n', '-p', '-u', '--fork', '--kill-child', '--mount-proc', 'sh'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  process.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  let heard = '';
  let wanted = '@up';
  let arrived: (() => void) | undefined;
  const look = () => {
    if (heard.includes(wanted)) arrived?.();
  };
  process.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    look();
  });
  const waitFor = (word: string) =>
    new Promise<void>((resolve, reject) => {
      wanted = word;
      arrived = resolve;
      const broken = (detail: string) =>
        reject(failure('lab-failed', { reason: `host ${host.name}: ${detail}`, advice: ADVICE }));
      process.once('error', (error) => broken(error.message));
      process.once('close', (code) => broken(said.trim() || `its keeper ended with ${code}`));
      look();
    });
  process.stdin.on('error', () => {});
  process.stdin.write('echo @up\n');
  return {
    keeper: { host, process, pid: process.pid ?? 0 } satisfies Keeper,
    up: waitFor('@up'),
    setUp(script: string) {
      // `cat` holds the host until stdin ends; the shell around it reaps what the host's processes leave.
      process.stdin.write(`${script}echo @ready\nset +e\ncat > /dev/null\nexit 0\n`);
      return waitFor('@ready');
    },
  };
}

async function loadModules(topology: Topology): Promise<void> {
  const wanted = new Set(topology.hosts.flatMap((host) => host.modules ?? []));
  const missing = [...wanted].filter((name) => !existsSync(`/sys/module/${name}`));
  if (missing.length > 0) await run('modprobe', ['-a', ...missing], '');
}

/** Runs a command of the lab's own, with `input` on its stdin. */
export function run(command: string, args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const broken = (reason: string) =>
      reject(failure('lab-failed', { reason: `${command}: ${reason}`, advice: ADVICE }));
    child.once('error', (error) => broken(error.message));
    child.once('close', (code) => (code === 0 ? resolve() : broken(said.trim() || `exit code ${code}`)));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
