/** Something to be done for an object; rejects for nothing. */
export interface Errand {
  readonly what: string;
  run(): Promise<void>;
}

/** More than this many waiting means that somebody does not keep up, unless another number is given. */
const LONGEST = 100;

/** Errands in their order, one at a time. When too many wait, the oldest of them is dropped. */
export class Lane {
  #waiting: Errand[] = [];
  #running: Promise<void> | null = null;
  readonly #onDropped: (errand: Errand) => void;
  readonly #longest: number;

  constructor(onDropped: (errand: Errand) => void, longest = LONGEST) {
    this.#onDropped = onDropped;
    this.#longest = longest;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(errand: Errand): void {
    this.#waiting.push(errand);
    if (this.#waiting.length > this.#longest) {
      const oldest = this.#waiting.shift();
      if (oldest) this.#onDropped(oldest);
    }
    this.#running ??= this.#run();
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Ends when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next.run();
    this.#running = null;
  }
}
