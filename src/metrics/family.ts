import type { HistogramView } from './histogram.ts';
import type { Scene } from './scene.ts';

/** What metrics are: rows in tables. A row says what it is about, and how the number comes about. */

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'info';

/** One thing that numbers are about, with its labels as they are written between the braces. */
export interface Item<T> {
  readonly labels: string;
  readonly of: T;
}

/** A kind of thing: its label names, and all there are of it now. */
export interface Subject<T> {
  readonly labels: readonly string[];
  items(scene: Scene): Iterable<Item<T>>;
}

type Count = number | bigint;

/** One family of metrics. Exactly one of `value`, `states`, `parts` and `histogram` says where the numbers are. */
export interface Row<T> {
  /** As it is written, `_total` of a counter included. */
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Null: no sample. */
  readonly value?: (of: T) => Count | null;
  /** One sample for each word, 1 for what it is now and 0 for all others; `label` holds the word. */
  readonly states?: { readonly label: string; readonly words: readonly string[]; readonly now: (of: T) => string };
  /** One sample for each part, told apart by `label`. */
  readonly parts?: { readonly label: string; readonly of: (of: T) => Iterable<readonly [string, Count]> };
  readonly histogram?: (of: T) => HistogramView | null;
}

export interface Family extends Row<unknown> {
  readonly subject: Subject<unknown>;
}

/** The rows of one subject. */
export const families = <T>(subject: Subject<T>, rows: readonly Row<T>[]): readonly Family[] =>
  rows.map((row) => ({ ...row, subject }) as unknown as Family);

/** The label names of a family's samples. */
export function labelsOf({ subject, states, parts, histogram }: Family): string[] {
  const own = states?.label ?? parts?.label ?? (histogram && 'le');
  return own === undefined ? [...subject.labels] : [...subject.labels, own];
}
