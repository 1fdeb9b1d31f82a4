import type { Column } from '../listing.ts';
import { type Rates, rateText, rateValue } from '../numbers.ts';

/** What services and servers have in common: connections and bytes. */

interface Loaded {
  readonly active: number;
  readonly inactive: number;
  readonly rates: Rates | null;
}

/** The columns of the load; `ranks` say which of them make room first. */
export function loadColumns<R extends Loaded>(ranks: Record<'inactive' | 'in' | 'out', number>): Column<R>[] {
  const counted = (name: string, key: string, rank: number, count: (row: R) => number): Column<R> => ({
    ...{ name, key, rank, align: 'right', largestFirst: true },
    value: count,
    cell: (row) => ({ text: String(count(row)) }),
  });
  const measured = (name: string, key: string, rank: number, kind: keyof Rates): Column<R> => ({
    ...{ name, key, rank, align: 'right', largestFirst: true },
    value: ({ rates }) => rateValue(rates?.[kind]),
    cell: ({ rates }) => ({ text: rateText(rates?.[kind]) }),
  });
  return [
    measured('conn/s', 'C', 0, 'connections'),
    counted('active', 'A', 0, ({ active }) => active),
    counted('inactive', 'X', ranks.inactive, ({ inactive }) => inactive),
    measured('in B/s', 'I', ranks.in, 'inBytes'),
    measured('out B/s', 'O', ranks.out, 'outBytes'),
  ];
}
