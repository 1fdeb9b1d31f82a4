import { chosenPin, nothing, typedWeight } from './asks.ts';
import { COMMANDS, fresh, sortBy, withView } from './commands.ts';
import { heights, listingOf } from './frame.ts';
import { COMMAND_OF } from './keys.ts';
import { SCREENS } from './screens/index.ts';
import { type Input, just, type Look, type Size, type State, type Step, type View, viewOf } from './state.ts';

/** The whole of `fairlead top` as a function: a state and what happened give the next state and what has to be done. */

export function initial(size: Size, intervalMs: number, view: Partial<View> & Pick<View, 'screen'>): State {
  const first = { ...fresh(view.screen), ...view };
  // A screen about a service was opened from the services.
  const views: State['views'] = first.subject.length > 0 ? [fresh('services'), first] : [first];
  return { size, look: null, lost: null, views, mode: { kind: 'list' }, message: null, paused: false, intervalMs };
}

export function step(state: State, input: Input): Step {
  const { state: next, effects } = taken(state, input);
  return { state: settled(next), effects };
}

function taken(state: State, input: Input): Step {
  switch (input.kind) {
    case 'size':
      return just({ ...state, size: input.size });
    case 'look':
      return just({ ...(state.look === null ? onFirst(state, input.look) : state), look: input.look, lost: null });
    case 'lost':
      return just({ ...state, lost: input.reason });
    case 'done':
      return just({ ...state, message: input.message }, { kind: 'look' });
    case 'key':
      return pressed({ ...state, message: null }, input.key);
  }
}

/** Where there are no services, instances are what one comes for. */
function onFirst(state: State, { status }: Look): State {
  const nothing = state.views[0].screen === 'services' && status.services.length === 0 && status.instances.length > 0;
  return nothing ? { ...state, views: [fresh('instances')] } : state;
}

function pressed(state: State, key: string): Step {
  const { mode } = state;
  if (key === 'ctrl-c') return COMMANDS.quit(state);
  switch (mode.kind) {
    case 'help':
      return just({ ...state, mode: { kind: 'list' } });
    case 'filter':
      return typed(state, key, mode.before);
    case 'confirm': {
      const answered: State = { ...state, mode: { kind: 'list' } };
      return key === 'y' || key === 'Y'
        ? just(
            { ...answered, message: { text: 'asking the daemon', bad: false } },
            { kind: 'act', action: mode.action },
          )
        : nothing(state);
    }
    case 'weight':
      return typedWeight(state, key, mode);
    case 'pin':
      return chosenPin(state, key, mode.of);
    case 'list': {
      const command = COMMAND_OF.get(key);
      if (command) return COMMANDS[command](state);
      const column = SCREENS[viewOf(state).screen].columns.find((each) => each.key === key);
      return column ? sortBy(state, column.name) : just(state);
    }
  }
}

const LONGEST_FILTER = 200;

function typed(state: State, key: string, before: string): Step {
  const { filter } = viewOf(state);
  const listed: State = { ...state, mode: { kind: 'list' } };
  if (key === 'return') return just(listed);
  if (key === 'escape') return just(withView(listed, { filter: before }));
  if (key === 'backspace') return just(withView(state, { filter: [...filter].slice(0, -1).join('') }));
  const text = key === 'space' ? ' ' : key;
  // Keys with a name are no text.
  if ([...text].length !== 1 || filter.length >= LONGEST_FILTER) return just(state);
  return just(withView(state, { filter: filter + text }));
}

/** A selection stays on its row while rows come, go and move, and is seen. Until one is made, the first place is selected,
 *  whoever comes to stand there. */
function settled(state: State): State {
  const view = viewOf(state);
  const listing = listingOf(state, view);
  if (listing === null) return state;
  const { list } = heights(state);
  const { length } = listing.keys;
  if (SCREENS[view.screen].document) {
    const offset = Math.max(0, Math.min(view.index, length - list));
    return withView(state, { index: offset, offset });
  }
  const found = view.selected === null ? -1 : listing.keys.indexOf(view.selected);
  const index = found >= 0 ? found : Math.max(0, Math.min(view.index, length - 1));
  // As few rows as possible are scrolled, and no room is left empty below the last.
  const least = Math.max(0, index - Math.max(1, list) + 1);
  const most = Math.max(0, Math.min(index, length - list));
  const offset = Math.max(least, Math.min(view.offset, most));
  const selected = view.selected === null ? null : (listing.keys[index] ?? view.selected);
  return withView(state, { index, offset, selected });
}
