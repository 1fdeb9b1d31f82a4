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

/** Looks at weights and flags and says what an operator would not expect, one sentence each. */
export type Warn = (circumstances: Circumstances) => string[];

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const percent = (part: number, whole: number): string => `${Number(((100 * part) / whole).toFixed(1))} %`;

/** Destinations whose part of the table is off from their part of the weights by more than a tenth. */
function misfits(shares: readonly number[], weights: readonly number[]): number[] {
  const shareSum = sum(shares);
  const weightSum = sum(weights);
  return shares.flatMap((share, index) => {
    const wanted = (weights[index] ?? 0) / weightSum;
    return wanted > 0 && Math.abs(share / shareSum / wanted - 1) > 0.1 ? [index] : [];
  });
}

/** Clients of a destination that takes nothing are turned away unless the service has the fallback flag. */
function refusals({ candidates, flags }: Circumstances): string[] {
  if ((flags & SCHEDULER_FLAGS['flag-1']) !== 0) return [];
  const idle = candidates.flatMap((c, index) => (c.weight === 0 && c.lastWeight !== 0 ? [index] : []));
  return idle.length === 0
    ? []
    : [`without the fallback flag the clients of ${namesOf(candidates, idle)} (weight 0) are refused, not moved`];
}

export const shWarnings: Warn = (circumstances) => {
  const { candidates, sizes = DEFAULT_SIZES } = circumstances;
  const cells = shTable(candidates, sizes.shBits);
  const taken = candidates.map(() => 0);
  for (const index of cells) if (index >= 0) taken[index] = (taken[index] ?? 0) + 1;
  const starved = taken.flatMap((buckets, index) => (buckets === 0 ? [index] : []));
  const weights = candidates.map((c) => Math.max(c.weight, 1));
  const total = `source hash has ${cells.length} buckets and the weights add up to ${sum(weights)}`;
  const warnings: string[] = [];
  if (starved.length > 0) {
    warnings.push(`${total}: ${namesOf(candidates, starved)} get no clients; use smaller weights or mh`);
  } else if (misfits(taken, weights).length > 0) {
    const [first = 0] = misfits(taken, weights);
    const share = `${nameOf(candidates[first])} gets ${percent(taken[first] ?? 0, cells.length)} of the clients`;
    warnings.push(
      `${total}: ${share} instead of ${percent(weights[first] ?? 0, sum(weights))}; use smaller weights or mh`,
    );
  }
  return [...warnings, ...refusals(circumstances)];
};

export const mhWarnings: Warn = (circumstances) => {
  const { candidates, sizes = DEFAULT_SIZES } = circumstances;
  const slots = mhSlots(sizes.mhIndex);
  if (candidates.length > slots) {
    return [`Maglev has ${slots} slots for ${candidates.length} destinations: the kernel cannot build the table`];
  }
  const weights = candidates.map((candidate) => shareWeight(candidate) ?? 0);
  const turns = mhTurns(weights, sizes.mhIndex);
  const warnings = misfits(turns, weights)
    .slice(0, 1)
    .map((index) => {
      const heaviest = Math.max(...weights);
      const ratio = `weights go from ${Math.min(...weights.filter((w) => w > 0))} to ${heaviest}`;
      const share = `${nameOf(candidates[index])} gets ${percent(turns[index] ?? 0, sum(turns))} of the clients`;
      const wanted = percent(weights[index] ?? 0, sum(weights));
      return `${ratio} and Maglev shows ratios up to ${mhRatio(sizes.mhIndex)}:1: ${share} instead of ${wanted}`;
    });
  return [...warnings, ...refusals(circumstances)];
};

export const dhWarnings: Warn = ({ candidates, sizes = DEFAULT_SIZES }) => {
  const buckets = 2 ** sizes.dhBits;
  return candidates.length > buckets
    ? [`destination hash has ${buckets} buckets: ${candidates.length - buckets} destinations get nothing`]
    : [];
};

/** ovf reads a weight as how many connections a destination takes; a weight of 1 is rarely meant so. */
export const ovfWarnings: Warn = ({ candidates }) =>
  candidates
    .filter((candidate) => candidate.weight === 1)
    .slice(0, 1)
    .map(
      ({ address, port }) =>
        `overflow reads weights as connections: ${formatEndpoint(address, port)} (weight 1) takes two, then it is full`,
    );
