import type { Change, CheckStatus, DirectorEvent, Status } from '../../api/operations.ts';
import type { ObjectReport } from '../../availability/report.ts';
import type { MeteredRates } from '../../library/meter.ts';

/** What `fairlead top` knows and shows. Nothing here asks, draws or waits. */

export interface Subject {
  readonly service: string;
  readonly server: string;
}

/** More about one server than a status tells. */
export interface Detail extends Subject {
  readonly check: CheckStatus | null;
  readonly availability: ObjectReport | null;
  /** When it became what, the latest first. */
  readonly changes: readonly Change[];
}

/** One look at the daemon. */
export interface Look {
  /** Wall-clock milliseconds. */
  readonly atMs: number;
  /** The director's name. */
  readonly name: string;
  readonly status: Status;
  /** Of listeners by key, and of destinations by `LISTENER DESTINATION`; null while they are being measured. */
  readonly rates: ReadonlyMap<string, MeteredRates | null>;
  /** The latest, oldest first. */
  readonly events: readonly DirectorEvent[];
  readonly detail: Detail | null;
}

export const SCREEN_NAMES = ['services', 'servers', 'instances', 'events', 'server', 'instance', 'event'] as const;
export type ScreenName = (typeof SCREEN_NAMES)[number];
/** Those that are not about one thing: the first ones, with a number each. */
export const TABS = SCREEN_NAMES.slice(0, 4);

/** One screen as it was left: where one stands, how it is sorted and filtered. */
export interface View {
  readonly screen: ScreenName;
  /** What it is about: a service, a service and a server, an instance, an event's number. */
  readonly subject: readonly string[];
  /** Key of the row that is selected, which it follows when rows move; null: none was chosen yet. */
  readonly selected: string | null;
  readonly index: number;
  /** The first row that is shown. */
  readonly offset: number;
  readonly sort: string;
  readonly descending: boolean;
  readonly filter: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is asked of the daemon once the operator has confirmed it. */
export type Action =
  | ({ readonly kind: 'drain' | 'undrain' } & Subject)
  /** Null: what the file says again. */
  | ({ readonly kind: 'weight'; readonly weight: number | null } & Subject)
  /** Null: what its checks say again. */
  | ({ readonly kind: 'pin'; readonly state: 'up' | 'down' | null } & Subject)
  | { readonly kind: 'maintenance'; readonly of: Subject | { readonly instance: string }; readonly on: boolean }
  | { readonly kind: 'failover'; readonly instance: string };

export type Mode =
  | { readonly kind: 'list' }
  | { readonly kind: 'help' }
  | { readonly kind: 'filter'; readonly before: string }
  /** A weight is typed. */
  | { readonly kind: 'weight'; readonly of: Subject; readonly typed: string }
  /** One of a few keys is waited for. */
  | { readonly kind: 'pin'; readonly of: Subject }
  | { readonly kind: 'confirm'; readonly question: string; readonly action: Action };

export interface Message {
  readonly text: string;
  readonly bad: boolean;
}

export interface State {
  readonly size: Size;
  readonly look: Look | null;
  /** Why the daemon cannot be asked at present. */
  readonly lost: string | null;
  /** The last one is shown. */
  readonly views: readonly [View, ...View[]];
  readonly mode: Mode;
  /** Until the next key. */
  readonly message: Message | null;
  readonly paused: boolean;
  readonly intervalMs: number;
}

export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  /** Look now. */
  | { readonly kind: 'look' }
  | { readonly kind: 'act'; readonly action: Action };

export type Input =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'size'; readonly size: Size }
  /** What came of an action. */
  | { readonly kind: 'done'; readonly message: Message };

/** What comes of an input. */
export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const just = (state: State, ...effects: readonly Effect[]): Step => ({ state, effects });

export const viewOf = ({ views }: State): View => views.at(-1) ?? views[0];

/** The server that more has to be asked of. */
export function subjectOf(state: State): Subject | null {
  const { screen, subject } = viewOf(state);
  const [service, server] = subject;
  return screen === 'server' && service !== undefined && server !== undefined ? { service, server } : null;
}
