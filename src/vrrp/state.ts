import type { ElectionEvent, ElectionSettings, HeardAdvert, Order, Told } from '../model/vrrp.ts';

interface Common {
  /** When the role began, and the reason for it in words. */
  readonly since: number;
  readonly why: string;
  /** Effective priority as it was judged last; null: never, the configured one counts. */
  readonly priority: number | null;
  readonly faults: readonly string[];
}

export interface IdleState extends Common {
  readonly state: 'init' | 'fault';
}

export interface BackupState extends Common {
  readonly state: 'backup';
  /** The master we go by: what it advertised last. */
  readonly heard: HeardAdvert | null;
  /** It said priority 0; the timer is the skew. */
  readonly leaving: boolean;
  /** Interval of the last advert that counted; null: none yet. */
  readonly learnedMs: number | null;
  /** When the timer was set by us; adverts that are nothing new re-arm it in the engine. */
  readonly armedAt: number;
  /** Start delay: no takeover before; null: over. */
  readonly notBefore: number | null;
  /** When the first advert of a worse master came that we may preempt. */
  readonly worseSince: number | null;
  /** Its adverts are discarded, the timer runs out. */
  readonly preempting: boolean;
  /** We gave up mastership on purpose and leave it to whoever took it, whatever `preempt` says. */
  readonly content: boolean;
}

/** A master on its way out: advertises priority 0, holds the addresses still. */
export interface Leaving {
  readonly next: 'init' | 'backup';
  /** What it becomes when no successor was heard until `until`. */
  readonly alone: 'init' | 'backup' | 'master';
  readonly since: number;
  readonly until: number;
  readonly why: string;
}

/** Somebody else who claims the mastership. */
export interface Rival {
  readonly source: string;
  readonly priority: number;
  readonly intervalMs: number;
  readonly heardAt: number;
}

/** After three adverts and a second without one a rival is gone. */
export const rivalEnds = ({ heardAt, intervalMs }: Rival): number => heardAt + 3 * intervalMs + 1000;

export interface MasterState extends Common {
  readonly state: 'master';
  readonly leaving: Leaving | null;
  readonly rivals: readonly Rival[];
  /** When a rival made us announce the addresses anew, and when we shall do so again; null: not. */
  readonly announcedAt: number | null;
  readonly announceAt: number | null;
}

/** All there is to know of one instance; plain data. */
export type ElectionState = IdleState | BackupState | MasterState;

/** What the sync group does to a member; never comes from outside. */
export type GroupEvent = { readonly at: number } & (
  | { readonly kind: 'take'; readonly why: string }
  | { readonly kind: 'leave'; readonly why: string }
  /** Listen anew instead of taking over. */
  | { readonly kind: 'wait' }
);
export type AnyEvent = ElectionEvent | GroupEvent;

/** What a handler looks at. `priority` is the effective one. */
export interface Scene<S extends ElectionState = ElectionState> {
  readonly settings: ElectionSettings;
  readonly state: S;
  readonly at: number;
  readonly priority: number;
}

/** What a handler wants: the next state, and what cannot be seen from it. Standing orders follow from the state. */
export interface Move {
  readonly state: ElectionState;
  readonly acts?: readonly Order[];
  readonly told?: readonly Told[];
  /** How long the addresses stay after this move took them from us. */
  readonly lingerMs?: number;
}

type EventOf<K> = Extract<AnyEvent, { readonly kind: K }>;
/** One column of the table state x event. What is not in it changes nothing. */
export type Handlers<S extends ElectionState> = {
  readonly [K in AnyEvent['kind']]?: (scene: Scene<S>, event: EventOf<K>) => Move | null;
};

/** The engine's clock and ours may differ by roundings. */
export const TOLERANCE_MS = 0.5;
/** After a successor was heard our addresses stay this long, so that frames under way still find somebody. */
export const LINGER_MS = 20;
