/** Runs at most so many probes at once, in the order in which they came due. Targets that were slow last time have a lane of
 *  their own with fewer places: however many of them hang, the others find room. */

export type Lane = 'quick' | 'slow';

interface Waiting {
  readonly begin: () => void;
  readonly isWanted: () => boolean;
}

/** First in, first out, without moving what waits. */
class Queue {
  #items: Waiting[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Waiting): void {
    this.#items.push(item);
  }

  shift(): Waiting | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

export class Slots {
  readonly #places: Readonly<Record<Lane, number>>;
  readonly #total: number;
  readonly #running: Record<Lane, number> = { quick: 0, slow: 0 };
  readonly #waiting: Readonly<Record<Lane, Queue>> = { quick: new Queue(), slow: new Queue() };

  constructor(total: number, slow: number) {
    this.#total = total;
    this.#places = { quick: total, slow };
  }

  get running(): number {
    return this.#running.quick + this.#running.slow;
  }

  get waiting(): number {
    return this.#waiting.quick.length + this.#waiting.slow.length;
  }

  /** Begins at once or when its turn comes, unless nobody wants it by then. Whoever began calls release. */
  enter(lane: Lane, begin: () => void, isWanted: () => boolean): void {
    this.#waiting[lane].push({ begin, isWanted });
    this.#fill();
  }

  release(lane: Lane): void {
    this.#running[lane]--;
    this.#fill();
  }

  #fill(): void {
    for (const lane of ['quick', 'slow'] as const) {
      while (this.running < this.#total && this.#running[lane] < this.#places[lane]) {
        const next = this.#waiting[lane].shift();
        if (next === undefined) break;
        if (!next.isWanted()) continue;
        this.#running[lane]++;
        next.begin();
      }
    }
  }
}
