import type { Readable } from 'node:stream';

const LONGEST = 200;

/** Reads streams to their end, so that no writer ever waits, and keeps the last line. */
export class LastLine {
  readonly #streams: Readable[];
  #tail = '';

  constructor(streams: readonly (Readable | null)[]) {
    this.#streams = streams.filter((stream) => stream !== null);
    for (const stream of this.#streams) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#tail = (this.#tail + text).slice(-4 * LONGEST);
      });
      // A stream that breaks has said what it had to say.
      stream.on('error', () => {});
    }
  }

  get text(): string {
    const lines = this.#tail.split(/[\r\n]+/).filter((line) => line.trim() !== '');
    return printable(lines.at(-1) ?? '').slice(0, LONGEST);
  }

  /** Goes on reading for those who still write, but waits for them no more. */
  letGo(): void {
    for (const stream of this.#streams) if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}

/** A program's words end up in logs and on terminals. */
const printable = (text: string): string => text.trim().replace(/\p{Cc}/gu, '?');
