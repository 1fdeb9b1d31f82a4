import { MORE_FILES, tooFewFiles } from '../../health/sockets.ts';
import type { Store } from '../store.ts';

/** Told at once, then summed up this often: a process without file descriptors fails thousands of checks a second. */
const SUM_UP_MS = 5000;

/** Tells that checks cannot be made, and when they can be again. */
export class Trouble {
  readonly #store: Store;
  readonly #openFiles: number;
  #tooFewFiles: string | undefined;
  #counts = new Map<string, { count: number; example: string }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, openFiles = Number.POSITIVE_INFINITY) {
    this.#store = store;
    this.#openFiles = openFiles;
  }

  /** Tells once that there are too few sockets for so many checks at once. */
  sockets(atOnce: number): void {
    const problem = tooFewFiles(this.#openFiles, atOnce);
    if (problem !== undefined && problem !== this.#tooFewFiles)
      this.#store.tell('problem', `${problem}; ${MORE_FILES}`);
    this.#tooFewFiles = problem;
  }

  add(key: string, outcome: string, evidence: string): void {
    const known = this.#counts.get(outcome);
    if (known) known.count++;
    else this.#counts.set(outcome, { count: 1, example: `${key}: ${evidence}` });
    if (this.#timer !== undefined) return;
    const text = `${key} could not be checked and keeps its state: ${evidence}`;
    this.#store.tell('problem', text);
    this.#store.set({ checkTrouble: [text] });
    this.#timer = setTimeout(() => this.#sumUp(), SUM_UP_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #sumUp(): void {
    const lines = [...this.#counts].map(
      ([outcome, { count, example }]) =>
        `${count} checks could not be made in ${SUM_UP_MS / 1000} s (${outcome}), such as ${example}`,
    );
    this.#counts = new Map();
    this.#store.set({ checkTrouble: lines });
    if (lines.length === 0) {
      this.#timer = undefined;
      this.#store.tell('health', 'all checks can be made again');
      return;
    }
    for (const line of lines) this.#store.tell('problem', line);
    this.#timer = setTimeout(() => this.#sumUp(), SUM_UP_MS);
  }
}
