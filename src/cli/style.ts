import { cellsOf, cut, printable } from './cells.ts';
import type { Io } from './command.ts';

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2, reverse: 7 } as const;
export type Colour = keyof typeof CODES;

/** Colours text on a terminal and leaves it alone elsewhere. */
export function painter(terminal: boolean): (colour: Colour, value: string) => string {
  return (colour, value) => (terminal ? `\u001b[${CODES[colour]}m${value}\u001b[0m` : value);
}

export interface Cell {
  readonly text: string;
  readonly tone?: Colour | undefined;
}

/** How what is printed shall look. */
export interface Style {
  readonly paint: (colour: Colour, value: string) => string;
  /** Cells of a line; without end where nobody looks at it on a terminal. */
  readonly columns: number;
}

export const PLAIN: Style = { paint: (_colour, value) => value, columns: Number.POSITIVE_INFINITY };

export const styleOf = ({ terminal, columns }: Pick<Io, 'terminal' | 'columns'>): Style => ({
  paint: painter(terminal),
  columns: columns ?? PLAIN.columns,
});

export const painted = ({ text, tone }: Cell, { paint }: Style): string => (tone ? paint(tone, text) : text);

/** The first row of a table. */
export const heads = (...names: readonly string[]): Cell[] => names.map((text) => ({ text, tone: 'dim' }));

/** Left-aligned columns, two blanks apart; the last column is not padded, and cut off where a line ends. */
export function table(rows: readonly (readonly (string | Cell)[])[], style = PLAIN): string {
  const cells = rows.map((row) =>
    row.map(
      (cell): Cell => (typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) }),
    ),
  );
  const widths: number[] = [];
  for (const row of cells)
    for (const [i, { text }] of row.slice(0, -1).entries()) widths[i] = Math.max(widths[i] ?? 0, cellsOf(text));
  return cells.map((row) => rowOf(row, widths, style)).join('\n');
}

function rowOf(row: readonly Cell[], widths: readonly number[], style: Style): string {
  let left = style.columns;
  return row
    .map((cell, i) => {
      if (i === row.length - 1) return painted({ ...cell, text: cut(cell.text, left) }, style);
      const width = widths[i] ?? 0;
      left -= width + GAP;
      return painted(cell, style) + ' '.repeat(width - cellsOf(cell.text));
    })
    .join(' '.repeat(GAP));
}

const GAP = 2;

/** `3.2 s`, `4 min`, `2 h`, `5 d` for what people read. */
export function ago(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}
