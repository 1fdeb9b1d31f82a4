type Work = () => Promise<void>;

/** So many at once, first come, first served. Each begins in a turn of the event loop of its own: to start a program holds it
 *  up for a millisecond or more. */
export class Turns {
  readonly #atOnce: number;
  #waiting: Work[] = [];
  #running = 0;
  #next: NodeJS.Immediate | undefined;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Ends after the work, which never rejects; never, if it was cleared before its turn. */
  take(work: Work): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => work().then(resolve));
      this.#arm();
    });
  }

  /** What waits is forgotten. */
  clear(): void {
    this.#waiting = [];
    clearImmediate(this.#next);
    this.#next = undefined;
  }

  #arm(): void {
    if (this.#waiting.length === 0 || this.#running >= this.#atOnce) return;
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      const work = this.#waiting.shift();
      if (work === undefined) return;
      this.#running++;
      void work().then(() => {
        this.#running--;
        this.#arm();
      });
      this.#arm();
    });
  }
}
