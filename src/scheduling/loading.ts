import { SCHEDULERS, type SchedulerName } from '../model/schedulers.ts';
import { available, availablePlaces, type Candidate, nameOf } from './candidate.ts';
import { failOver } from './connections.ts';
import { namesOf, type PredictorMaker, taken } from './prediction.ts';

/** lblc and lblcr keep a remembered destination beyond its connection limit. */
const openPlaces = (scheduler: SchedulerName, candidates: readonly Candidate[]): number[] =>
  SCHEDULERS[scheduler].decides === 'destination'
    ? candidates.flatMap((candidate, index) => (candidate.weight > 0 ? [index] : []))
    : availablePlaces(candidates);

const counted = (candidates: readonly Candidate[]): boolean =>
  candidates.every((c) => c.activeConnections !== undefined && c.inactiveConnections !== undefined);

/** Schedulers that are not decided by the client: it may be any available destination. `decider` completes
 *  "it depends on". Where `next` is known and the connections were counted, it says who would be taken now. */
export function dependsOn(
  scheduler: SchedulerName,
  decider: string,
  next?: (candidates: readonly Candidate[]) => number,
): PredictorMaker {
  return (_service, candidates) => {
    const open = openPlaces(scheduler, candidates);
    if (open.length === 0) return () => taken(candidates, -1, '');
    const [only = -1] = open;
    const candidate = candidates[only];
    if (open.length === 1 && candidate && available(candidate) && SCHEDULERS[scheduler].weights !== 'ceiling') {
      return () => taken(candidates, only, `${nameOf(candidate)} is the only available destination`);
    }
    const why = `${scheduler} (${SCHEDULERS[scheduler].title}) depends on ${decider}; it may be ${namesOf(candidates, open)}`;
    const place = next !== undefined && counted(candidates) ? next(candidates) : undefined;
    if (place === undefined) return () => ({ kind: 'unpredictable', why, candidates: open });
    if (place < 0) {
      return () => ({
        kind: 'unpredictable',
        why: `${why}; with the connections of now the next one is refused`,
        candidates: open,
      });
    }
    return () => ({
      kind: 'unpredictable',
      why: `${why}; with the connections of now the next one goes to ${nameOf(candidates[place])}`,
      candidates: open,
      next: place,
    });
  };
}

/** fo: whoever weighs most takes everything, so it can be told. */
export const heaviestFirst: PredictorMaker = (_service, candidates) => {
  const index = failOver(candidates);
  const heaviest = candidates[index];
  const why = heaviest
    ? `${nameOf(heaviest)} has the highest weight (${heaviest.weight}) of the available destinations`
    : '';
  return () => taken(candidates, index, why);
};
