import { listenersOf, type ServiceRow, serviceRow, serviceState } from '../../rows.ts';
import { type Column, tableOf } from '../listing.ts';
import { type Rates, sumOf } from '../numbers.ts';
import { loadColumns } from './load.ts';

interface Row extends ServiceRow {
  readonly rates: Rates | null;
}

/** How bad, for sorting: the worst on top. */
const SEVERITY = ['up', 'draining', 'degraded', 'down', 'not in the kernel'];

const COLUMNS: readonly Column<Row>[] = [
  { name: 'service', key: 'N', rank: 0, value: (row) => row.service.name, cell: (row) => ({ text: row.service.name }) },
  {
    name: 'state',
    key: 'S',
    rank: 0,
    largestFirst: true,
    value: (row) => SEVERITY.indexOf(serviceState(row).text),
    cell: serviceState,
  },
  {
    name: 'up',
    key: 'U',
    align: 'right',
    rank: 0,
    value: (row) => row.up / Math.max(1, row.service.servers.length),
    cell: (row) => ({ text: `${row.up}/${row.service.servers.length}` }),
  },
  ...loadColumns<Row>({ inactive: 4, in: 2, out: 3 }),
  {
    name: 'total',
    key: 'T',
    align: 'right',
    rank: 5,
    largestFirst: true,
    value: (row) => row.total,
    cell: (row) => ({ text: String(row.total) }),
  },
  {
    name: 'listeners',
    key: 'L',
    rank: 1,
    flex: true,
    value: (row) => listenersOf(row.service.listeners),
    cell: (row) => ({ text: listenersOf(row.service.listeners), tone: 'dim' }),
  },
];

export const services = tableOf<Row>(
  {
    title: () => 'services',
    columns: COLUMNS,
    rows: ({ look }) =>
      look.status.services.map((service) => ({
        ...serviceRow(service),
        rates: sumOf(
          service.listeners.map(({ key }) => key),
          look.rates,
        ),
      })),
    key: (row) => row.service.name,
    words: (row) => [row.service.name, serviceState(row).text, listenersOf(row.service.listeners)],
  },
  { open: (name) => ({ screen: 'servers', subject: [name] }) },
);
