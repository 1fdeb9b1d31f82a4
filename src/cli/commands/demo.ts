import { parseDuration } from '../../base/duration.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { type DemoView, runDemo } from '../../lab/demo/demo.ts';
import { PHASE_WORDS, type Phase, type Tally } from '../../lab/demo/tally.ts';
import type { Lab } from '../../lab/lab.ts';
import { CLIENT_ADDRESSES } from '../../lab/topologies/web.ts';
import { type Command, type Io, text } from '../command.ts';
import { painter, styleOf } from '../style.ts';
import { renderStatus } from './status.ts';

export const command: Command = {
  usage: 'demo',
  summary:
    'show the main job in the kernel lab: load on three web servers; one dies and comes back, then the director does',
  options: [
    { flags: '--for <duration>', summary: 'end by itself after this long and judge what happened' },
    { flags: '--driver <name>', summary: 'auto, host or vm', default: 'auto' },
  ],
  examples: ['fairlead demo', 'fairlead demo --for 60s'],
  async run(_rest, options, io) {
    const forMs = options.for === undefined ? null : duration(text(options.for));
    const driver = text(options.driver);
    if (driver !== 'auto' && driver !== 'host' && driver !== 'vm')
      throw failure('usage', { detail: `--driver is auto, host or vm, not "${driver}"` });
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const { problems, tally, outAfterMs } = await runDemo({ forMs, driver, stop: stop.signal, view: createView(io) });
    io.out(summary(tally));
    if (outAfterMs !== null)
      io.out(`the dead server was out of the table at most ${(outAfterMs / 1000).toFixed(1)} s after its death\n`);
    io.out(`longest time without an answer: ${gapLine(tally)}\n`);
    for (const problem of problems) io.err(`not as it should be: ${problem}\n`);
    if (forMs !== null && problems.length === 0)
      io.out('every server served, the dead one got no new connections and came back, and so did the master\n');
    return problems.length === 0 ? EXIT.done : EXIT.failed;
  },
};

function duration(word: string): number {
  const parsed = parseDuration(word);
  if (!parsed.ok || parsed.value < 40_000)
    throw failure('usage', { detail: `--for wants a duration of at least 40s, got "${word}"` });
  return parsed.value;
}

const KEPT_LINES = 14;
const PLAIN_FRAME_MS = 5000;

/** A screen that is drawn anew each second on a terminal; lines elsewhere. */
function createView(io: Io): DemoView {
  const paint = painter(io.terminal);
  const story: string[] = [];
  const startedAt = performance.now();
  let help = '';
  let lastPlain = Number.NEGATIVE_INFINITY;
  const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
  return {
    progress: (what) => io.err(`${seconds()}  ${what}\n`),
    ready(lab) {
      help = helpText(lab);
      if (!io.terminal) io.out(help);
    },
    told(who, what) {
      const line = `${seconds()}  ${paint(who === 'demo' ? 'yellow' : 'bold', who.padEnd(8))}  ${what}`;
      story.push(line);
      if (story.length > KEPT_LINES) story.shift();
      if (!io.terminal) io.out(`${line}\n`);
    },
    frame(status, tally, elapsedMs) {
      if (io.terminal) {
        const screen = [
          `${renderStatus(status, Date.now(), styleOf(io))}\n`,
          loadLine(tally),
          '',
          paint('bold', 'what happened'),
          ...story,
          '',
          paint('dim', help),
        ];
        io.out(`\u001b[H\u001b[2J${screen.join('\n')}`);
      } else if (elapsedMs - lastPlain >= PLAIN_FRAME_MS) {
        lastPlain = elapsedMs;
        io.out(`${seconds()}  ${loadLine(tally)}\n`);
      }
    },
  };
}

const gapLine = (tally: Tally): string =>
  [
    `${tally.longestGapMs('before', 'back')} ms with nothing wrong`,
    `${tally.longestGapMs('failing', 'taken')} ms around the death of the master`,
    `${tally.longestGapMs('returning', 'home')} ms around the hand-back`,
  ].join(', ');

function loadLine(tally: Tally): string {
  const served = [...tally.served].sort().map(([server, count]) => `${server} ${count}`);
  const failed = [...tally.failed].map(([kind, count]) => `${kind} ${count}`);
  return `load: ${Math.round(tally.perSecond)} requests/s, each a new connection; served ${served.join(', ') || 'none yet'}; failed ${failed.join(', ') || '0'}`;
}

function helpText(lab: Lab): string {
  const port = lab.exposed.web;
  return `In another terminal:
  curl http://127.0.0.1:${port}/                        an answer from a real server, through the director (a browser works too)
  npm run lab -- exec director fairlead status
  npm run lab -- exec director fairlead explain ${CLIENT_ADDRESSES[0]} web
  npm run lab -- exec director fairlead failover web     and back: the same on standby
  npm run lab -- exec director fairlead drain web web1   and back: undrain web web1
  npm run lab -- exec director ipvsadm -Ln               the kernel's own view
  npm run lab -- kill web3 nginx                         and back: npm run lab -- start web3 nginx
Ctrl-C ends it.
`;
}

function summary(tally: Tally): string {
  const phases = (Object.keys(PHASE_WORDS) as Phase[]).map(
    (phase) => `  ${tally.failures(phase)} ${PHASE_WORDS[phase]}`,
  );
  const served = [...tally.served].sort().map(([server, count]) => `${server} ${count}`);
  return `\n${tally.total()} requests answered: ${served.join(', ')}\n${tally.failures()} requests failed:\n${phases.join('\n')}\n`;
}
