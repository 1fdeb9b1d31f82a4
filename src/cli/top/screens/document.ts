import { cellsOf, printable, wrap } from '../../cells.ts';
import type { Cell, Colour } from '../../style.ts';

/** A line of text; one that is too long goes on below its own beginning. Aligned blanks survive where it fits. */
export function lineOf(text: string, columns: number, tone?: Colour): Cell[] {
  const line = printable(text);
  if (cellsOf(line) <= columns) return [{ text: line, tone }];
  const blanks = /^ */.exec(line)?.[0] ?? '';
  const [first = '', ...rest] = wrap(line.trim(), columns - blanks.length - 2);
  return [{ text: blanks + first, tone }, ...rest.map((more) => ({ text: `${blanks}  ${more}`, tone }))];
}
