import type { Status } from '../../src/api/operations.ts';
import type { LabProcess } from '../../src/lab/client.ts';
import type { LoadReport } from '../../src/lab/demo/load.ts';
import { programPath } from '../../src/lab/installation.ts';
import { CLIENT_ADDRESSES } from '../../src/lab/topologies/web.ts';
import { lab } from './lab.ts';

const FILE = '/run/fairlead/test.yaml';

/** The lab's two directors. */
export type DirectorHost = 'director' | 'standby';

/** Writes the configuration of one of the lab's directors. */
export async function writeConfig(text: string, host: DirectorHost = 'director'): Promise<void> {
  await lab.exec(host, ['sh', '-c', `mkdir -p /run/fairlead && cat > ${FILE}`], { input: text });
}

export interface RunningDirector {
  readonly process: LabProcess;
  stop(): Promise<number>;
}

/** Fairlead on one of the lab's directors, with `text` as its file. End it with stop(). */
export async function startDirector(text: string, host: DirectorHost = 'director'): Promise<RunningDirector> {
  await writeConfig(text, host);
  const process = await lab.spawn(host, ['fairlead', 'run', FILE]);
  await process.waitForLine(/started with/, 120_000);
  return {
    process,
    async stop() {
      process.kill('SIGTERM');
      return process.exited;
    },
  };
}

/** Runs Fairlead where it is expected to give up by itself. */
export async function refusedDirector(text: string, env: Record<string, string> = {}, prefix: readonly string[] = []) {
  await writeConfig(text);
  return lab.exec('director', [...prefix, 'fairlead', 'run', FILE], { env, timeoutMs: 120_000 });
}

export async function fairlead(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.exec('director', ['fairlead', ...words]);
  if (code !== 0) throw new Error(`fairlead ${words.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

export const status = async (): Promise<Status> => JSON.parse(await fairlead('status', '--json')) as Status;

/** The kernel's table as Debian's ipvsadm saves it: a second opinion. */
export async function kernelTable(host: DirectorHost = 'director'): Promise<string[]> {
  const { stdout } = await lab.exec(host, ['ipvsadm', '-Sn']);
  return stdout.split('\n').filter(Boolean);
}

/** Waits until `condition` holds; the limit is for a hanging test, not a measure. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  limitMs = 90_000,
): Promise<void> {
  const limit = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** New connections from many clients, one request each, until stopped. */
export class Load {
  readonly served = new Map<string, number>();
  readonly failed = new Map<string, number>();
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
    let rest = '';
    process.stdout.on('data', (data: Buffer) => {
      const lines = (rest + data.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#add(JSON.parse(line) as LoadReport);
    });
  }

  static async start(perSecond: number, address = '10.0.2.100'): Promise<Load> {
    const program = ['node', programPath('load.js'), address, '80', String(perSecond)];
    return new Load(await lab.spawn('client', [...program, ...CLIENT_ADDRESSES]));
  }

  total(): number {
    return [...this.served.values()].reduce((sum, count) => sum + count, 0);
  }

  failures(): number {
    return [...this.failed.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Waits for this many more good answers. */
  async more(count: number): Promise<void> {
    const goal = this.total() + count;
    await until(`${count} more requests are answered`, () => this.total() >= goal);
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process.exited;
  }

  #add(report: LoadReport): void {
    for (const [server, count] of Object.entries(report.served))
      this.served.set(server, (this.served.get(server) ?? 0) + count);
    for (const [kind, count] of Object.entries(report.failed))
      this.failed.set(kind, (this.failed.get(kind) ?? 0) + count);
  }
}

/** Leaves a director as a test found it. */
export async function cleanDirector(host: DirectorHost = 'director'): Promise<void> {
  await lab.exec(host, [
    'sh',
    '-c',
    // A sync daemon that goes on keeps the module loaded.
    'ipvsadm -C; ipvsadm --stop-daemon master; ipvsadm --stop-daemon backup; ip address flush dev eth0 to 10.0.2.100/31; rm -rf /run/fairlead /var/lib/fairlead/*',
  ]);
}
