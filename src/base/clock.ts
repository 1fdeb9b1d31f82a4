/** Time as the pure levels see it: they are handed one of these, or a number, and never read a clock. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Milliseconds since 1970 for what people read; never used to measure. */
  wall(): number;
}

/** A random number in [0, 1), passed in so that the same seed gives the same run. */
export type Random = () => number;
