import { printable } from '../base/printable.ts';

/** How text stands in the cells of a terminal. */

export { printable };

const PLAIN = /^[\x20-\x7e]*$/;

/** Blocks whose characters are two cells wide (East_Asian_Width W and F of Unicode 15), without emoji. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x3fffd],
];
/** The selector makes an emoji of what can be one; behind a blank it is nothing. */
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\u{fe0f}|\p{Regional_Indicator}/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many cells printable text takes. */
export function cellsOf(value: string): number {
  if (PLAIN.test(value)) return value.length;
  let cells = 0;
  for (const { segment } of segmenter.segment(value)) cells += clusterCells(segment);
  return cells;
}

function clusterCells(cluster: string): number {
  if (NO_WIDTH.test(cluster)) return 0;
  if (EMOJI.test(cluster)) return 2;
  const code = cluster.codePointAt(0) ?? 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Printable text in at most so many cells; what is cut off ends with `…`. */
export function cut(value: string, cells: number): string {
  if (cells <= 0) return '';
  if (cellsOf(value) <= cells) return value;
  if (PLAIN.test(value)) return `${value.slice(0, cells - 1)}…`;
  let kept = '';
  let used = 0;
  for (const { segment } of segmenter.segment(value)) {
    const more = clusterCells(segment);
    if (used + more > cells - 1) break;
    kept += segment;
    used += more;
  }
  return `${kept}…`;
}

/** Printable text in exactly so many cells. */
export function fitted(value: string, cells: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(value, cells);
  const rest = ' '.repeat(Math.max(0, cells - cellsOf(shown)));
  let fit = align === 'left' ? shown + rest : rest + shown;
  // A mark at the beginning joins the blank before it, so that one blank more is needed.
  while (cellsOf(fit) < cells) fit = ` ${fit}`;
  return fit;
}

/** Printable text in lines of at most so many cells, broken at blanks where there are any. */
export function wrap(value: string, cells: number): string[] {
  if (cells <= 0) return [];
  const lines: string[] = [];
  let line = '';
  const put = (word: string): void => {
    if (line !== '' && cellsOf(line) + 1 + cellsOf(word) <= cells) line += ` ${word}`;
    else {
      if (line !== '') lines.push(line);
      line = word;
    }
  };
  for (const word of value.split(/ +/)) for (const piece of pieces(word, cells)) put(piece);
  return line === '' ? lines : [...lines, line];
}

/** A word that is longer than a line, in parts. A character that is wider than the line is left out. */
function pieces(word: string, cells: number): string[] {
  if (cellsOf(word) <= cells) return [word];
  const parts: string[] = [];
  let part = '';
  for (const { segment } of segmenter.segment(word)) {
    if (clusterCells(segment) > cells) continue;
    if (cellsOf(part) + clusterCells(segment) > cells) {
      parts.push(part);
      part = '';
    }
    part += segment;
  }
  return part === '' ? parts : [...parts, part];
}
