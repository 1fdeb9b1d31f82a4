import { available, type Candidate } from './candidate.ts';

/** Where the turn is: the list place of the last pick, -1 before the first. The kernel does not show it. */
export type RoundRobinState = number;

/** Round robin, net/netfilter/ipvs/ip_vs_rr.c: the next available destination after the last pick, -1 when none is. */
export function roundRobin(candidates: readonly Candidate[], last: RoundRobinState = -1): number {
  for (let step = 1; step <= candidates.length; step++) {
    const index = (last + step) % candidates.length;
    const candidate = candidates[index];
    if (candidate && available(candidate)) return index;
  }
  return -1;
}

export interface WeightedState {
  readonly last: number;
  /** The weight a destination needs to be taken in the current walk of the list. */
  readonly level: number;
}

interface Levels {
  readonly step: number;
  readonly top: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Levels go down from `top` by `step`, the weights' greatest common divisor. Overloaded destinations count. */
function levelsOf(candidates: readonly Candidate[]): Levels {
  const weights = candidates.map((candidate) => candidate.weight);
  const step = weights.reduce(gcd, 0) || 1;
  return { step, top: weights.reduce((a, b) => Math.max(a, b), 0) - (step - 1) };
}

/** The state after the list was filled or any destination of it changed: the walk starts again at the head. */
export function weightedReset(candidates: readonly Candidate[], level = 0): WeightedState {
  const { step, top } = levelsOf(candidates);
  if (level <= 0 || level > top) return { last: -1, level: top };
  return { last: -1, level: step > 1 ? Math.floor(level / step) * step + 1 : level };
}

/** Weighted round robin, net/netfilter/ipvs/ip_vs_wrr.c: walks the list again and again with a falling level and takes
 *  whoever weighs at least that much, which interleaves the turns. Pick -1 when no destination is available. */
export function weightedRoundRobin(
  candidates: readonly Candidate[],
  state: WeightedState,
): { readonly pick: number; readonly state: WeightedState } {
  const heaviest = candidates.reduce((best, c) => (available(c) ? Math.max(best, c.weight) : best), 0);
  if (heaviest === 0) return { pick: -1, state };
  const { step, top } = levelsOf(candidates);
  let { last, level } = state;
  for (;;) {
    for (let index = last + 1; index < candidates.length; index++) {
      const candidate = candidates[index];
      if (candidate && available(candidate) && candidate.weight >= level) {
        return { pick: index, state: { last: index, level } };
      }
    }
    last = -1;
    level -= step;
    // Levels that nobody available reaches are passed over at once.
    if (level > heaviest) level -= Math.ceil((level - heaviest) / step) * step;
    if (level <= 0) level = top;
  }
}
