import type { Family } from '../base/ip.ts';
import { type Candidate, type HashPick, lookUp } from './candidate.ts';
import { fold, mix } from './fold.ts';
import { hsiphash } from './siphash.ts';

/** Fixed keys: every director builds the same table (net/netfilter/ipvs/ip_vs_mh.c). */
const KEY_1 = 0x9e3779b1;
const KEY_2 = 0x9e37a52c;

/** CONFIG_IP_VS_MH_TAB_INDEX, 8 to 17; 12 unless the kernel was built otherwise. */
export const MH_INDEX = 12;
const FIRST_INDEX = 8;
const PRIMES = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071];

/** Slots of the table; also the most destinations it can hold. */
export const mhSlots = (index = MH_INDEX): number => PRIMES[index - FIRST_INDEX] ?? 4093;

/** The largest ratio of weights the table can show: larger ones are cut down to it. */
export const mhRatio = (index = MH_INDEX): number => 2 ** Math.floor(index / 2) - 1;

/** The weight that decides a destination's share: its own, or while it is 0 the last other one. Undefined: not known. */
export const shareWeight = (candidate: Candidate): number | undefined =>
  candidate.weight > 0 ? candidate.weight : candidate.lastWeight;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** How many slots each destination takes when its turn comes. The largest is at most mhRatio; whoever has a weight gets
 *  at least one. */
export function mhTurns(weights: readonly number[], index = MH_INDEX): number[] {
  const divisor = weights.reduce(gcd, 0) || 1;
  const largest = weights.reduce((a, b) => Math.max(a, b), 0) / divisor;
  const bits = largest < 1 ? 0 : 32 - Math.clz32(largest);
  const shift = Math.max(0, bits - Math.floor(index / 2));
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, (weight / divisor) >> shift)));
}

/** Where a destination's own order of slots begins, and its step. */
export function mhOrder(candidate: Candidate, family: Family, index = MH_INDEX): { offset: number; skip: number } {
  const value = mix(fold(candidate.address, family), candidate.port);
  const slots = mhSlots(index);
  return { offset: hsiphash(value, KEY_1) % slots, skip: (hsiphash(value, KEY_2) % (slots - 1)) + 1 };
}

/** Maglev, net/netfilter/ipvs/ip_vs_mh.c: every slot's place in the candidate list; -1 throughout when nobody ever had a
 *  weight. Null when there are more destinations than slots (the kernel then keeps the table it had) or when a
 *  quiesced destination's former weight is not known. */
export function mhTable(candidates: readonly Candidate[], family: Family, index = MH_INDEX): Int32Array | null {
  const size = mhSlots(index);
  const weights = candidates.map(shareWeight);
  if (candidates.length > size || !weights.every((weight) => weight !== undefined)) return null;
  const cells = new Int32Array(size).fill(-1);
  const turns = mhTurns(weights, index);
  const orders = candidates.map((candidate) => mhOrder(candidate, family, index));
  const places = orders.map((order) => order.offset);
  let left = turns.some((turn) => turn > 0) ? size : 0;
  for (let i = 0; left > 0; i = (i + 1) % candidates.length) {
    const skip = orders[i]?.skip ?? 1;
    let place = places[i] ?? 0;
    for (let turn = Math.min(turns[i] ?? 0, left); turn > 0; turn--, left--) {
      while (cells[place] !== -1) place = (place + skip) % size;
      cells[place] = i;
    }
    places[i] = place;
  }
  return cells;
}

/** The slot that a client hashes to; `offset` is 0 but for the tries of fallback. */
export const mhCell = (folded: number, port: number, slots: number, offset = 0): number =>
  hsiphash(mix(folded, port, offset), KEY_1) % slots;

/** `port` is 0 unless the service has the port flag. With `fallback` the client is hashed again with ever other offsets,
 *  which spreads the clients of a destination that is out over all others. */
export function mhPick(
  cells: Int32Array,
  candidates: readonly Candidate[],
  folded: number,
  port: number,
  fallback: boolean,
): HashPick {
  const at = (offset: number): number => mhCell(folded, port, cells.length, offset);
  const slot = at(0);
  const retry = (k: number): number => at((k + slot) % cells.length);
  return lookUp(cells, candidates, slot, fallback ? retry : undefined);
}
