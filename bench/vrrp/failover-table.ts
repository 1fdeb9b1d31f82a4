import type { NodeKind } from '../../test/support/network/nodes/index.ts';
import { median } from '../harness.ts';
import { cellName } from './cells.ts';
import type { Episode } from './judge.ts';
import type { Result } from './record.ts';

type Of = (each: Episode) => number;

/** One column: its heading, its width, and what stands in it. */
interface Column {
  readonly head: string;
  readonly width: number;
  text(all: readonly Episode[], theirs: readonly Episode[] | undefined): string;
}

/** What never came took for ever. */
const takeover: Of = (each) => each.takeover ?? Number.POSITIVE_INFINITY;

const shown = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? 'never' : value.toFixed(1);

const spread =
  (of: Of) =>
  (all: readonly Episode[]): string => {
    const values = all.map(of).sort((x, y) => x - y);
    return [values[0], median(values), values.at(-1)].map(shown).join(' / ');
  };

const ratio =
  (of: Of) =>
  (all: readonly Episode[], theirs: readonly Episode[] | undefined): string => {
    const value = theirs ? median(all.map(of)) / median(theirs.map(of)) : Number.NaN;
    return Number.isFinite(value) && value > 0 ? value.toFixed(2) : '';
  };

const COLUMNS: readonly Column[] = [
  { head: 'gap ms min/median/max', width: 24, text: spread(({ gap }) => gap) },
  { head: 'net of pauses', width: 24, text: spread(({ net }) => net) },
  {
    head: 'takeover ms',
    width: 24,
    text: (all) => (all.some((each) => each.takeover !== null) ? spread(takeover)(all) : '-'),
  },
  { head: 'two at end', width: 10, text: (all) => `${all.filter((each) => each.holders > 1).length} of ${all.length}` },
  { head: 'held twice', width: 10, text: (all) => median(all.map(({ dual }) => dual)).toFixed(0) },
  { head: 'noise ms median/max', width: 20, text: noiseOf },
  { head: 'gap ratio', width: 9, text: ratio(({ gap }) => gap) },
  { head: 'takeover ratio', width: 14, text: ratio(takeover) },
];

function noiseOf(all: readonly Episode[]): string {
  const values = all.map(({ noise }) => noise);
  return `${median(values).toFixed(1)} / ${Math.max(...values).toFixed(1)}`;
}

const line = (name: string, who: string, cells: readonly string[]): string =>
  [name.padEnd(16), who.padEnd(10), ...cells.map((cell, i) => cell.padEnd(COLUMNS[i]?.width ?? 0))].join(' ').trimEnd();

export const HEAD = line(
  'fault, adverts',
  'who',
  COLUMNS.map(({ head }) => head),
);

export function linesOf(result: Result): string[] {
  const entries = Object.entries(result.episodes) as [NodeKind, readonly Episode[]][];
  return entries
    .filter(([, all]) => all.length > 0)
    .map(([kind, all]) => {
      const theirs = kind === 'fairlead' ? result.episodes.keepalived : undefined;
      return line(
        cellName(result),
        kind,
        COLUMNS.map(({ text }) => text(all, theirs)),
      );
    });
}
