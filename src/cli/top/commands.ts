import { ASKS, told } from './asks.ts';
import { heights, keyHere, listingOf } from './frame.ts';
import type { CommandName } from './keys.ts';
import { SCREENS } from './screens/index.ts';
import { just, type ScreenName, type State, type Step, TABS, type View, viewOf } from './state.ts';

/** What each key does, as a step from one state to the next. */

/** How each screen is sorted when it is entered first: as the file has it, or the latest first. */
export const fresh = (screen: ScreenName, subject: readonly string[] = []): View => ({
  screen,
  subject,
  selected: null,
  index: 0,
  offset: 0,
  sort: screen === 'events' ? 'time' : '',
  descending: screen === 'events',
  filter: '',
});

export function withView(state: State, change: Partial<View>): State {
  const [first, ...rest] = state.views;
  const last = rest.at(-1);
  return last
    ? { ...state, views: [first, ...rest.slice(0, -1), { ...last, ...change }] }
    : { ...state, views: [{ ...first, ...change }] };
}

const LONGEST_INTERVAL_MS = 60_000;
const SHORTEST_INTERVAL_MS = 500;

/** Rows of a page; one stays for orientation. */
const page = (state: State): number => Math.max(1, heights(state).list - 1);
const move = (rows: number) => (state: State) => moved(state, viewOf(state).index + rows);

function moved(state: State, index: number): Step {
  const view = viewOf(state);
  const keys = listingOf(state, view)?.keys ?? [];
  const place = Math.max(0, Math.min(index, keys.length - 1));
  return just(withView(state, { index: place, selected: place === 0 ? null : (keys[place] ?? null) }));
}

function tab(index: number): (state: State) => Step {
  return (state) => just({ ...state, views: [fresh(TABS[index % TABS.length] ?? 'services')] });
}

function open(state: State): Step {
  const view = viewOf(state);
  const key = keyHere(state);
  const next = key === undefined ? undefined : SCREENS[view.screen].open?.(key);
  if (next === undefined) return just(state);
  // What is asked about a server is asked at once.
  const opened: State = { ...state, views: [...state.views, fresh(next.screen, next.subject)] };
  return just(opened, ...(next.screen === 'server' ? [{ kind: 'look' } as const] : []));
}

function back(state: State): Step {
  if (viewOf(state).filter !== '') return just(withView(state, { filter: '' }));
  const [first, ...rest] = state.views;
  return just({ ...state, views: [first, ...rest.slice(0, -1)] });
}

/** Sorts by this column; once more turns the order around. */
export function sortBy(state: State, name: string): Step {
  const view = viewOf(state);
  const column = SCREENS[view.screen].columns.find((each) => each.name === name);
  if (!column) return just(state);
  const descending = view.sort === name ? !view.descending : column.largestFirst === true;
  return just(withView(state, { sort: name, descending, selected: null, index: 0 }));
}

function sortBeside(step: 1 | -1): (state: State) => Step {
  return (state) => {
    const view = viewOf(state);
    const names = SCREENS[view.screen].document ? [] : SCREENS[view.screen].columns.map(({ name }) => name);
    const at = names.indexOf(view.sort);
    const name = at === -1 ? names[step === 1 ? 0 : names.length - 1] : names[at + step];
    return name === undefined ? just(state) : sortBy(state, name);
  };
}

const paced = (factor: number) => (state: State) => {
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, Math.min(LONGEST_INTERVAL_MS, state.intervalMs * factor));
  return told({ ...state, intervalMs }, `a look every ${intervalMs / 1000} s`);
};

export const COMMANDS: Readonly<Record<CommandName, (state: State) => Step>> = {
  up: move(-1),
  down: move(1),
  pageUp: (state) => move(-page(state))(state),
  pageDown: (state) => move(page(state))(state),
  first: (state) => moved(state, 0),
  last: (state) => moved(state, Number.POSITIVE_INFINITY),
  open,
  back,
  nextTab: (state) => tab(TABS.indexOf(state.views[0].screen) + 1)(state),
  tab1: tab(0),
  tab2: tab(1),
  tab3: tab(2),
  tab4: tab(3),
  sortLeft: sortBeside(-1),
  sortRight: sortBeside(1),
  reverse: (state) => just(withView(state, { descending: !viewOf(state).descending })),
  filter: (state) =>
    SCREENS[viewOf(state).screen].document
      ? just(state)
      : just({ ...state, mode: { kind: 'filter', before: viewOf(state).filter } }),
  ...ASKS,
  pause: (state) => just({ ...state, paused: !state.paused }, ...(state.paused ? [{ kind: 'look' } as const] : [])),
  look: (state) => just(state, { kind: 'look' }),
  slower: paced(2),
  faster: paced(0.5),
  help: (state) => just({ ...state, mode: { kind: 'help' } }),
  redraw: (state) => just(state, { kind: 'redraw' }),
  suspend: (state) => just(state, { kind: 'suspend' }),
  quit: (state) => just(state, { kind: 'quit' }),
};
