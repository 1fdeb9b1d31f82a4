import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NodeKind, PEERS, peerEnvironment, ROOT } from '../../test/support/network/nodes/index.ts';
import { openSegment } from '../../test/support/segment.ts';
import { machine, median } from '../harness.ts';
import { type Cell, cellName, cellsOf, KINDS } from './cells.ts';
import { type Episode, episode } from './episode.ts';

/** `failover [CELLS [RUNS]] [--only KIND]`: keepalived and ours in turn, in the same namespaces. Cells are `all`, or words
 *  such as `sigterm`, `100ms`, `sigterm@100ms` with commas. */
export async function main(args: readonly string[]): Promise<number> {
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const [words = 'all', runs = '20'] = args.filter((word) => word !== '--only' && word !== only);
  const cells = cellsOf(words);
  const kinds = KINDS.filter((kind) => only === undefined || kind === only);
  if (cells.length === 0 || kinds.length === 0 || !(Number(runs) > 0)) {
    process.stderr.write('usage: failover [CELLS [RUNS]] [--only keepalived|fairlead]\n');
    return 2;
  }
  const results: Result[] = [];
  for (const [index, cell] of cells.entries()) {
    const started = Date.now();
    const episodes = await measure(cell, kinds, Number(runs));
    results.push({ ...cell, episodes });
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    process.stderr.write(`${index + 1} of ${cells.length}, ${seconds} s\n`);
    process.stdout.write(`${lines({ ...cell, episodes }).join('\n')}\n`);
  }
  process.stdout.write(`\n${[HEAD, ...results.flatMap(lines)].join('\n')}\n`);
  if (only !== undefined || words !== 'all') return 0;
  const record = {
    date: new Date().toISOString(),
    runs: Number(runs),
    machine: machine(),
    versions: versions(),
    results,
  };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/failover.json', `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write('written to bench/results/failover.json\n');
  return 0;
}

type Episodes = Readonly<Partial<Record<NodeKind, readonly Episode[]>>>;
type Result = Cell & { readonly episodes: Episodes };

/** What lasts seconds is done in several segments at a time; what lasts milliseconds has the machine to itself. */
const lanesOf = ({ fault, interval }: Cell): number =>
  interval === '1s' || fault === 'kill-all' || fault === 'sigstop' ? 4 : 1;

/** Its multiples spread evenly between 0 and 1, however many there are: the moments of the faults, alike for both kinds. */
const GOLDEN = 0.618034;

async function measure(cell: Cell, kinds: readonly NodeKind[], runs: number): Promise<Episodes> {
  const episodes: Record<string, Episode[]> = Object.fromEntries(kinds.map((kind) => [kind, []]));
  let begun = 0;
  const lane = async (): Promise<void> => {
    const segment = await openSegment();
    try {
      while (begun < runs) {
        const run = ++begun;
        for (const kind of kinds) {
          const result = await episode(segment, kind, cell, (run * GOLDEN) % 1);
          episodes[kind]?.push(result);
          process.stderr.write(`${cellName(cell)} ${kind} ${run}: ${told(result)}\n`);
        }
      }
    } finally {
      await segment.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(runs, lanesOf(cell)) }, lane));
  return episodes;
}

const told = (result: Episode): string =>
  Object.entries(result)
    .map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`)
    .join(', ');

const HEAD = `${'fault, advert interval'.padEnd(22)} ${'who'.padEnd(10)} ${'gap ms min/median/max'.padEnd(24)} ${'takeover ms'.padEnd(24)} ${'two at end'.padEnd(10)} ${'held twice'.padEnd(10)} ${'noise'.padEnd(6)} ours over theirs: gap, takeover`;

function lines(result: Result): string[] {
  const entries = Object.entries(result.episodes) as [NodeKind, readonly Episode[]][];
  return entries.map(([kind, all]) => {
    const spread = (of: (each: Episode) => number): string => {
      const values = all.map(of).sort((x, y) => x - y);
      return [values[0], median(values), values.at(-1)].map((value) => (value ?? Number.NaN).toFixed(1)).join(' / ');
    };
    const theirs = result.episodes.keepalived;
    const ratio = (of: (each: Episode) => number): string =>
      (median(all.map(of)) / median((theirs ?? []).map(of))).toFixed(2);
    return [
      cellName(result).padEnd(22),
      kind.padEnd(10),
      spread(({ gap }) => gap).padEnd(24),
      spread(({ takeover }) => takeover).padEnd(24),
      `${all.filter(({ holders }) => holders > 1).length} of ${all.length}`.padEnd(10),
      median(all.map(({ dual }) => dual))
        .toFixed(0)
        .padEnd(10),
      Math.max(...all.map(({ noise }) => noise))
        .toFixed(1)
        .padEnd(6),
      kind === 'fairlead' && theirs ? `${ratio(({ gap }) => gap)}, ${ratio(({ takeover }) => takeover)}` : '',
    ]
      .join(' ')
      .trimEnd();
  });
}

/** Of what is compared. */
export function versions(): Record<string, string> {
  const program = join(PEERS, 'usr/sbin/keepalived');
  const first = (command: string, args: readonly string[], env = process.env): string =>
    execFileSync('sh', ['-c', '"$0" "$@" 2>&1 | head -n 1', command, ...args], { encoding: 'utf8', env }).trim();
  return {
    keepalived: first(program, ['--version'], peerEnvironment()),
    fairlead: first('git', ['-C', ROOT, 'describe', '--always', '--dirty']),
  };
}
