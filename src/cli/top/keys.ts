import type { ScreenName } from './state.ts';

/** What keys mean. The help of `fairlead top` is made from these rows. */

export interface KeyRow {
  /** As the terminal names them; `ctrl-` in front of a letter. */
  readonly keys: readonly string[];
  /** How a person calls them, where that differs. */
  readonly shown?: string;
  readonly command: CommandName;
  readonly does: string;
  /** Stands in the last line of these screens. */
  readonly hint?: { readonly word: string; readonly on: readonly ScreenName[] };
}

export type CommandName =
  | ('up' | 'down' | 'pageUp' | 'pageDown' | 'first' | 'last')
  | ('open' | 'back' | 'nextTab' | 'tab1' | 'tab2' | 'tab3' | 'tab4')
  | ('sortLeft' | 'sortRight' | 'reverse' | 'filter')
  | ('drain' | 'undrain' | 'weight' | 'pin' | 'maintenance' | 'failover')
  | ('pause' | 'look' | 'slower' | 'faster' | 'help' | 'redraw' | 'suspend' | 'quit');

const LISTS = ['services', 'servers', 'instances', 'events'] as const;
const ALL = [...LISTS, 'server', 'instance', 'event'] as const;

export const KEYS: readonly KeyRow[] = [
  { keys: ['up', 'k'], command: 'up', does: 'a row up' },
  { keys: ['down', 'j'], command: 'down', does: 'a row down' },
  { keys: ['pageup', 'ctrl-b'], command: 'pageUp', does: 'a page up' },
  { keys: ['pagedown', 'ctrl-f'], command: 'pageDown', does: 'a page down' },
  { keys: ['home', 'g'], command: 'first', does: 'the first row' },
  { keys: ['end', 'G'], command: 'last', does: 'the last row' },
  {
    keys: ['return', 'right', 'l'],
    shown: 'enter',
    command: 'open',
    does: 'more of this row',
    hint: { word: 'open', on: LISTS },
  },
  {
    keys: ['escape', 'left'],
    shown: 'esc',
    command: 'back',
    does: 'drop the filter, or back',
    hint: { word: 'back', on: ['servers', 'server', 'instance', 'event'] },
  },
  { keys: ['tab'], command: 'nextTab', does: 'the next screen' },
  { keys: ['1'], command: 'tab1', does: 'services' },
  { keys: ['2'], command: 'tab2', does: 'servers of all services' },
  { keys: ['3'], command: 'tab3', does: 'instances' },
  { keys: ['4'], command: 'tab4', does: 'events' },
  { keys: ['/'], command: 'filter', does: 'only rows with a text', hint: { word: 'filter', on: LISTS } },
  { keys: ['<'], command: 'sortLeft', does: 'sort by the one left' },
  { keys: ['>'], command: 'sortRight', does: 'sort by the one right', hint: { word: 'sort', on: LISTS } },
  { keys: ['r'], command: 'reverse', does: 'turn the order around' },
  {
    keys: ['d'],
    command: 'drain',
    does: 'drain the server',
    hint: { word: 'drain', on: ['servers', 'server'] },
  },
  {
    keys: ['u'],
    command: 'undrain',
    does: 'undrain the server',
    hint: { word: 'undrain', on: ['servers', 'server'] },
  },
  { keys: ['w'], command: 'weight', does: 'give the server a weight' },
  { keys: ['n'], command: 'pin', does: 'pin the server up or down' },
  { keys: ['m'], command: 'maintenance', does: 'maintenance on or off' },
  {
    keys: ['f'],
    command: 'failover',
    does: 'fail the instance over',
    hint: { word: 'fail over', on: ['instances', 'instance'] },
  },
  { keys: ['p'], command: 'pause', does: 'stop looking, or go on' },
  { keys: ['space'], command: 'look', does: 'look now' },
  { keys: ['+'], command: 'slower', does: 'look half as often' },
  { keys: ['-'], command: 'faster', does: 'look twice as often' },
  { keys: ['?', 'h'], command: 'help', does: 'this help', hint: { word: 'help', on: ALL } },
  { keys: ['ctrl-l'], command: 'redraw', does: 'draw anew' },
  { keys: ['ctrl-z'], command: 'suspend', does: 'to the shell; fg returns' },
  { keys: ['q', 'ctrl-c'], command: 'quit', does: 'quit', hint: { word: 'quit', on: ALL } },
];

export const COMMAND_OF: ReadonlyMap<string, CommandName> = new Map(
  KEYS.flatMap(({ keys, command }) => keys.map((key) => [key, command] as const)),
);
