import { cellsOf, cut, printable } from '../cells.ts';
import type { Cell, Colour } from '../style.ts';
import { footLine, headHeight, headLines, helpLines, tabLine } from './chrome.ts';
import { place, rowLine } from './layout.ts';
import type { Listing } from './listing.ts';
import { eventCells } from './screens/events.ts';
import { SCREENS } from './screens/index.ts';
import { type State, TABS, type View, viewOf } from './state.ts';

/** What is on the screen: as many lines as the terminal has, none wider than it. Only what is seen is formatted. */

export type Line = readonly Cell[];

const MARK = '> ';
const NO_MARK = '  ';

interface Heights {
  readonly head: number;
  readonly tabs: number;
  /** Column titles. */
  readonly titles: number;
  readonly list: number;
  readonly events: number;
}

/** How the lines are shared out. A small terminal loses the latest events first, then the head. */
export function heights(state: State): Heights {
  const { rows } = state.size;
  const { screen } = viewOf(state);
  const head = Math.min(headHeight(state), rows >= 10 ? 4 : rows >= 6 ? 1 : 0);
  const tabs = rows >= 4 ? 1 : 0;
  const titles = rows >= 3 && !SCREENS[screen].document ? 1 : 0;
  const withEvents = screen !== 'events' && (TABS as readonly string[]).includes(screen) && rows >= 20;
  const events = withEvents ? 1 + Math.floor((rows - 8) / 5) : 0;
  return { head, tabs, titles, events, list: Math.max(0, rows - head - tabs - titles - events - 1) };
}

/** The rows of the visible screen, or null before the first look. */
export const listingOf = ({ look, size }: State, view: View): Listing | null =>
  look === null ? null : SCREENS[view.screen].list({ look, view, columns: Math.max(1, size.columns) });

/** Key of the row where one stands. */
export const keyHere = (state: State): string | undefined => listingOf(state, viewOf(state))?.keys[viewOf(state).index];

export function frame(state: State): Line[] {
  const { rows, columns } = state.size;
  const { head, tabs, titles, list, events } = heights(state);
  const below =
    state.mode.kind === 'help'
      ? filled(helpLines(state), titles + list + events)
      : [...filled(bodyLines(state, titles, list), titles + list), ...filled(eventLines(state, events), events)];
  const lines: Line[] = [
    ...headLines(state).slice(0, head),
    ...(tabs > 0 ? [tabLine(state)] : []),
    ...below,
    footLine(state),
  ];
  return (rows > 0 ? lines.slice(-rows) : []).map((line) => cutLine(line, columns));
}

/** Everything of the visible screen, however long, for paper instead of a terminal. */
export function whole(state: State): Line[] {
  const unmarked: State = { ...state, views: [{ ...viewOf(state), index: -1, offset: 0 }] };
  return [...headLines(state), [], ...bodyLines(unmarked, 1, Number.MAX_SAFE_INTEGER)].map((line) =>
    cutLine(line, state.size.columns),
  );
}

function bodyLines(state: State, titles: number, height: number): Line[] {
  const view = viewOf(state);
  const { columns, document } = SCREENS[view.screen];
  const listing = listingOf(state, view);
  if (listing === null) return [[{ text: state.lost ?? 'asking the daemon', tone: state.lost ? 'red' : 'dim' }]];
  const indexes = Array.from(
    { length: Math.max(0, Math.min(height, listing.keys.length - view.offset)) },
    (_, row) => view.offset + row,
  );
  const cells = indexes.map((index) => listing.cells(index));
  if (document) return cells;
  const arrow = view.descending ? '▼' : '▲';
  const heads = columns.map((column) =>
    column.name === view.sort ? { ...column, name: column.name + arrow } : column,
  );
  const placed = place(heads, cells, Math.max(0, state.size.columns - MARK.length));
  const names = heads.map(({ name }): Cell => ({ text: name, tone: 'dim' }));
  const shown = cells.map((row, position): Line => {
    const line = rowLine(row, placed);
    if (view.index !== view.offset + position) return [{ text: NO_MARK }, ...line];
    return [{ text: MARK, tone: 'reverse' }, ...line.map((cell): Cell => ({ ...cell, tone: 'reverse' }))];
  });
  const nothing = listing.total === 0 ? 'none' : `none of ${listing.total} matches`;
  return [
    ...(titles > 0 ? [[{ text: NO_MARK }, ...rowLine(names, placed)]] : []),
    ...(shown.length > 0 ? shown : [[{ text: `${NO_MARK}${nothing}`, tone: 'dim' as Colour }]]),
  ];
}

/** The latest events, below a line of their own. */
function eventLines({ look }: State, height: number): Line[] {
  if (height === 0) return [];
  const latest = (look?.events ?? []).slice(1 - height).map((event): Line => {
    const [time, kind, text] = eventCells(event);
    return [time, { text: '  ' }, { ...kind, text: kind.text.padEnd(8) }, { text: '  ' }, text];
  });
  return [[{ text: 'latest events', tone: 'dim' }], ...latest];
}

const filled = (lines: readonly Line[], height: number): Line[] =>
  Array.from({ length: Math.max(0, height) }, (_, index) => lines[index] ?? []);

function cutLine(line: Line, columns: number): Line {
  let left = columns;
  const kept: Cell[] = [];
  for (const { text, tone } of line) {
    const shown = cut(printable(text), left);
    left -= cellsOf(shown);
    if (shown !== '') kept.push({ text: shown, tone });
  }
  return kept;
}
