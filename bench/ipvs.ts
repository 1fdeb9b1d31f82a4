import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addon } from '../src/kernel/addon.ts';
import { openIpvs } from '../src/kernel/ipvs.ts';
import { packOps } from '../src/kernel/records.ts';
import type { Bench, Figures, Ratio, Side } from './harness.ts';
import { bareLoop, inNamespace, secondOf, timed } from './namespace.ts';
import { ipvsadmLine, operations } from './sample.ts';

const SMALL = 10_000;
const LARGE = 50_000;
const LIMIT = 100_000;
/** Node's own start is most of a short command, so a single change is told without an aim. */
const TASKS = { restore: '>= 1', save: '>= 1', list: '>= 1', change: undefined } as const;
const TASK_TITLES = { restore: 'restore', save: 'save', list: 'list with statistics', change: 'one change' } as const;
type Task = keyof typeof TASKS;

/** Whole processes beside Debian's ipvsadm, on equal tables; the library beside a bare loop; memory and event loop. */
export const bench: Bench = {
  title: `ipvsadm beside ours at ${SMALL} and ${LARGE} destinations, the library at ${LIMIT}`,
  place: 'lab',
  peers: { ipvsadm: ['ipvsadm', '--version'] },
  ratios: [
    ...[SMALL, LARGE].flatMap((size) => (Object.keys(TASKS) as Task[]).map((task) => against(task, size))),
    { title: 'start: ours over node -e 0', of: 'start.fairleadMs', over: 'start.nodeMs', aim: '<= 1.5' },
    { title: "start: ours over Debian's", of: 'start.fairleadMs', over: 'start.ipvsadmMs' },
    { title: `apply ${LIMIT} over the bare loop`, of: 'library.applyMs', over: 'bare.applyMs', aim: '<= 1.5' },
    { title: `apply ${LIMIT}: event loop kept, ms`, of: 'library.applyLoopMs', aim: '<= 20' },
    { title: `dump ${LIMIT}: event loop kept, ms`, of: 'library.dumpLoopMs', aim: '<= 20' },
    { title: 'no work at all: event loop kept, ms', of: 'library.idleLoopMs' },
    { title: `dump ${LIMIT}: resident memory at its peak, MB more`, of: 'library.dumpPeakMB' },
    { title: `dump ${LIMIT}: resident memory while kept, MB more`, of: 'library.dumpRetainedMB' },
  ],
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
    // This runs as .cache/bench/run.mjs.
    const ours = `${process.execPath} ${fileURLToPath(new URL('../../dist/ipvsadm.js', import.meta.url))}`;
    for (const size of [SMALL, LARGE]) writeFileSync(rules(folder, size), lines(size));
    const messages = join(folder, 'messages');
    const { layout, encode } = addon().codec;
    writeFileSync(messages, encode(packOps(layout, operations(LIMIT)).bytes, 0));
    // Loading a scheduler belongs to no side.
    await inNamespace(async (netns) => openIpvs({ netns }).apply(operations(10)));

    const table = (name: string, command: string, size: number): Side => ({
      name: `${name}-${size}`,
      rounds: size === SMALL ? 3 : 2,
      warmUps: size === SMALL ? 1 : 0,
      run: () => inNamespace(async (netns) => life(netns, command, rules(folder, size), size)),
    });
    return {
      sides: [
        { name: 'start', run: () => inNamespace(async (netns) => starts(netns, ours)) },
        table('ipvsadm', 'ipvsadm', SMALL),
        table('fairlead', ours, SMALL),
        table('ipvsadm', 'ipvsadm', LARGE),
        table('fairlead', ours, LARGE),
        { name: 'library', rounds: 3, warmUps: 0, run: library },
        {
          name: 'bare',
          rounds: 3,
          warmUps: 0,
          run: () =>
            secondOf(() => inNamespace(async (netns) => bareLoop(process.env.FAIRLEAD_BARE ?? '', messages, netns))),
        },
      ],
      async teardown() {
        rmSync(folder, { recursive: true });
      },
    };
  },
};

const rules = (folder: string, size: number): string => join(folder, `rules-${size}`);
const lines = (size: number): string => `${operations(size).map(ipvsadmLine).join('\n')}\n`;

function against(task: Task, size: number): Ratio {
  const title = `${TASK_TITLES[task]}, ${size}: ipvsadm over ours`;
  const aim = TASKS[task];
  const ratio = { title, of: `ipvsadm-${size}.${task}Ms`, over: `fairlead-${size}.${task}Ms` };
  return aim === undefined ? ratio : { ...ratio, aim };
}

/** What an operator does with a table: fill it, save it, look at it, change one weight. */
function life(netns: string, command: string, file: string, size: number): Figures {
  const out = `${file}.out`;
  const restoreMs = timed(netns, `${command} -R < ${file}`).elapsedMs;
  const saveMs = timed(netns, `${command} -S -n > ${out}`).elapsedMs;
  if (sorted(out) !== sorted(file)) throw new Error(`${command}: what it saved is not what it restored`);
  const listMs = timed(netns, `${command} -L -n --stats > ${out}`).elapsedMs;
  const listed = readFileSync(out, 'utf8').split('\n  -> 10.').length - 1;
  if (listed !== size) throw new Error(`${command} lists ${listed} destinations`);
  const changeMs = timed(netns, `${command} -e -t 10.100.0.1:80 -r 10.200.0.1:80 -m -w 77`).elapsedMs;
  return { restoreMs, saveMs, listMs, changeMs };
}

const sorted = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').sort().join('\n');

function starts(netns: string, ours: string): Figures {
  return {
    nodeMs: timed(netns, `${process.execPath} -e 0`).elapsedMs,
    fairleadMs: timed(netns, `${ours} -v > /dev/null`).elapsedMs,
    ipvsadmMs: timed(netns, 'ipvsadm -v > /dev/null').elapsedMs,
  };
}

/** Apply and dump, each in a process of its own. */
function library(): Promise<Figures> {
  return inNamespace((warmUp) =>
    inNamespace(async (netns) => ({ ...once('ipvs-apply', warmUp, netns), ...once('ipvs-dump', netns) })),
  );
}

function once(what: string, ...namespaces: string[]): Figures {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), what, String(LIMIT), ...namespaces];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Figures;
}
