import type { Row } from './parts.ts';

/** Rows of both sides beside each other, for people. */

interface Column {
  readonly head: string;
  text(theirs: Row, ours: Row): string;
}

const shown = (value: string | number | undefined): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(3))) : (value ?? '');
const both =
  (...fields: readonly string[]) =>
  (theirs: Row, ours: Row): string =>
    [theirs, ours].map((row) => fields.map((field) => shown(row[field])).join('/')).join(' : ');
const own =
  (field: string) =>
  (_: Row, ours: Row): string =>
    shown(ours[field]);
const ratio =
  (field: string) =>
  (theirs: Row, ours: Row): string =>
    shown(Number(ours[field]) / Number(theirs[field]));
/** Below this the rate of a check a server and second counts as missed. */
const HELD = 0.99;
const held = ({ rateHeld }: Row): string => (Number(rateHeld) >= HELD ? 'held' : `${shown(Number(rateHeld) * 100)} %`);

const TABLES: readonly { readonly by: string; readonly title: string; readonly columns: readonly Column[] }[] = [
  {
    by: 'cpuPer1000',
    title: 'processor seconds per 1,000 checks made, keepalived : ours; aim: a ratio of at most 1',
    columns: [
      { head: 'asked', text: own('asked') },
      { head: 'servers', text: own('servers') },
      { head: 'side', text: own('side') },
      { head: 'CPU s', text: both('cpuPer1000') },
      { head: 'ratio', text: ratio('cpuPer1000') },
      { head: 'while warming up', text: both('cpuPer1000WarmUp') },
      { head: 'main/prober', text: (_, ours) => `${shown(ours.mainPer1000)}/${shown(ours.proberPer1000)}` },
      { head: 'rate', text: (theirs, ours) => `${held(theirs)} : ${held(ours)}` },
      { head: 'in table', text: both('inTable') },
      { head: 'RSS MB', text: both('rssMb') },
    ],
  },
  {
    by: 'medianMs',
    title: 'milliseconds from death to the end of new connections, min/median/max, keepalived : ours',
    columns: [
      { head: 'fault', text: own('fault') },
      { head: 'asked', text: own('asked') },
      { head: 'side', text: own('side') },
      // From the first check after the fault, which comes up to a second later.
      { head: 'at best', text: both('leastMs') },
      { head: 'later than the settings ask, median/max', text: both('lateMedianMs', 'lateMaxMs') },
      { head: 'ms', text: both('minMs', 'medianMs', 'maxMs') },
      { head: 'ratio of medians', text: ratio('medianMs') },
      { head: 'of maxima', text: ratio('maxMs') },
    ],
  },
];

/** Tables of what was measured; rows of a part stand beside keepalived's of the same question. */
export function render(parts: Readonly<Record<string, readonly Row[]>>): string {
  const pairs = Object.values(parts).flatMap((rows) =>
    rows.flatMap((ours): (readonly [Row, Row])[] => {
      const theirs = rows.find(({ side, asked }) => side === 'keepalived' && asked === ours.asked);
      return ours.side === 'keepalived' ? [] : [[theirs ?? {}, ours]];
    }),
  );
  return TABLES.flatMap(({ by, title, columns }) => {
    const mine = pairs.filter(([, ours]) => by in ours);
    return mine.length === 0 ? [] : [title, ...aligned(columns, mine)];
  }).join('\n');
}

function aligned(columns: readonly Column[], pairs: readonly (readonly [Row, Row])[]): string[] {
  const lines = [
    columns.map(({ head }) => head),
    ...pairs.map(([theirs, ours]) => columns.map(({ text }) => text(theirs, ours))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line) => `  ${line.map((text, at) => text.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}
