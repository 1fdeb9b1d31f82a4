import { type ElectionSettings, type HeardAdvert, LEAVING, type Order } from '../model/vrrp.ts';
import { type BackupState, type ElectionState, type MasterState, type Move, rivalEnds } from './state.ts';
import { downMs, listenedIntervalMs, skewMs } from './timers.ts';

type Same = Omit<HeardAdvert, 'order'>;

/** What the engine has to do as long as a state lasts. It follows from the state alone, so orders are the difference of
 *  two of these: they balance, and a reload that changes nothing orders nothing. */
export interface Standing {
  readonly holds: boolean;
  readonly advertise: { readonly priority: number; readonly everyMs: number } | null;
  readonly listen: { readonly forMs: number; readonly same: Same | null; readonly armedAt: number } | null;
  readonly wakeAt: number | null;
}

const IDLE: Standing = { holds: false, advertise: null, listen: null, wakeAt: null };

export const priorityOf = (settings: ElectionSettings, state: ElectionState): number =>
  state.priority ?? settings.priority;

/** How long a backup listens, counted from `armedAt`. */
export function listenMs(settings: ElectionSettings, state: BackupState): number {
  const priority = priorityOf(settings, state);
  const interval = listenedIntervalMs(settings, state.learnedMs);
  const timer = state.leaving ? skewMs(settings.version, priority, interval) : downMs(settings, priority, interval);
  if (state.notBefore === null) return timer;
  const delay = Math.max(0, state.notBefore - state.armedAt);
  // The time of the start delay does not count as listened: links that come up deliver nothing at first.
  return state.heard === null ? delay + timer : Math.max(delay, timer);
}

/** When a backup has to look at a worse master again. */
function wakeOf(settings: ElectionSettings, state: BackupState): number | null {
  if (state.heard === null || state.leaving) return null;
  if (state.notBefore !== null) return state.notBefore;
  return state.worseSince === null || state.preempting ? null : state.worseSince + settings.preemptDelayMs;
}

/** When a master has to look at its hand-over, announce anew, or forget a rival that fell silent. */
function masterWake({ leaving, announceAt, rivals }: MasterState): number | null {
  if (leaving !== null) return leaving.until;
  const next = Math.min(announceAt ?? Number.POSITIVE_INFINITY, ...rivals.map(rivalEnds));
  return next === Number.POSITIVE_INFINITY ? null : next;
}

/** Whether the adverts of the master we go by are nothing new. */
const sameOf = ({ heard, leaving, preempting }: BackupState): Same | null =>
  heard === null || leaving || preempting
    ? null
    : { source: heard.source, priority: heard.priority, intervalMs: heard.intervalMs };

export function standing(settings: ElectionSettings, state: ElectionState): Standing {
  if (state.state === 'master') {
    const priority = state.leaving === null ? priorityOf(settings, state) : LEAVING;
    const advertise = { priority, everyMs: settings.intervalMs };
    return { holds: true, advertise, listen: null, wakeAt: masterWake(state) };
  }
  if (state.state !== 'backup') return IDLE;
  const listen = { forMs: listenMs(settings, state), same: sameOf(state), armedAt: state.armedAt };
  return { holds: false, advertise: null, listen, wakeAt: wakeOf(settings, state) };
}

const equalSame = (a: Same | null, b: Same | null): boolean =>
  a === b ||
  (a !== null && b !== null && a.source === b.source && a.priority === b.priority && a.intervalMs === b.intervalMs);

const equalAdvertise = (a: Standing['advertise'], b: Standing['advertise']): boolean =>
  a === b || (a !== null && b !== null && a.priority === b.priority && a.everyMs === b.everyMs);

const equalListen = (a: Standing['listen'], b: Standing['listen']): boolean =>
  a === b || (a !== null && b !== null && a.forMs === b.forMs && a.armedAt === b.armedAt && equalSame(a.same, b.same));

/** A standing order that has just run out and is not there any more. */
export type Spent = 'listen' | 'wake' | null;

/** Orders that lead from what stands to what shall stand. Taking over, the addresses come before the advert: the old
 *  master lets go when it hears us, and there must be no moment with nobody. On the wire the RFC's order (advert, then
 *  gratuitous ARP) means nothing: both leave within the same millisecond, and the engine may send the advert first. */
export function orders(before: Standing, after: Standing, at: number, move: Move | null, spent: Spent): Order[] {
  const list: Order[] = [];
  if (after.holds && !before.holds) list.push({ kind: 'hold' });
  if (move?.acts) list.push(...move.acts);
  if (!equalAdvertise(before.advertise, after.advertise)) {
    list.push(after.advertise === null ? { kind: 'quiet' } : { kind: 'advertise', ...after.advertise });
  }
  if (before.holds && !after.holds) list.push({ kind: 'release', afterMs: move?.lingerMs ?? 0 });
  const { listen } = after;
  if (listen === null) {
    if (before.listen !== null) list.push({ kind: 'deaf' });
  } else if (spent === 'listen' || !equalListen(before.listen, listen)) {
    const from = before.listen?.armedAt === listen.armedAt ? 'last' : 'now';
    list.push({ kind: 'listen', forMs: listen.forMs, from, same: listen.same });
  }
  const wakesAt = spent === 'wake' ? null : before.wakeAt;
  if (after.wakeAt !== wakesAt) {
    list.push({ kind: 'wake', afterMs: after.wakeAt === null ? null : Math.max(0, after.wakeAt - at) });
  }
  return list;
}
