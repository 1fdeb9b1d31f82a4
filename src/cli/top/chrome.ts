import { count } from '../../decide/words.ts';
import { cellsOf, fitted, printable } from '../cells.ts';
import { instanceCells } from '../instance.ts';
import { serviceRow } from '../rows.ts';
import type { Cell } from '../style.ts';
import { ago } from '../style.ts';
import { pinPrompt, weightPrompt } from './asks.ts';
import { KEYS } from './keys.ts';
import { short, sumOf } from './numbers.ts';
import { clockTime } from './screens/events.ts';
import { SCREENS } from './screens/index.ts';
import { type Look, type State, TABS, viewOf } from './state.ts';

/** What stands around the rows: head, screens, last line, help. */

type Line = readonly Cell[];

/** Lines of the head; what it says takes a walk over all services. */
export const headHeight = ({ look, lost }: State): number =>
  look === null ? 1 : 2 + (look.status.problems.length > 0 ? 1 : 0) + (lost === null ? 0 : 1);

/** Which director, who has the addresses and what it does at the moment, and what is wrong. */
export function headLines({ look, lost, paused, intervalMs, size }: State): Line[] {
  if (look === null) return [[{ text: 'Fairlead', tone: 'bold' }]];
  const { status, name, atMs } = look;
  const { problems } = status;
  const clock = `${clockTime(atMs)} ${paused ? 'paused' : `every ${intervalMs / 1000} s`}`;
  const who = printable(
    `${name}  Fairlead ${status.version}, up ${ago(atMs - status.startedAtMs)}, revision ${status.revision}: `,
  );
  const sync = status.inSync ? 'in sync' : 'NOT in sync';
  const room = size.columns - cellsOf(who) - cellsOf(clock) - 1;
  const problem = problems.length > 1 ? `${problems.length} problems: ${problems[0]}` : `problem: ${problems[0]}`;
  return [
    [
      { text: who, tone: 'bold' },
      { text: fitted(sync, Math.max(sync.length, room)), tone: status.inSync ? 'green' : 'red' },
      { text: ` ${clock}`, tone: paused ? 'reverse' : 'dim' },
    ],
    [...roles(look), ...totalsOf(look)],
    ...(problems.length > 0 ? [[{ text: problem, tone: 'red' } as const]] : []),
    ...(lost === null ? [] : [[{ text: `no answer, this is of ${clockTime(atMs)}: ${lost}`, tone: 'red' } as const]]),
  ];
}

const known = new WeakMap<Look, Cell[]>();

/** Every frame shows them; they walk over all services, so once for each look is enough. */
function totalsOf(look: Look): Cell[] {
  const cells = known.get(look) ?? totals(look);
  known.set(look, cells);
  return cells;
}

function totals({ status: { services }, rates }: Look): Cell[] {
  if (services.length === 0) return [];
  const rows = services.map(serviceRow);
  const up = rows.reduce((sum, row) => sum + row.up, 0);
  const all = services.reduce((sum, { servers }) => sum + servers.length, 0);
  const active = rows.reduce((sum, row) => sum + row.active, 0);
  const measured = sumOf(
    services.flatMap(({ listeners }) => listeners.map(({ key }) => key)),
    rates,
  );
  const flow = measured
    ? `, ${short(measured.connections)} conn/s, ${short(measured.inBytes)} B/s in, ${short(measured.outBytes)} out`
    : '';
  return [{ text: `${count(services.length, 'service')}, ${up}/${all} servers up, ${active} active${flow}` }];
}

/** More than so many instances are counted, not named. */
const NAMED = 3;

function roles({ status: { instances, maintenance } }: Look): Cell[] {
  const states = [...new Set(instances.map(({ state }) => state))];
  const cells = (
    instances.length <= NAMED
      ? instances.map((instance) => [{ text: `${instance.name} ` }, instanceCells(instance).state])
      : states.map((state) => [{ text: `${instances.filter((each) => each.state === state).length} ${state}` }])
  ).flatMap((cell): Cell[] => [...cell, { text: '  ' }]);
  return maintenance ? [...cells, { text: 'maintenance', tone: 'yellow' }, { text: '  ' }] : cells;
}

export function tabLine(state: State): Line {
  const view = viewOf(state);
  const tabs = TABS.flatMap((tab, index): Cell[] => [
    { text: ` ${index + 1} ${tab} `, tone: state.views[0].screen === tab ? 'reverse' : 'dim' },
  ]);
  const path = state.views
    .slice(1)
    .map(({ screen, subject }): Cell => ({ text: ` › ${SCREENS[screen].title(subject)}`, tone: 'bold' }));
  const filter: Cell[] = view.filter === '' ? [] : [{ text: `  /${view.filter}`, tone: 'yellow' }];
  return [...tabs, ...path, ...filter];
}

export function footLine(state: State): Line {
  const { mode, message } = state;
  const view = viewOf(state);
  if (mode.kind === 'confirm') return [{ text: `${mode.question} y/n `, tone: 'reverse' }];
  if (mode.kind === 'pin') return [{ text: pinPrompt(mode.of), tone: 'reverse' }];
  if (mode.kind === 'weight')
    return [
      { text: weightPrompt(mode.of, mode.typed), tone: 'bold' },
      { text: '_' },
      { text: '  enter; empty: the weight of the file', tone: 'dim' },
    ];
  if (mode.kind === 'filter')
    return [
      { text: `/${view.filter}`, tone: 'bold' },
      { text: '_' },
      { text: '  enter keeps, esc drops it', tone: 'dim' },
    ];
  if (mode.kind === 'help') return [{ text: 'any key leaves the help', tone: 'dim' }];
  if (message) return [{ text: message.text, tone: message.bad ? 'red' : 'bold' }];
  const hints = KEYS.filter(({ hint }) => hint?.on.includes(view.screen));
  return hints.flatMap(({ keys, shown, hint }, index): Cell[] => [
    { text: `${index === 0 ? '' : '  '}${shown ?? keys[0]}`, tone: 'bold' },
    { text: ` ${hint?.word}` },
  ]);
}

const KEY_CELLS = 17;
/** Narrower than this, half the keys below the others. */
const TWO_COLUMNS = 76;

/** Keys and what they do, in two columns where they fit, and the keys that sort the screen one comes from. */
export function helpLines(state: State): Line[] {
  const { columns } = state.size;
  const rows = KEYS.map(
    ({ keys, shown, does }): string => fitted(` ${[shown ?? keys[0], ...keys.slice(1)].join(' ')}`, KEY_CELLS) + does,
  );
  const half = columns >= TWO_COLUMNS ? Math.ceil(rows.length / 2) : rows.length;
  const lines = rows
    .slice(0, half)
    .map((row, index) => fitted(row, Math.floor(columns / 2)) + (rows[half + index] ?? ''));
  const { screen } = viewOf(state);
  const sorts = SCREENS[screen].columns.filter(({ key }) => key !== undefined).map(({ key, name }) => `${key} ${name}`);
  const sorting = sorts.length === 0 ? [] : [`sort ${screen}, again turns around:`, ` ${sorts.join('  ')}`];
  return [...lines, '', ...sorting].map((text): Line => [{ text }]);
}
