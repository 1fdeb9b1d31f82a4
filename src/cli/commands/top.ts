import { connect } from '../../api/client.ts';
import { parseDuration } from '../../base/duration.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { type Command, JSON_OPTION, type Options, text } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { painter } from '../style.ts';
import { sortBy } from '../top/commands.ts';
import { whole } from '../top/frame.ts';
import { painted, runTop } from '../top/run.ts';
import { SCREENS } from '../top/screens/index.ts';
import { type Size, type State, subjectOf, TABS, viewOf } from '../top/state.ts';
import { initial, step } from '../top/step.ts';
import { Watcher } from '../top/watch.ts';

export const command: Command = {
  usage: 'top [service]',
  summary:
    'watch services, servers, rates, roles and events on a full screen; sort, filter, look into one, drain it; ? tells the keys',
  options: [
    ...DAEMON_OPTIONS,
    { flags: '--screen <name>', summary: `which to begin with: ${TABS.join(', ')}` },
    { flags: '--sort <column>', summary: 'by which column to begin with, the largest on top where that makes sense' },
    { flags: '--filter <text>', summary: 'only rows with this in them' },
    { flags: '--interval <duration>', summary: 'time between two looks at the daemon', default: '2s' },
    { flags: '--once', summary: 'print one frame with all rows and end' },
    { ...JSON_OPTION, summary: 'with --once: the status and the rates that a frame is made of, as JSON' },
  ],
  examples: [
    'fairlead top',
    'fairlead top web --sort active',
    'fairlead top --once --screen servers --filter down',
    'fairlead top --once --json | jq .rates',
  ],
  async run([service], options, io) {
    const client = connect(daemonOf(options));
    const intervalMs = intervalOf(options);
    const { stdin, stdout } = process;
    if (options.json && !options.once) throw failure('usage', { detail: 'expected --once with --json' });
    if (!options.once && !(stdin.isTTY && stdout.isTTY))
      throw failure('usage', {
        detail: 'top needs a terminal on stdin and stdout; `fairlead top --once` prints one frame without',
      });
    // One that does not exist is told before the screen is taken.
    if (service !== undefined) await client.getService({ service });
    const start = (size: Size): State => begin(service, options, size, intervalMs);
    if (options.json) {
      const { look } = await measured(new Watcher(client), start({ columns: WIDE, rows: 0 }));
      io.out(`${JSON.stringify({ status: look?.status, rates: Object.fromEntries(look?.rates ?? []) })}\n`);
      return EXIT.done;
    }
    if (options.once) {
      io.out(await oneFrame(new Watcher(client), start, io.columns ?? WIDE, painter(io.terminal)));
      return EXIT.done;
    }
    await runTop(client, start, { stdin, stdout, colour: io.terminal });
    return EXIT.done;
  },
};

const WIDE = 160;
/** Long enough for the kernel to publish its counters anew. */
const MEASURE_MS = 2100;

function intervalOf(options: Options): number {
  const parsed = parseDuration(text(options.interval));
  if (parsed.ok && parsed.value >= 500 && parsed.value <= 60_000) return parsed.value;
  throw failure('usage', { detail: `--interval wants 500ms to 60s, got "${text(options.interval)}"` });
}

function begin(service: string | undefined, options: Options, size: Size, intervalMs: number): State {
  const wanted = options.screen === undefined ? undefined : text(options.screen);
  const screen = service === undefined ? TABS.find((tab) => tab === (wanted ?? 'services')) : 'servers';
  if (screen === undefined)
    throw failure('usage', { detail: `--screen is one of ${TABS.join(', ')}, not "${wanted}"` });
  const state = initial(size, intervalMs, {
    screen,
    subject: service === undefined ? [] : [service],
    filter: text(options.filter),
  });
  return options.sort === undefined ? state : sorted(state, text(options.sort));
}

function sorted(state: State, name: string): State {
  const names = SCREENS[viewOf(state).screen].columns.map((column) => column.name);
  if (names.includes(name)) return sortBy(state, name).state;
  const close = nearest(name, names);
  throw failure('usage', {
    detail: `--sort is one of ${names.join(', ')}, not "${name}"${close ? `; did you mean "${close}"?` : ''}`,
  });
}

/** Looks twice, because one look has no rates. */
async function measured(watcher: Watcher, blank: State): Promise<State> {
  await watcher.look(subjectOf(blank));
  await new Promise((resolve) => setTimeout(resolve, MEASURE_MS));
  return step(blank, { kind: 'look', look: await watcher.look(subjectOf(blank)) }).state;
}

async function oneFrame(
  watcher: Watcher,
  start: (size: Size) => State,
  columns: number,
  paint: ReturnType<typeof painter>,
): Promise<string> {
  const state = await measured(watcher, start({ columns, rows: 0 }));
  return `${whole(state)
    .map((line) => painted(line, paint).trimEnd())
    .join('\n')}\n`;
}
