import { listenersOf, type ServiceRow, serviceRow, serviceState } from '../../rows.ts';
import { type Column, tableOf } from '../listing.ts';
import { type Rates, rateText, rateValue, sumOf } from '../numbers.ts';

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
  {
    name: 'conn/s',
    key: 'C',
    align: 'right',
    rank: 0,
    largestFirst: true,
    value: (row) => rateValue(row.rates?.connections),
    cell: (row) => ({ text: rateText(row.rates?.connections) }),
  },
  {
    name: 'active',
    key: 'A',
    align: 'right',
    rank: 0,
    largestFirst: true,
    value: (row) => row.active,
    cell: (row) => ({ text: String(row.active) }),
  },
  {
    name: 'inactive',
    key: 'X',
    align: 'right',
    rank: 4,
    largestFirst: true,
    value: (row) => row.inactive,
    cell: (row) => ({ text: String(row.inactive) }),
  },
  {
    name: 'in B/s',
    key: 'I',
    align: 'right',
    rank: 2,
    largestFirst: true,
    value: (row) => rateValue(row.rates?.inBytes),
    cell: (row) => ({ text: rateText(row.rates?.inBytes) }),
  },
  {
    name: 'out B/s',
    key: 'O',
    align: 'right',
    rank: 3,
    largestFirst: true,
    value: (row) => rateValue(row.rates?.outBytes),
    cell: (row) => ({ text: rateText(row.rates?.outBytes) }),
  },
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
