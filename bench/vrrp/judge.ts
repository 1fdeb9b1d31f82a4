import type { Seen } from '../../test/support/network/observer.ts';
import { VIRTUAL } from './cells.ts';
import { lengthOf, longest, netOf, spansOf } from './spans.ts';

/** What one fault did, in milliseconds. */
export interface Episode {
  /** Longest time that the client went without an answer, less the millisecond between two probes. */
  readonly gap: number;
  /** The same without the time in which an address that no fault touches gave no answer either. */
  readonly net: number;
  /** From the fault to the other node's first answer; null: there was none. */
  readonly takeover: number | null;
  /** How long two nodes held the address. */
  readonly dual: number;
  /** How many held it at the end. */
  readonly holders: number;
  /** Longest time without an answer from the address that no fault touches: the machine's own part. */
  readonly noise: number;
}

/** Before the fault, so that the last answer before it counts. */
const LEAD_MS = 20;

export function judge(seen: readonly Seen[], from: number, to: number): Episode {
  const within = seen.filter(({ at }) => at >= from - LEAD_MS && at <= to);
  const first = within.find((each) => each.kind === 'answer' && each.node === 'b' && each.at >= from);
  const answers = spansOf(within, 'answer', to);
  const control = spansOf(within, 'control', to);
  return {
    gap: longest(answers.map(lengthOf)),
    net: longest(answers.map((span) => netOf(span, control))),
    takeover: first ? first.at - from : null,
    dual: dualTime(seen, from, to),
    holders: holdersOf(seen).length,
    noise: longest(control.map(lengthOf)),
  };
}

/** Who holds the address after all this. */
export function holdersOf(seen: readonly Seen[]): string[] {
  const held = new Set<string>();
  for (const each of seen) follow(held, each);
  return [...held];
}

/** How long the address was held twice, from the fault on. */
function dualTime(seen: readonly Seen[], from: number, to: number): number {
  const held = new Set<string>();
  let since = from;
  let sum = 0;
  for (const each of seen) {
    if (held.size > 1 && each.at > since) sum += each.at - since;
    since = Math.max(since, each.at);
    follow(held, each);
  }
  return held.size > 1 ? sum + Math.max(0, to - since) : sum;
}

function follow(held: Set<string>, each: Seen): void {
  if ((each.kind !== 'add' && each.kind !== 'del') || each.address !== VIRTUAL) return;
  if (each.kind === 'add') held.add(each.node);
  else held.delete(each.node);
}
