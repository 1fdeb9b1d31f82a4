import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { RunProgram } from '../../model/program.ts';

/** Lines that may wait for the FIFO to be made. */
const LONGEST = 100;
const MAKE_MS = 5000;

/** A FIFO that lines are written to, whether or not anybody reads; what it cannot take is dropped and counted. It is open
 *  for reading as well, so that no write ever fails or waits for a reader. */
export class Fifo {
  readonly #path: string;
  readonly #run: RunProgram;
  readonly #onProblem: (text: string) => void;
  #fd: number | null = null;
  #making = false;
  #waiting: string[] = [];
  #dropped = 0;
  #closed = false;
  #told = '';

  constructor(path: string, run: RunProgram, onProblem: (text: string) => void) {
    this.#path = path;
    this.#run = run;
    this.#onProblem = onProblem;
  }

  /** Lines lost since the last one that was taken. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Makes and opens it, so that readers find it before the first line. */
  open(): void {
    if (this.#closed || this.#making || this.#isOpen()) return;
    try {
      const fd = openSync(this.#path, constants.O_RDWR | constants.O_NONBLOCK);
      if (!fstatSync(fd).isFIFO()) {
        closeSync(fd);
        this.#tell('is not a FIFO and is left alone');
        return;
      }
      this.#fd = fd;
      this.#told = '';
    } catch (error) {
      if (codeOf(error) === 'ENOENT') void this.#make();
      else this.#tell(`cannot be opened: ${codeOf(error)}`);
    }
  }

  write(line: string): void {
    if (this.#waiting.push(line) > LONGEST) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.open();
    this.#flush();
  }

  close(): void {
    this.#closed = true;
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** One that somebody took away is made anew. */
  #isOpen(): boolean {
    if (this.#fd === null) return false;
    if (fstatSync(this.#fd).nlink > 0) return true;
    closeSync(this.#fd);
    this.#fd = null;
    return false;
  }

  async #make(): Promise<void> {
    this.#making = true;
    const command = ['mkfifo', '-m', '600', '--', this.#path];
    const { ok, text } = await this.#run({ command, user: null, timeoutMs: MAKE_MS, hear: 'errors' }).ending;
    this.#making = false;
    if (!ok) return this.#tell(`cannot be made: mkfifo ${text}`);
    this.open();
    this.#flush();
  }

  #flush(): void {
    if (this.#fd === null) return;
    for (const line of this.#waiting.splice(0)) {
      try {
        writeSync(this.#fd, line);
        if (this.#dropped > 0)
          this.#onProblem(`fifo ${this.#path}: ${this.#dropped} lines were dropped while it was full`);
        this.#dropped = 0;
        this.#told = '';
      } catch (error) {
        this.#dropped++;
        this.#tell(codeOf(error) === 'EAGAIN' ? 'is full, and lines are dropped' : `refuses: ${codeOf(error)}`);
      }
    }
  }

  /** Each trouble once until it is over. */
  #tell(text: string): void {
    if (text === this.#told) return;
    this.#told = text;
    this.#onProblem(`fifo ${this.#path} ${text}`);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
