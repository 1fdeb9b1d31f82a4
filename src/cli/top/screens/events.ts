import type { DirectorEvent } from '../../../api/operations.ts';
import type { Cell, Colour } from '../../style.ts';
import { type Column, documentOf, tableOf } from '../listing.ts';
import { lineOf } from './document.ts';

const TONES: Partial<Record<DirectorEvent['kind'], Colour>> = { problem: 'red', operator: 'yellow', election: 'bold' };

/** `14:03:12`, in the time of whose terminal it is. */
export const clockTime = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);

export const eventCells = ({ atMs, kind, text }: DirectorEvent): readonly [Cell, Cell, Cell] => [
  { text: clockTime(atMs), tone: 'dim' },
  { text: kind, tone: TONES[kind] },
  { text },
];

const COLUMNS: readonly Column<DirectorEvent>[] = [
  { name: 'time', key: 'T', rank: 0, largestFirst: true, value: ({ id }) => id, cell: (event) => eventCells(event)[0] },
  { name: 'kind', key: 'K', rank: 0, value: ({ kind }) => kind, cell: (event) => eventCells(event)[1] },
  { name: 'event', rank: 0, flex: true, value: ({ text }) => text, cell: (event) => eventCells(event)[2] },
];

export const events = tableOf<DirectorEvent>(
  {
    title: () => 'events',
    columns: COLUMNS,
    rows: ({ look }) => look.events,
    key: ({ id }) => String(id),
    words: ({ kind, text }) => [kind, text],
  },
  { open: (id) => ({ screen: 'event', subject: [id] }) },
);

export const event = documentOf(
  ([id = '']) => `event ${id}`,
  ({ look, view: { subject }, columns }) => {
    const found = look.events.find(({ id }) => String(id) === subject[0]);
    if (!found) return [{ text: 'it is no longer kept' }];
    return [
      ...lineOf(`${new Date(found.atMs).toISOString()}  ${found.kind}`, columns, TONES[found.kind]),
      ...found.text.split('\n').flatMap((line) => lineOf(line, columns)),
    ];
  },
);
