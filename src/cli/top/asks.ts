import { keyHere } from './frame.ts';
import type { CommandName } from './keys.ts';
import { SCREENS } from './screens/index.ts';
import { type Action, just, type State, type Step, type Subject, viewOf } from './state.ts';

/** Keys that change something, and the questions before it is done. */

export const told = (state: State, text: string): Step => just({ ...state, message: { text, bad: false } });

const confirm = (state: State, question: string, action: Action): Step =>
  just({ ...state, mode: { kind: 'confirm', question, action } });

const nameOf = ({ service, server }: Subject): string => `${service}/${server}`;

function serverHere(state: State): Subject | undefined {
  const view = viewOf(state);
  return SCREENS[view.screen].server?.(keyHere(state), view.subject);
}

function instanceHere(state: State): string | undefined {
  const view = viewOf(state);
  return SCREENS[view.screen].instance?.(keyHere(state), view.subject);
}

/** For what is about the server where one stands. */
const onServer =
  (ask: (state: State, subject: Subject) => Step) =>
  (state: State): Step => {
    const subject = serverHere(state);
    return subject
      ? ask(state, subject)
      : told(state, 'choose a server first: enter opens a service, 2 shows all servers');
  };

function failover(state: State): Step {
  const instance = instanceHere(state);
  if (instance === undefined) return told(state, 'choose an instance first: 3 shows them');
  const role = state.look?.status.instances.find(({ name }) => name === instance)?.state;
  const what = role === 'master' ? `Hand ${instance} over to a peer?` : `Take ${instance} over from its master?`;
  return confirm(state, what, { kind: 'failover', instance });
}

const isSet = ({ look }: State, id: string): boolean => look?.status.overrides.some((row) => row.id === id) ?? false;

function maintenance(state: State): Step {
  const instance = instanceHere(state);
  if (instance !== undefined) {
    const on = !isSet(state, `maintenance:instance/${instance}`);
    const what = on ? `Hand ${instance} over and keep it from being master?` : `End maintenance of ${instance}?`;
    return confirm(state, what, { kind: 'maintenance', of: { instance }, on });
  }
  return onServer((_, of) => {
    const on = !isSet(state, `maintenance:server/${nameOf(of)}`);
    const what = on ? `Take ${nameOf(of)} out of the table? Open connections end.` : `Let ${nameOf(of)} return?`;
    return confirm(state, what, { kind: 'maintenance', of, on });
  })(state);
}

export const ASKS = {
  drain: onServer((state, of) =>
    confirm(state, `Drain ${nameOf(of)}? It gets no new connections; open ones go on.`, { kind: 'drain', ...of }),
  ),
  undrain: onServer((state, of) =>
    confirm(state, `Let ${nameOf(of)} take new connections again?`, { kind: 'undrain', ...of }),
  ),
  weight: onServer((state, of) => just({ ...state, mode: { kind: 'weight', of, typed: '' } })),
  pin: onServer((state, of) => just({ ...state, mode: { kind: 'pin', of } })),
  maintenance,
  failover,
} as const satisfies Partial<Record<CommandName, (state: State) => Step>>;

/** What the last line asks while a weight is typed, or a pin chosen. */
export const weightPrompt = (of: Subject, typed: string): string => `weight of ${nameOf(of)}: ${typed}`;
export const pinPrompt = (of: Subject): string => `Pin ${nameOf(of)}: u up, d down, o off (as its checks say)?`;

/** The kernel takes weights of 31 bits. */
const MOST_DIGITS = 9;

export function typedWeight(state: State, key: string, { of, typed }: { of: Subject; typed: string }): Step {
  if (key === 'backspace') return just({ ...state, mode: { kind: 'weight', of, typed: typed.slice(0, -1) } });
  if (/^\d$/.test(key) && typed.length < MOST_DIGITS)
    return just({ ...state, mode: { kind: 'weight', of, typed: typed + key } });
  if (key === 'escape') return nothing(state);
  if (key !== 'return') return just(state);
  const weight = typed === '' ? null : Number(typed);
  const what =
    weight === null ? `Give ${nameOf(of)} the weight of its file again?` : `Give ${nameOf(of)} weight ${weight}?`;
  return confirm(state, what, { kind: 'weight', ...of, weight });
}

const PINS: Readonly<Record<string, 'up' | 'down' | null>> = { u: 'up', d: 'down', o: null };

export function chosenPin(state: State, key: string, of: Subject): Step {
  const pinned = PINS[key];
  if (pinned === undefined) return nothing(state);
  const what =
    pinned === null
      ? `Believe the checks of ${nameOf(of)} again?`
      : `Pin ${nameOf(of)} ${pinned}, whatever its checks find?`;
  return confirm(state, what, { kind: 'pin', ...of, state: pinned });
}

/** The list again. */
export const nothing = (state: State): Step => told({ ...state, mode: { kind: 'list' } }, 'nothing was done');
