import type { Cell } from '../style.ts';
import type { Look, Subject, View } from './state.ts';

/** A screen is a table of rows: sorted, filtered, and only formatted where it is seen. */

export interface ColumnHead {
  /** Its title, and what `--sort` takes. */
  readonly name: string;
  /** The key that sorts by it. */
  readonly key?: string;
  readonly align?: 'right';
  /** Takes the width that the others leave. */
  readonly flex?: true;
  /** The higher, the sooner it makes room on a narrow terminal; 0: never. */
  readonly rank: number;
  /** What a first press of its key shows on top is the largest. */
  readonly largestFirst?: true;
}

export interface Column<R> extends ColumnHead {
  /** What it is sorted by; the row's own place when absent. */
  readonly value?: (row: R) => number | bigint | string;
  readonly cell: (row: R) => Cell;
}

export interface Listing {
  /** Of the rows that pass the filter, in order. */
  readonly keys: readonly string[];
  /** Rows, those that the filter leaves out included. */
  readonly total: number;
  /** Cells of the row at this place, one for each column. */
  cells(index: number): readonly Cell[];
}

/** What a screen is asked for. */
export interface Request {
  readonly look: Look;
  readonly view: Pick<View, 'subject' | 'sort' | 'descending' | 'filter'>;
  /** Cells of a line. */
  readonly columns: number;
}

export interface Screen {
  readonly title: (subject: readonly string[]) => string;
  readonly columns: readonly ColumnHead[];
  /** Its rows are lines of one text: nothing is selected, keys scroll. */
  readonly document: boolean;
  list(request: Request): Listing;
  /** What Enter leads to from a row. */
  open?(key: string): Pick<View, 'screen' | 'subject'>;
  /** The server that a row, or the whole screen, is about. */
  server?(key: string | undefined, subject: readonly string[]): Subject | undefined;
  /** The instance, likewise. */
  instance?(key: string | undefined, subject: readonly string[]): string | undefined;
}

export interface Rows<R> {
  readonly title: Screen['title'];
  readonly columns: readonly Column<R>[];
  rows(request: Request): readonly R[];
  key(row: R): string;
  /** What the filter looks into. */
  words(row: R): readonly string[];
}

const collator = new Intl.Collator('en', { numeric: true });

function compare(a: number | bigint | string, b: number | bigint | string): number {
  if (typeof a === 'string' || typeof b === 'string') return collator.compare(String(a), String(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A screen of rows of one kind; which kind is nobody else's business. */
export function tableOf<R>(of: Rows<R>, more: Pick<Screen, 'open' | 'server' | 'instance'> = {}): Screen {
  // A look is asked for its rows with every key; it and they do not change.
  let known: { readonly look: Look; readonly view: string; readonly listing: Listing } | undefined;
  const list = (request: Request): Listing => {
    const { filter, sort, descending } = request.view;
    const all = of.rows(request);
    const wanted = filter.toLowerCase();
    const passing =
      wanted === '' ? all : all.filter((row) => of.words(row).some((word) => word.toLowerCase().includes(wanted)));
    const value = of.columns.find(({ name }) => name === sort)?.value;
    const turn = descending ? -1 : 1;
    const sorted = value
      ? passing
          .map((row) => ({ row, by: value(row) }))
          .sort((a, b) => turn * compare(a.by, b.by))
          .map(({ row }) => row)
      : descending
        ? passing.toReversed()
        : passing;
    return {
      keys: sorted.map(of.key),
      total: all.length,
      cells(index) {
        const row = sorted[index];
        return row === undefined ? [] : of.columns.map((column) => column.cell(row));
      },
    };
  };
  return {
    ...more,
    title: of.title,
    columns: of.columns,
    document: false,
    list(request) {
      const {
        look,
        view: { subject, sort, descending, filter },
      } = request;
      const view = JSON.stringify([subject, sort, descending, filter]);
      if (known?.look !== look || known.view !== view) known = { look, view, listing: list(request) };
      return known.listing;
    },
  };
}

/** A screen of text. */
export function documentOf(
  title: Screen['title'],
  lines: (request: Request) => readonly Cell[],
  more: Pick<Screen, 'server' | 'instance'> = {},
): Screen {
  return {
    ...more,
    title,
    columns: [{ name: '', rank: 0, flex: true }],
    document: true,
    list(request) {
      const all = lines(request);
      return {
        keys: all.map((_, index) => String(index)),
        total: all.length,
        cells: (index) => all.slice(index, index + 1),
      };
    },
  };
}
