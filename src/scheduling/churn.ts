import type { VirtualService } from '../model/service.ts';
import { available, type Candidate, nameOf } from './candidate.ts';
import { type Client, predictor } from './predict.ts';

/** A service with its destinations in the scheduler's list order. */
export interface Layout {
  readonly service: VirtualService;
  readonly candidates: readonly Candidate[];
}

/** What a change does to clients, as fractions of those that were asked about. */
export interface Churn {
  /** Clients that get another server, or none any more. */
  readonly moved: number;
  /** The part of `moved` whose old server is still there and available: what a better scheduler would have spared. */
  readonly needless: number;
  /** Clients whose server is gone or takes nothing any more. */
  readonly left: number;
  /** The part that moves of those whose server stays: a fraction of them, not of all. */
  readonly others: number;
  /** Clients that are refused afterwards, whether they were before or not. */
  readonly refused: number;
}

/** How many clients a change moves. Null when either layout's scheduler cannot be predicted for every client. */
export function churn(before: Layout, after: Layout, clients: readonly Client[]): Churn | null {
  const askBefore = predictor(before.service, before.candidates);
  const askAfter = predictor(after.service, after.candidates);
  const kept = new Set(after.candidates.filter(available).map(nameOf));
  let moved = 0;
  let needless = 0;
  let refused = 0;
  let left = 0;
  let staying = 0;
  for (const client of clients) {
    const was = askBefore(client);
    const is = askAfter(client);
    if (was.kind === 'unpredictable' || is.kind === 'unpredictable') return null;
    if (is.kind === 'refused') refused++;
    if (was.kind === 'refused') continue;
    const server = nameOf(was.destination);
    if (kept.has(server)) staying++;
    else left++;
    if (is.kind === 'destination' && nameOf(is.destination) === server) continue;
    moved++;
    if (kept.has(server)) needless++;
  }
  const whole = clients.length || 1;
  return {
    moved: moved / whole,
    needless: needless / whole,
    left: left / whole,
    others: needless / (staying || 1),
    refused: refused / whole,
  };
}
