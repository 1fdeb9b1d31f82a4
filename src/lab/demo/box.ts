import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Status } from '../../api/operations.ts';
import { failure } from '../../base/errors.ts';
import type { LabProcess } from '../client.ts';
import type { OpenedLab } from '../lab.ts';

const FILE = '/run/fairlead/fairlead.yaml';

/** One of the two directors: a host with Fairlead on it, and what is heard of it. */
export class Box {
  readonly name: string;
  readonly #lab: OpenedLab;
  readonly #onStatus: (status: Status, box: Box) => void;
  readonly #onEvent: (text: string, box: Box) => void;
  #daemon: LabProcess | undefined;
  #watchers: LabProcess[] = [];
  /** The latest, null while no Fairlead runs. */
  status: Status | null = null;

  constructor(
    lab: OpenedLab,
    name: string,
    heard: { onStatus: (status: Status, box: Box) => void; onEvent: (text: string, box: Box) => void },
  ) {
    this.#lab = lab;
    this.name = name;
    this.#onStatus = heard.onStatus;
    this.#onEvent = heard.onEvent;
  }

  /** Whether it held every address when it was last heard. */
  get isMaster(): boolean {
    return this.status?.instances.every(({ state }) => state === 'master') ?? false;
  }

  async start(config: string): Promise<void> {
    const lab = this.#lab;
    await lab.exec(this.name, ['sh', '-c', `mkdir -p /run/fairlead && cat > ${FILE}`], { input: config });
    this.#daemon = await lab.spawn(this.name, ['fairlead', 'run', FILE]);
    await this.#daemon.waitForLine(/started with/, 120_000).catch((error: unknown) => {
      const reason = `Fairlead did not start on ${this.name}: ${String(error)}`;
      throw failure('lab-failed', { reason, advice: 'see the lines above' });
    });
    const watch = await lab.spawn(this.name, ['fairlead', 'status', '--json', '--watch']);
    const events = await lab.spawn(this.name, ['fairlead', 'events', '--json', '--follow']);
    this.#watchers = [watch, events];
    onLines(events.stdout, (line) => this.#onEvent((JSON.parse(line) as { text: string }).text, this));
    onLines(watch.stdout, (line) => {
      this.status = JSON.parse(line) as Status;
      this.#onStatus(this.status, this);
    });
  }

  /** The daemon alone, as a crash would: what it started beside itself lives on. */
  async kill(): Promise<void> {
    const pid = this.status?.pid;
    if (pid !== undefined) await this.#lab.exec(this.name, ['kill', '-KILL', String(pid)]);
    await this.#daemon?.exited;
    this.#unwatch();
    this.status = null;
  }

  /** Answers its exit code. */
  async stop(): Promise<number | null> {
    this.#unwatch();
    this.#daemon?.kill('SIGTERM');
    return (await this.#daemon?.exited) ?? null;
  }

  #unwatch(): void {
    for (const process of this.#watchers.splice(0)) process.kill();
  }
}

export function onLines(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream }).on('line', take);
}
