import { statSync } from 'node:fs';
import { cellsOf, cut, printable } from './cells.ts';
import type { Io } from './command.ts';

/** Who waits longer than this is told what for. */
const PATIENCE_MS = 2000;
const AGAIN_MS = 1000;
const CLEAR_LINE = '\r\u001b[K';

/** Waits for `work`; on a terminal a line on stderr tells what for once it takes long, and goes when it has ended. Elsewhere
 *  nothing is printed. */
export async function patiently<T>(io: Io, what: string | (() => string), work: Promise<T>): Promise<T> {
  const columns = io.errColumns;
  if (columns === undefined) return work;
  const began = performance.now();
  let shown = false;
  const show = (): void => {
    const seconds = Math.round((performance.now() - began) / 1000);
    const line = printable(`${typeof what === 'string' ? what : what()} (${seconds} s)`);
    // A line that fills the terminal would wrap, and half of it stay.
    io.err(CLEAR_LINE + (cellsOf(line) < columns ? line : cut(line, columns - 1)));
    shown = true;
  };
  let timer = setTimeout(function again() {
    show();
    timer = setTimeout(again, AGAIN_MS);
  }, PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    if (shown) io.err(CLEAR_LINE);
  }
}

/** A file of this size takes some tenths of a second to read and judge. */
const LARGE_BYTES = 256 * 1024;

/** Reads and judges a file in one go, which no timer could interrupt: a large one is told before. */
export function busily<T>(io: Io, file: string, work: () => T): T {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (io.errColumns === undefined || bytes < LARGE_BYTES) return work();
  io.err(CLEAR_LINE + cut(printable(`reading ${(bytes / 1e6).toFixed(1)} MB of ${file}`), io.errColumns - 1));
  try {
    return work();
  } finally {
    io.err(CLEAR_LINE);
  }
}
