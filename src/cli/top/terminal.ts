import { writeSync } from 'node:fs';
import { emitKeypressEvents, type Key } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Size } from './state.ts';

/** A terminal in full-screen use: another screen, keys one by one, no wrapping. Whatever ends the process, but SIGKILL, gives
 *  the terminal back as it was. */

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[0m\u001b[?1049l';

/** A stream on a terminal, with its descriptor. */
export type TerminalOut = WriteStream & { readonly fd: number };

export interface TerminalEvents {
  readonly onKey: (key: string) => void;
  readonly onSize: (size: Size) => void;
  /** Nobody is there any more. */
  readonly onGone: () => void;
}

export class Terminal {
  readonly #stdin: ReadStream;
  readonly #stdout: TerminalOut;
  readonly #undo: (() => void)[] = [];
  #entered = false;
  #drawn: readonly string[] = [];
  #waiting: readonly string[] | null = null;

  constructor(stdin: ReadStream, stdout: TerminalOut, { onKey, onSize, onGone }: TerminalEvents) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    emitKeypressEvents(stdin);
    this.#on(stdin, 'keypress', (text: string | undefined, key: Key) => {
      const word = keyWord(text, key);
      if (word !== undefined) onKey(word);
    });
    for (const stream of [stdin, stdout]) for (const end of ['close', 'error']) this.#on(stream, end, onGone);
    this.#on(stdin, 'end', onGone);
    this.#on(stdout, 'resize', () => {
      this.#drawn = [];
      onSize(this.size());
    });
    this.#on(stdout, 'drain', () => {
      const lines = this.#waiting;
      this.#waiting = null;
      if (lines) this.draw(lines);
    });
    this.#on(process, 'exit', () => this.#leave());
    // Before the stack is printed, so that it is seen.
    this.#on(process, 'uncaughtExceptionMonitor', () => this.#leave());
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const) {
      const end = (): void => {
        this.close();
        process.kill(process.pid, signal);
      };
      this.#on(process, signal, end);
    }
    this.#on(process, 'SIGTSTP', () => this.suspend());
    this.#on(process, 'SIGCONT', () => {
      this.#enter();
      onSize(this.size());
    });
    this.#enter();
  }

  size(): Size {
    return { columns: this.#stdout.columns, rows: this.#stdout.rows };
  }

  /** Draws what differs from what is there. A terminal that takes it slowly gets the latest, and not all there was. */
  draw(lines: readonly string[]): void {
    if (!this.#entered) return;
    if (this.#stdout.writableNeedDrain) {
      this.#waiting = lines;
      return;
    }
    const before = this.#drawn;
    this.#drawn = lines;
    // Erased first: behind a full line the cursor stands on its last character.
    const changes = lines.flatMap((line, row) =>
      line === before[row] ? [] : [`\u001b[${row + 1};1H\u001b[0m\u001b[K${line}`],
    );
    if (changes.length > 0) this.#stdout.write(changes.join(''));
  }

  /** The next drawing is a whole one. */
  forget(): void {
    this.#drawn = [];
    this.#stdout.write('\u001b[2J');
  }

  /** Stops this process until the shell continues it. */
  suspend(): void {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  }

  close(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#leave();
    this.#stdin.pause();
  }

  #enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.#drawn = [];
    this.#stdin.setRawMode(true);
    this.#stdin.resume();
    this.#stdout.write(ENTER);
  }

  #leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    try {
      this.#stdin.setRawMode(false);
      // At once: at the exit of a process nothing else is written any more.
      writeSync(this.#stdout.fd, LEAVE);
    } catch {
      // The terminal itself is gone.
    }
  }

  #on(source: NodeJS.EventEmitter, event: string, listener: (...words: never[]) => void): void {
    source.on(event, listener as () => void);
    this.#undo.push(() => source.off(event, listener as () => void));
  }
}

/** The name of a key: what it types, `pageup`, `ctrl-l`. Nothing for what has none. */
export function keyWord(text: string | undefined, { name, ctrl, meta }: Key): string | undefined {
  if (ctrl && name !== undefined) return `ctrl-${name}`;
  if (meta && name !== 'escape') return undefined;
  if (name === 'enter') return 'return';
  const types = text !== undefined && [...text].length === 1 && !/[\p{Cc} ]/u.test(text);
  return types ? text : name;
}
