import { parseArgs } from 'node:util';
import type { NodeKind } from '../../test/support/network/nodes/index.ts';
import { openSegment, type Segment } from '../../test/support/segment.ts';
import { machine } from '../harness.ts';
import { type Cell, cellName, cellsOf, KINDS } from './cells.ts';
import { episode } from './episode.ts';
import { HEAD, linesOf } from './failover-table.ts';
import type { Episode } from './judge.ts';
import { Book, type FailoverRecord, readRecord, writeRecord } from './record.ts';
import { inLanes, makeTurns, type Turns } from './turns.ts';
import { versions } from './versions.ts';

const USAGE = 'usage: failover [CELLS [RUNS]] [--only keepalived|fairlead] [--lanes N] [--resume]\n';
/** An episode that came to no end is told, and done again so often. */
const TRIES = 3;
/** Its multiples spread evenly between 0 and 1, however many there are: the moments of the faults, alike for both kinds. */
const GOLDEN = 0.618034;

/** `failover [CELLS [RUNS]]`: keepalived and ours in turn, in the same namespaces. Cells are `all`, or words such as `sigterm`,
 *  `100ms`, `sigterm@100ms` with commas. One round does every cell once; after each round of `all` the file of results is
 *  written, so that a run that is cut is one of fewer rounds, and `--resume` goes on from there. */
export async function main(args: readonly string[]): Promise<number> {
  const options = {
    only: { type: 'string' },
    lanes: { type: 'string', default: '4' },
    resume: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [words = 'all', runs = '20'] = positionals;
  const cells = cellsOf(words);
  const kinds = KINDS.filter((kind) => values.only === undefined || kind === values.only);
  const [rounds, lanes] = [Number(runs), Number(values.lanes)];
  if (cells.length === 0 || kinds.length === 0 || !(rounds > 0) || !(lanes > 0)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const whole = words === 'all' && values.only === undefined;
  const about = { machine: machine(), versions: versions() };
  const earlier = values.resume ? readRecord() : null;
  if (earlier && JSON.stringify(earlier.versions) !== JSON.stringify(about.versions)) {
    process.stderr.write(`the results there are of other programs: ${JSON.stringify(earlier.versions)}\n`);
    return 1;
  }
  const book = new Book(cells, kinds, earlier?.results ?? []);
  const failures = [...(earlier?.failures ?? [])];
  const record = (): FailoverRecord => ({
    date: new Date().toISOString(),
    rounds: book.rounds(),
    ...about,
    failures,
    results: book.results(),
  });

  const turns = makeTurns();
  let told = book.rounds();
  await inLanes(lanes, LANE, jobsOf(cells, told, rounds), async (segment, { cell, round }) => {
    const episodes = await inTurn({ segment, turns, cell, round, failures }, kinds);
    book.add(cell, round, episodes);
    if (book.rounds() === told) return;
    told = book.rounds();
    if (whole) writeRecord(record());
    process.stderr.write(`${new Date().toISOString()} ${told} of ${rounds} rounds\n`);
  });
  process.stdout.write(`${[HEAD, ...book.results().flatMap(linesOf), ...failures].join('\n')}\n`);
  return 0;
}

interface Job {
  readonly cell: Cell;
  readonly round: number;
}

const LANE = { open: () => openSegment(), close: (segment: Segment) => segment.close() };

const jobsOf = (cells: readonly Cell[], from: number, to: number): Job[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => cells.map((cell) => ({ cell, round: from + i }))).flat();

interface Work extends Job {
  readonly segment: Segment;
  readonly turns: Turns;
  readonly failures: string[];
}

/** An episode of each kind; who goes first changes from round to round. */
async function inTurn(work: Work, kinds: readonly NodeKind[]): Promise<Readonly<Record<string, Episode>>> {
  const { cell, round } = work;
  const episodes: Record<string, Episode> = {};
  for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
    const result = await untilDone(work, kind);
    episodes[kind] = result;
    process.stderr.write(`${cellName(cell)} ${kind} ${round + 1}: ${JSON.stringify(result)}\n`);
  }
  return episodes;
}

async function untilDone({ segment, turns, cell, round, failures }: Work, kind: NodeKind): Promise<Episode> {
  for (let attempt = 1; ; attempt++) {
    try {
      return rounded(await episode(segment, turns, kind, cell, ((round + 1) * GOLDEN) % 1));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      failures.push(`${cellName(cell)} ${kind} ${round + 1}: ${text.split('\n')[0]}`);
      process.stderr.write(`${cellName(cell)} ${kind} ${round + 1}: ${text}\n`);
      if (attempt === TRIES) throw error;
    }
  }
}

const rounded = (result: Episode): Episode =>
  Object.fromEntries(
    Object.entries(result).map(([name, value]) => [name, value === null ? null : Math.round(value * 10) / 10]),
  ) as unknown as Episode;
