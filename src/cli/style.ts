const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof CODES;

/** Colours text on a terminal and leaves it alone elsewhere. */
export function painter(terminal: boolean): (colour: Colour, value: string) => string {
  return (colour, value) => (terminal ? `\u001b[${CODES[colour]}m${value}\u001b[0m` : value);
}

/** Left-aligned columns, two blanks apart; the last column is not padded. Widths ignore colour codes. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - width(cell))))
        .join('  '),
    )
    .join('\n');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
const width = (cell: string): number => cell.replace(/\u001b\[\d+m/g, '').length;

/** `3.2 s`, `4 min`, `2 h`, `5 d` for what people read. */
export function ago(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}
