import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { failure } from '../../base/errors.ts';
import { examplePath, programPath } from '../installation.ts';
import { type Lab, type OpenedLab, openLab } from '../lab.ts';
import { CLIENT_ADDRESSES, web } from '../topologies/web.ts';
import type { LoadReport } from './load.ts';
import { type Phase, Tally } from './tally.ts';

export interface DemoOptions {
  /** Ends by itself after this long; null goes on until `stop`. */
  readonly forMs: number | null;
  readonly driver: 'host' | 'vm' | 'auto';
  readonly stop: AbortSignal;
  readonly view: DemoView;
}

/** What the story tells while it goes on; the command draws it. */
export interface DemoView {
  progress(text: string): void;
  ready(lab: Lab): void;
  /** About once a second. `status` is what `fairlead status --json` says. */
  frame(status: unknown, tally: Tally, elapsedMs: number): void;
  /** Something happened: what we did to the lab, or what Fairlead decided. */
  told(who: 'demo' | 'fairlead', text: string): void;
}

export interface DemoResult {
  /** What did not come true, in words; empty is success. */
  readonly problems: readonly string[];
  readonly tally: Tally;
  readonly outAfterMs: number | null;
}

const VICTIM = 'web2';
const VICTIM_ADDRESSES = ['10.0.2.12', 'fd00:2::12'];
const LOAD_PER_SECOND = 60;
const SERVERS = ['web1', 'web2', 'web3'];

/** Runs the main job in the lab and tells it. Resolves with what did not come true; empty is success. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { view, stop } = options;
  view.progress('starting the kernel lab');
  const lost = new AbortController();
  const lab = await openLab({
    topology: web,
    driver: options.driver,
    onLost: (reason) => lost.abort(new Error(reason)),
  });
  try {
    return await story(lab, options, AbortSignal.any([stop, lost.signal]));
  } finally {
    view.progress('taking the lab down');
    await lab.close();
  }
}

async function story(lab: OpenedLab, { view, forMs }: DemoOptions, over: AbortSignal): Promise<DemoResult> {
  view.progress('starting Fairlead on the director');
  const config = readFileSync(examplePath('web.yaml'));
  await lab.exec('director', ['sh', '-c', 'mkdir -p /run/fairlead && cat > /run/fairlead/web.yaml'], { input: config });
  const daemon = await lab.spawn('director', ['fairlead', 'run', '/run/fairlead/web.yaml']);
  await daemon.waitForLine(/started with/, 120_000).catch((error: unknown) => {
    throw failure('lab-failed', { reason: `Fairlead did not start: ${String(error)}`, advice: 'see the lines above' });
  });
  const watch = await lab.spawn('director', ['fairlead', 'status', '--json', '--watch']);
  const events = await lab.spawn('director', ['fairlead', 'events', '--json', '--follow']);
  const load = await lab.spawn('client', [
    'node',
    programPath('load.js'),
    '10.0.2.100',
    '80',
    String(LOAD_PER_SECOND),
    ...CLIENT_ADDRESSES,
  ]);

  const tally = new Tally(VICTIM);
  const story = new Story(lab, view, forMs);
  onLines(load.stdout, (line) => tally.add(JSON.parse(line) as LoadReport, story.phase));
  onLines(events.stdout, (line) => view.told('fairlead', (JSON.parse(line) as { text: string }).text));
  onLines(watch.stdout, (line) => {
    const status: unknown = JSON.parse(line);
    story.see(status);
    view.frame(status, tally, story.elapsedMs());
  });
  load.stderr.on('data', (data: Buffer) => view.told('demo', `load: ${data.toString('utf8').trim()}`));
  view.ready(lab);

  view.progress('waiting for the first answers');
  await flowing(tally, over);
  await story.play(over);
  for (const process of [load, watch, events]) process.kill();
  daemon.kill('SIGTERM');
  const code = await daemon.exited;
  const problems = forMs === null ? [] : tally.problems(SERVERS);
  if (code !== 0) problems.push(`Fairlead ended with exit code ${code}`);
  return { problems, tally, outAfterMs: story.outAfterMs };
}

/** The story's clock starts when every server answers: on a slow machine the programs take a while to start. */
async function flowing(tally: Tally, over: AbortSignal): Promise<void> {
  const limit = performance.now() + 60_000;
  while (!over.aborted && tally.served.size < SERVERS.length && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The kill and the revival, and where in between we are, judged by what the director's status says. */
class Story {
  phase: Phase = 'starting';
  readonly #lab: Lab;
  readonly #view: DemoView;
  readonly #forMs: number | null;
  /** From the kill to the first status without the victim; a status comes once a second. */
  outAfterMs: number | null = null;
  #startedAt = performance.now();
  #killedAt = 0;

  constructor(lab: Lab, view: DemoView, forMs: number | null) {
    this.#lab = lab;
    this.#view = view;
    this.#forMs = forMs;
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** The phase changes only once the status that proves it was seen. */
  see(status: unknown): void {
    const weights = victimWeights(status);
    if (this.phase === 'dying' && weights.length === 0) {
      this.phase = 'out';
      this.outAfterMs = performance.now() - this.#killedAt;
    }
    if (this.phase === 'reviving' && weights.length >= VICTIM_ADDRESSES.length && weights.every((weight) => weight > 0))
      this.phase = 'back';
  }

  async play(over: AbortSignal): Promise<void> {
    this.#startedAt = performance.now();
    this.phase = 'before';
    const whole = this.#forMs ?? 40_000;
    if (await this.#sleepUntil(whole * 0.3, over)) return;
    this.phase = 'dying';
    this.#view.told('demo', `killing nginx on ${VICTIM}`);
    await this.#lab.process(VICTIM, 'nginx', 'kill');
    this.#killedAt = performance.now();
    if (await this.#sleepUntil(whole * 0.55, over)) return;
    this.#view.told('demo', `starting nginx on ${VICTIM} again`);
    this.phase = 'reviving';
    await this.#lab.process(VICTIM, 'nginx', 'start');
    await this.#sleepUntil(this.#forMs ?? Number.POSITIVE_INFINITY, over);
  }

  /** True when the demo is over. */
  #sleepUntil(elapsedMs: number, over: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (over.aborted) return resolve(true);
      const longest = 2 ** 31 - 1;
      const timer = setTimeout(() => resolve(false), Math.min(longest, Math.max(0, elapsedMs - this.elapsedMs())));
      over.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}

/** The kernel's weights for the victim, one for each of its destinations that is in the table. */
function victimWeights(status: unknown): number[] {
  const services =
    (status as { services?: { listeners: { destinations: { address: string; weight: number }[] }[] }[] }).services ??
    [];
  const destinations = services.flatMap((service) => service.listeners.flatMap((listener) => listener.destinations));
  return destinations
    .filter((destination) => VICTIM_ADDRESSES.includes(destination.address))
    .map((destination) => destination.weight);
}

function onLines(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream }).on('line', take);
}
