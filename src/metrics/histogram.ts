/** A histogram as it is written: `counts` are of each bound alone, and a last one for all above. */
export interface HistogramView {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  /** Null: nobody summed it up. */
  readonly sum: number | null;
}

export class Histogram implements HistogramView {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  /** Upper bounds, inclusive, ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > (this.bounds[at] ?? 0)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }

  /** Takes in what was counted elsewhere by the same bounds. */
  add(counts: ArrayLike<number>, sum: number): void {
    for (let at = 0; at < this.counts.length; at++) this.counts[at] = (this.counts[at] ?? 0) + (counts[at] ?? 0);
    this.sum += sum;
  }
}

/** Seconds, from what is prompt to what is hopeless. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
