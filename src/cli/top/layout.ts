import { cellsOf, fitted, printable } from '../cells.ts';
import type { Cell } from '../style.ts';
import type { ColumnHead } from './listing.ts';

/** Which columns a width has room for, and how wide each is. */

const GAP = 2;
/** Below this a column that takes what is left says nothing. */
const LEAST_FLEX = 24;

export interface Placed {
  /** Place of the column in the table. */
  readonly index: number;
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** Places columns for these rows, which are the visible ones. Together with the gaps they take `width` at most. */
export function place(columns: readonly ColumnHead[], rows: readonly (readonly Cell[])[], width: number): Placed[] {
  // One long name shall not push everything else out.
  const longest = Math.max(12, Math.floor(width * 0.4));
  const natural = columns.map((column, index) =>
    Math.min(longest, Math.max(cellsOf(column.name), ...rows.map((row) => cellsOf(printable(row[index]?.text ?? ''))))),
  );
  const least = (index: number): number =>
    columns[index]?.flex ? Math.min(LEAST_FLEX, natural[index] ?? 0) : (natural[index] ?? 0);
  const needed = (kept: readonly number[]): number =>
    kept.reduce((sum, index) => sum + least(index), GAP * Math.max(0, kept.length - 1));
  let kept = columns.map((_, index) => index);
  const optional = kept
    .filter((index) => (columns[index]?.rank ?? 0) > 0)
    .sort((a, b) => (columns[b]?.rank ?? 0) - (columns[a]?.rank ?? 0));
  for (const index of optional) {
    if (needed(kept) <= width) break;
    kept = kept.filter((each) => each !== index);
  }
  let left = width - needed(kept);
  const placed: Placed[] = [];
  for (const index of kept) {
    const column = columns[index];
    const extra = column?.flex ? left : Math.min(0, left);
    const cells = Math.max(0, least(index) + extra);
    left -= cells - least(index);
    placed.push({ index, width: cells, align: column?.align ?? 'left' });
  }
  return placed;
}

/** One row in its columns. */
export function rowLine(cells: readonly Cell[], placed: readonly Placed[]): Cell[] {
  return placed.flatMap(({ index, width, align }, position) => {
    const { text = '', tone } = cells[index] ?? {};
    const shown = { text: fitted(printable(text), width, align), tone };
    return position === 0 ? [shown] : [{ text: ' '.repeat(GAP) }, shown];
  });
}
