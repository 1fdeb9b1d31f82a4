import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type Disk, replaceFile } from './disk.ts';
import { changedLines, headerLine, headerOf, Recollection, type Remembered, wholeLines } from './history-file.ts';

/** How long lines may be made or read before everything else has its turn. */
const TURN_MS = 3;
const PIECE_CHARACTERS = 256 * 1024;
/** A journal that is longer than the file it goes with, and than this, is replaced by a new file. */
const SHORT_JOURNAL = 1024 * 1024;

/** Keeps what is remembered on disk: a whole file, replaced as one, and a journal of what changed since, so that a change
 *  costs what it says and not what is known. All of it happens beside the event loop or in short turns. */
export class HistoryDisk {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #onProblem: (text: string) => void;
  /** What is on disk for sure; null: a whole file is due. */
  #written: Remembered | null = null;
  #id = '';
  #wholeLength = 0;
  #journalLength = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, path: string, onProblem: (text: string) => void) {
    this.#disk = disk;
    this.#path = path;
    this.#onProblem = onProblem;
  }

  /** Null: there is none yet. What cannot be understood is set aside and told. */
  async read(): Promise<Remembered | null> {
    const found = new Recollection();
    try {
      const lines = await this.#disk.lines(this.#path);
      if (lines === null) return null;
      let first: string | null = null;
      await inTurns(lines, (line) => {
        if (first === null) {
          first = line;
          if (!found.takeFirstVersion(line)) this.#id = headerOf(line, 'history');
        } else if (line !== '') found.take(line);
      });
      if (!found.isWhole) throw new Error('it ends too soon');
    } catch (error) {
      this.#setAside(this.#path);
      this.#onProblem(`the history ${this.#path} cannot be used and begins anew: ${String(error)}`);
      return null;
    }
    await this.#readJournal(found);
    return found.remembered;
  }

  /** Durable when it resolves. Rejects when it cannot be written; what was on disk before stays. */
  write(now: Remembered): Promise<void> {
    const work = this.#last.then(() => this.#write(now));
    this.#last = work.catch(() => {});
    return work;
  }

  async #write(now: Remembered): Promise<void> {
    const before = this.#written;
    // An entry that was cut short must not stand before others.
    this.#written = null;
    if (before === null || this.#journalLength > Math.max(SHORT_JOURNAL, this.#wholeLength)) await this.#whole(now);
    else
      this.#journalLength += await this.#pieces(changedLines(before, now), (all) =>
        this.#disk.append(this.#journal, all),
      );
    this.#written = now;
  }

  async #whole(now: Remembered): Promise<void> {
    const id = randomUUID();
    const temporary = `${this.#path}.new`;
    const lines = chain([headerLine('history', id)], wholeLines(now));
    this.#wholeLength = await this.#pieces(lines, (all) => this.#disk.write(temporary, all));
    await this.#disk.rename(temporary, this.#path);
    await this.#disk.syncFolder(dirname(this.#path));
    // Until this is there, the journal of the file before is known to be another's.
    await replaceFile(this.#disk, this.#journal, `${headerLine('history-journal', id)}\n`);
    this.#journalLength = 0;
  }

  /** How many characters were written. */
  async #pieces(lines: Iterable<string>, write: (all: AsyncIterable<string>) => Promise<void>): Promise<number> {
    let length = 0;
    const count = async function* () {
      for await (const piece of pieces(lines)) {
        length += piece.length;
        yield piece;
      }
    };
    await write(count());
    return length;
  }

  get #journal(): string {
    return `${this.#path}.journal`;
  }

  async #readJournal(found: Recollection): Promise<void> {
    let belongs: boolean | null = null;
    // A line is good once another one follows it.
    let cut: unknown = null;
    let damaged: unknown = null;
    try {
      const lines = await this.#disk.lines(this.#journal);
      if (lines === null) return;
      await inTurns(lines, (line) => {
        if (damaged !== null || belongs === false || line === '') return;
        if (belongs === null) belongs = headerOf(line, 'history-journal') === this.#id;
        else if (cut !== null) damaged = cut;
        else
          try {
            found.take(line);
          } catch (error) {
            cut = error;
          }
      });
    } catch (error) {
      damaged = error;
    }
    if (damaged !== null) {
      this.#setAside(this.#journal);
      this.#onProblem(`the journal ${this.#journal} is damaged, what follows that is forgotten: ${String(damaged)}`);
    } else if (cut !== null)
      this.#onProblem(`the last entry of ${this.#journal} was cut short and is left out: ${String(cut)}`);
  }

  #setAside(path: string): void {
    try {
      this.#disk.setAside(path, `${path}.bad`);
    } catch {
      // Then it stays where it is; writing tells of the same trouble.
    }
  }
}

function* chain(...parts: readonly Iterable<string>[]): Generator<string, void> {
  for (const part of parts) yield* part;
}

/** Lines, together, with a turn of the event loop after each piece. */
async function* pieces(lines: Iterable<string>): AsyncGenerator<string, void> {
  let text = '';
  let due = performance.now() + TURN_MS;
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < PIECE_CHARACTERS && performance.now() < due) continue;
    yield text;
    text = '';
    await turn();
    due = performance.now() + TURN_MS;
  }
  if (text !== '') yield text;
}

async function inTurns(lines: AsyncIterable<string>, take: (line: string) => void): Promise<void> {
  let due = performance.now() + TURN_MS;
  for await (const line of lines) {
    take(line);
    if (performance.now() < due) continue;
    await turn();
    due = performance.now() + TURN_MS;
  }
}
