import { formatEndpoint } from '../base/ip.ts';

/** A destination as a scheduler sees it. Lists of these are in the scheduler's order: newest added first, which is also
 *  the order of a kernel dump. */
export interface Candidate {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** The last weight that was not 0, of a destination that has weight 0 now; 0 when it never had one. Maglev keeps a
   *  quiesced destination in its table by it. The kernel does not tell it, so it may be unknown. */
  readonly lastWeight?: number;
  /** The destination reached its connection limit. */
  readonly overloaded?: boolean;
  readonly activeConnections?: number;
  readonly inactiveConnections?: number;
}

/** Whether a scheduler may give the destination a new connection. */
export const available = (candidate: Candidate): boolean => candidate.weight > 0 && candidate.overloaded !== true;

export const availablePlaces = (candidates: readonly Candidate[]): number[] =>
  candidates.flatMap((candidate, index) => (available(candidate) ? [index] : []));

/** Why a destination is not available, to follow its name: `has weight 0`. */
export const obstacle = (candidate: Candidate): string =>
  candidate.weight > 0 ? 'is at its connection limit' : 'has weight 0';

export const nameOf = (candidate: Candidate | undefined): string =>
  candidate === undefined ? 'nothing' : formatEndpoint(candidate.address, candidate.port);

/** Where a hashing scheduler's lookup went. Numbers are cells of its table and places in the candidate list. */
export interface HashPick {
  /** The cell the client hashes to, and whose it is. */
  readonly cell: number;
  readonly holder: number;
  /** The cell that was used in the end, how many others were tried, and whose it is; -1 when nobody could be found. */
  readonly usedCell: number;
  readonly tries: number;
  readonly chosen: number;
}

/** Looks a client up in a filled table (-1: an empty cell). `retry(k)` names the k-th cell to try when the first one's
 *  owner is not available; without it the connection is refused. */
export function lookUp(
  cells: Int32Array,
  candidates: readonly Candidate[],
  cell: number,
  retry?: (k: number) => number,
): HashPick {
  const takes = (index: number): boolean => {
    const candidate = candidates[index];
    return candidate !== undefined && available(candidate);
  };
  const holder = cells[cell] ?? -1;
  if (takes(holder)) return { cell, holder, usedCell: cell, tries: 0, chosen: holder };
  // Nobody to find: the kernel tries every cell, which for Maglev's thousands of clients takes seconds.
  const tries = retry !== undefined && candidates.some(available) ? cells.length : 0;
  for (let k = 0; retry !== undefined && k < tries; k++) {
    const usedCell = retry(k);
    const chosen = cells[usedCell] ?? -1;
    if (takes(chosen)) return { cell, holder, usedCell, tries: k + 1, chosen };
  }
  return { cell, holder, usedCell: cell, tries: retry === undefined ? 0 : cells.length, chosen: -1 };
}
