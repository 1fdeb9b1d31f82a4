/** Most keys that are remembered; a flood from many addresses costs no more memory than this. */
const KEPT = 10_000;

interface Bucket {
  left: number;
  at: number;
}

/** How often something may happen for each key: `perSecond` in the long run, `burst` at once. */
export class Rates {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes one; gives the milliseconds until there is one again when there is none, else 0. */
  take(key: string, { perSecond, burst }: { readonly perSecond: number; readonly burst: number }): number {
    const now = this.#now();
    const before = this.#buckets.get(key);
    const left = before ? Math.min(burst, before.left + ((now - before.at) / 1000) * perSecond) : burst;
    // At the end of the map again: what was asked for least recently is forgotten first.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: left >= 1 ? left - 1 : left, at: now });
    if (this.#buckets.size > KEPT) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return left >= 1 ? 0 : ((1 - left) / perSecond) * 1000;
  }
}
