import { type ServerRow, serverRows, serverState } from '../../rows.ts';
import { ago } from '../../style.ts';
import { type Column, tableOf } from '../listing.ts';
import { type Rates, sumOf } from '../numbers.ts';
import type { Subject } from '../state.ts';
import { loadColumns } from './load.ts';

interface Row extends ServerRow {
  readonly rates: Rates | null;
}

const SEVERITY = ['up', 'unchecked', 'unknown', 'down'];
/** Between a service's name and a server's; neither has any. */
const BETWEEN = '\n';

const subjectOf = (key: string): Subject => {
  const [service = '', server = ''] = key.split(BETWEEN);
  return { service, server };
};

const COLUMNS: readonly Column<Row>[] = [
  {
    name: 'server',
    key: 'N',
    rank: 0,
    value: (row) => `${row.service}/${row.server.name}`,
    cell: (row) => ({ text: `${row.service}/${row.server.name}` }),
  },
  {
    name: 'state',
    key: 'S',
    rank: 0,
    largestFirst: true,
    value: ({ server }) => SEVERITY.indexOf(server.health) + (server.administrative === 'enabled' ? 0 : 0.5),
    cell: ({ server }) => serverState(server),
  },
  {
    name: 'for',
    key: 'F',
    align: 'right',
    rank: 3,
    value: ({ server }) => server.forMs ?? Number.POSITIVE_INFINITY,
    cell: ({ server }) => ({ text: server.forMs === null ? '-' : ago(server.forMs) }),
  },
  {
    name: 'weight',
    key: 'W',
    align: 'right',
    rank: 0,
    largestFirst: true,
    value: (row) => row.weight ?? -1,
    cell: (row) => ({ text: row.weight === null ? '-' : String(row.weight) }),
  },
  ...loadColumns<Row>({ inactive: 4, in: 6, out: 7 }),
  {
    name: 'total',
    key: 'T',
    align: 'right',
    rank: 5,
    largestFirst: true,
    value: (row) => row.total ?? -1n,
    cell: (row) => ({ text: row.total === null ? '-' : String(row.total) }),
  },
  {
    name: 'why',
    rank: 1,
    flex: true,
    value: ({ server }) => server.why,
    cell: ({ server }) => ({ text: server.why, tone: 'dim' }),
  },
];

export const servers = tableOf<Row>(
  {
    title: ([service]) => (service === undefined ? 'servers' : `servers of ${service}`),
    columns: COLUMNS,
    rows: ({ look, view: { subject } }) =>
      look.status.services
        .filter(({ name }) => subject[0] === undefined || subject[0] === name)
        .flatMap(serverRows)
        .map((row) => ({ ...row, rates: sumOf(row.destinations, look.rates) })),
    key: (row) => `${row.service}${BETWEEN}${row.server.name}`,
    words: ({ service, server }) => [`${service}/${server.name}`, server.address, serverState(server).text, server.why],
  },
  {
    open(key) {
      const { service, server } = subjectOf(key);
      return { screen: 'server', subject: [service, server] };
    },
    server: (key) => (key === undefined ? undefined : subjectOf(key)),
  },
);
