import { readFileSync } from 'node:fs';
import type { Status } from '../../api/operations.ts';
import { examplePath, programPath } from '../installation.ts';
import { type Lab, type OpenedLab, openLab } from '../lab.ts';
import { CLIENT_ADDRESSES, web } from '../topologies/web.ts';
import { Box, onLines } from './box.ts';
import type { LoadReport } from './load.ts';
import { Story, VICTIM } from './story.ts';
import { Tally } from './tally.ts';

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
  /** About once a second, of the director that is master. */
  frame(status: Status, tally: Tally, elapsedMs: number): void;
  /** Something happened: what we did to the lab, or what Fairlead decided on a host. */
  told(who: 'demo' | 'director' | 'standby', text: string): void;
}

export interface DemoResult {
  /** What did not come true, in words; empty is success. */
  readonly problems: readonly string[];
  readonly tally: Tally;
  readonly outAfterMs: number | null;
}

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
    return await perform(lab, options, AbortSignal.any([stop, lost.signal]));
  } finally {
    view.progress('taking the lab down');
    await lab.close();
  }
}

async function perform(lab: OpenedLab, { view, forMs }: DemoOptions, over: AbortSignal): Promise<DemoResult> {
  view.progress('starting Fairlead on both directors');
  const config = readFileSync(examplePath('directors.yaml'), 'utf8');
  const tally = new Tally(VICTIM);
  let story: Story | undefined;
  const heard = {
    onEvent: (text: string, box: Box) => view.told(box.name as 'director' | 'standby', text),
    onStatus(status: Status, box: Box): void {
      story?.see(status, box);
      if (box.isMaster && story) view.frame(status, tally, story.elapsedMs());
    },
  };
  const boxes = { master: new Box(lab, 'director', heard), standby: new Box(lab, 'standby', heard) };
  await Promise.all([boxes.master.start(config), boxes.standby.start(ofStandby(config))]);
  const sent = [programPath('load.js'), '10.0.2.100', '80', String(LOAD_PER_SECOND), ...CLIENT_ADDRESSES];
  const load = await lab.spawn('client', ['node', ...sent]);

  story = new Story({ lab, boxes, forMs, tell: (text) => view.told('demo', text) });
  const played = story;
  onLines(load.stdout, (line) => tally.add(JSON.parse(line) as LoadReport, played.phase));
  load.stderr.on('data', (data: Buffer) => view.told('demo', `load: ${data.toString('utf8').trim()}`));
  view.ready(lab);

  view.progress('waiting for the first answers');
  await flowing(tally, over);
  await story.play(config, over);
  load.kill();
  const problems = forMs === null ? [] : tally.problems(SERVERS);
  for (const box of [boxes.standby, boxes.master]) {
    const code = await box.stop();
    if (code !== 0) problems.push(`Fairlead on ${box.name} ended with exit code ${code}`);
  }
  return { problems, tally, outAfterMs: story.outAfterMs };
}

/** What differs on the other director, as the file itself says. */
const ofStandby = (config: string): string =>
  config.replace('name: director', 'name: standby').replaceAll('priority: 150', 'priority: 100');

/** The story's clock starts when every server answers: on a slow machine the programs take a while to start. */
async function flowing(tally: Tally, over: AbortSignal): Promise<void> {
  const limit = performance.now() + 60_000;
  while (!over.aborted && tally.served.size < SERVERS.length && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
