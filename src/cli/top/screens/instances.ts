import type { InstanceStatus } from '../../../api/operations.ts';
import { instanceCells, instanceInWords } from '../../instance.ts';
import { ago } from '../../style.ts';
import { type Column, documentOf, tableOf } from '../listing.ts';
import { lineOf } from './document.ts';

const COLUMNS: readonly Column<InstanceStatus>[] = [
  { name: 'instance', key: 'N', rank: 0, value: ({ name }) => name, cell: ({ name }) => ({ text: name }) },
  { name: 'state', key: 'S', rank: 0, value: ({ state }) => state, cell: (one) => instanceCells(one).state },
  {
    name: 'for',
    key: 'F',
    align: 'right',
    rank: 2,
    value: ({ forMs }) => forMs,
    cell: ({ forMs }) => ({ text: ago(forMs) }),
  },
  {
    name: 'priority',
    key: 'P',
    align: 'right',
    rank: 0,
    largestFirst: true,
    value: ({ priority }) => priority,
    cell: ({ priority }) => ({ text: String(priority) }),
  },
  { name: 'master', rank: 0, cell: (one) => instanceCells(one).master },
  { name: 'held', align: 'right', rank: 3, cell: (one) => instanceCells(one).held },
  { name: 'interface', rank: 5, value: (one) => one.interface, cell: (one) => ({ text: one.interface }) },
  {
    name: 'sent',
    align: 'right',
    rank: 4,
    largestFirst: true,
    value: ({ sent }) => sent,
    cell: ({ sent, late }) => ({
      text: late > 0 ? `${sent} (${late} late)` : String(sent),
      tone: late > 0 ? 'yellow' : undefined,
    }),
  },
  { name: 'why', rank: 1, flex: true, value: ({ why }) => why, cell: ({ why }) => ({ text: why, tone: 'dim' }) },
];

export const instances = tableOf<InstanceStatus>(
  {
    title: () => 'instances',
    columns: COLUMNS,
    rows: ({ look }) => look.status.instances,
    key: ({ name }) => name,
    words: ({ name, state, why, addresses, interface: device }) => [
      name,
      state,
      why,
      device,
      ...addresses.map(({ address }) => address),
    ],
  },
  {
    open: (name) => ({ screen: 'instance', subject: [name] }),
    instance: (key) => key,
  },
);

export const instance = documentOf(
  ([name = '']) => name,
  ({ look, view: { subject }, columns }) => {
    const found = look.status.instances.find(({ name }) => name === subject[0]);
    const text = found ? instanceInWords(found) : `${subject[0]} is no longer in the file`;
    return text.split('\n').flatMap((line) => lineOf(line, columns));
  },
  { instance: (_key, [name]) => name },
);
