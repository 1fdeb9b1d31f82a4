import { type Family, formatEndpoint } from '../base/ip.ts';
import { SCHEDULER_FLAGS } from '../model/service.ts';
import { type Candidate, nameOf } from './candidate.ts';
import { mhRatio, mhSlots, mhTurns, shareWeight } from './mh.ts';
import { DEFAULT_SIZES, namesOf, type TableSizes } from './prediction.ts';
import { shTable } from './sh.ts';

export interface Circumstances {
  readonly candidates: readonly Candidate[];
  readonly family: Family;
  /** Scheduler flag bits of the service. */
  readonly flags: number;
  readonly sizes?: TableSizes;
}

/** What one can fall into; the codes under which `fairlead check` tells of it. */
export type Trap = 'sh-weights' | 'mh-weights' | 'hash-destinations' | 'weight-zero' | 'ovf-weights';

export interface Warning {
  readonly trap: Trap;
  readonly message: string;
}

/** Looks at weights and flags and says what an operator would not expect, one sentence each. */
export type Warn = (circumstances: Circumstances) => Warning[];

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function percent(part: number, whole: number): string {
  const value = (100 * part) / whole;
  return `${Number(value < 1 ? value.toPrecision(1) : value.toFixed(1))} %`;
}

/** Destinations whose part of the table is off from their part of the weights by more than a tenth. */
function misfits(shares: readonly number[], weights: readonly number[]): number[] {
  const shareSum = sum(shares);
  const weightSum = sum(weights);
  return shares.flatMap((share, index) => {
    const wanted = (weights[index] ?? 0) / weightSum;
    return wanted > 0 && Math.abs(share / shareSum / wanted - 1) > 0.1 ? [index] : [];
  });
}

/** Clients of a destination that takes nothing are turned away unless the service has the fallback flag. sh and dh give
 *  every destination a place; mh only those that ever had a weight. */
function refusals({ candidates, flags }: Circumstances, holds: (candidate: Candidate) => boolean): Warning[] {
  if ((flags & SCHEDULER_FLAGS['flag-1']) !== 0) return [];
  const idle = candidates.flatMap((c, index) => (c.weight === 0 && holds(c) ? [index] : []));
  const message = `without the fallback flag the clients of ${namesOf(candidates, idle)} (weight 0) are refused, not moved`;
  return idle.length === 0 ? [] : [{ trap: 'weight-zero', message }];
}

export const shWarnings: Warn = (circumstances) => {
  const { candidates, sizes = DEFAULT_SIZES } = circumstances;
  const cells = shTable(candidates, sizes.shBits);
  const taken = candidates.map(() => 0);
  for (const index of cells) if (index >= 0) taken[index] = (taken[index] ?? 0) + 1;
  const starved = taken.flatMap((buckets, index) => (buckets === 0 ? [index] : []));
  const weights = candidates.map((c) => Math.max(c.weight, 1));
  const total = `source hash has ${cells.length} buckets and the weights add up to ${sum(weights)}`;
  const warnings: Warning[] = [];
  if (starved.length > 0) {
    warnings.push({
      trap: 'sh-weights',
      message: `${total}: ${namesOf(candidates, starved)} get no clients; use smaller weights or mh`,
    });
  } else if (misfits(taken, weights).length > 0) {
    const [first = 0] = misfits(taken, weights);
    const share = `${nameOf(candidates[first])} gets ${percent(taken[first] ?? 0, cells.length)} of the clients`;
    warnings.push({
      trap: 'sh-weights',
      message: `${total}: ${share} instead of ${percent(weights[first] ?? 0, sum(weights))}; use smaller weights or mh`,
    });
  }
  return [...warnings, ...refusals(circumstances, () => true)];
};

export const mhWarnings: Warn = (circumstances) => {
  const { candidates, sizes = DEFAULT_SIZES } = circumstances;
  const slots = mhSlots(sizes.mhIndex);
  if (candidates.length > slots) {
    const message = `Maglev has ${slots} slots for ${candidates.length} destinations: the kernel cannot build the table and keeps the one it had`;
    return [{ trap: 'hash-destinations', message }];
  }
  const weights = candidates.map((candidate) => shareWeight(candidate) ?? 0);
  const turns = mhTurns(weights, sizes.mhIndex);
  const warnings = misfits(turns, weights)
    .slice(0, 1)
    .map((index): Warning => {
      const heaviest = Math.max(...weights);
      const ratio = `weights go from ${Math.min(...weights.filter((w) => w > 0))} to ${heaviest}`;
      const share = `${nameOf(candidates[index])} gets ${percent(turns[index] ?? 0, sum(turns))} of the clients`;
      const wanted = percent(weights[index] ?? 0, sum(weights));
      return {
        trap: 'mh-weights',
        message: `${ratio} and Maglev shows ratios up to ${mhRatio(sizes.mhIndex)}:1: ${share} instead of ${wanted}`,
      };
    });
  return [...warnings, ...refusals(circumstances, (candidate) => candidate.lastWeight !== 0)];
};

export const dhWarnings: Warn = ({ candidates, sizes = DEFAULT_SIZES }) => {
  const buckets = 2 ** sizes.dhBits;
  const idle = candidates.flatMap((candidate, index) => (candidate.weight === 0 ? [index] : []));
  const warnings: Warning[] = [];
  if (candidates.length > buckets)
    warnings.push({
      trap: 'hash-destinations',
      message: `destination hash has ${buckets} buckets for ${candidates.length} destinations: those at the end of the list get nothing`,
    });
  if (idle.length > 0)
    warnings.push({
      trap: 'weight-zero',
      message: `what destination hash gives to ${namesOf(candidates, idle)} (weight 0) is refused, and it has no fallback flag`,
    });
  return warnings;
};

/** ovf reads a weight as how many connections a destination takes; a weight of 1 is rarely meant so. */
export const ovfWarnings: Warn = ({ candidates }) =>
  candidates
    .filter((candidate) => candidate.weight === 1)
    .slice(0, 1)
    .map(({ address, port }) => ({
      trap: 'ovf-weights',
      message: `overflow reads weights as connections: ${formatEndpoint(address, port)} (weight 1) takes two, then it is full`,
    }));
