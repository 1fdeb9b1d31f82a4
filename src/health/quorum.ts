import type { Quorum } from '../model/desired.ts';

/** Whether enough of a service is healthy. Null: not known yet, because servers wait for their first result. */
export interface QuorumState {
  readonly held: boolean | null;
  /** Monotonic milliseconds when `held` began. */
  readonly since: number;
  readonly why: string;
}

export const quorumUnknown = (now: number): QuorumState => ({ held: null, since: now, why: 'not known yet' });

/** As keepalived counts: found at weight + hysteresis, lost below weight - hysteresis, and in between as it was; whatever the
 *  hysteresis, no healthy weight at all is a loss. `waiting`: some servers are not known, so that too little so far is no
 *  loss. */
export function stepQuorum(
  before: QuorumState,
  { weight, hysteresis }: Pick<Quorum, 'weight' | 'hysteresis'>,
  seen: { readonly alive: number; readonly waiting: boolean; readonly now: number },
): QuorumState {
  const { alive, waiting, now } = seen;
  const become = (held: boolean, why: string): QuorumState =>
    before.held === held ? before : { held, since: now, why };
  // The first word needs no hysteresis: there is nothing to hold on to.
  const margin = before.held === null ? 0 : hysteresis;
  if (alive >= weight + margin) return become(true, `healthy servers have a weight of ${alive}, ${weight} is enough`);
  if (alive < weight - margin || alive === 0 || before.held === null) {
    if (before.held === null && waiting) return before;
    return become(false, `healthy servers have a weight of ${alive}, ${weight} is needed`);
  }
  return before;
}
