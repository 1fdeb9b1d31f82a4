import type { ProbeResult, Transition, Verdict } from '../../model/health.ts';
import type { Store } from '../store.ts';

/** So many changes of a server are remembered. */
export const KEPT_TRANSITIONS = 10;

/** More changes than this at once are told together. */
const TOLD_ALONE = 20;

interface Change {
  readonly before: Verdict;
  readonly after: Verdict;
}

/** A server that has become up or down. */
export interface StatusChange {
  readonly key: string;
  readonly verdict: Verdict;
}

/** All verdicts, written in place. Changes that matter are gathered for one turn of the event loop and then handed on
 *  together, so that however many servers fall at once, one pass follows. */
export class VerdictBook {
  readonly #store: Store;
  readonly #wall: () => number;
  readonly #onChange: (why: string) => void;
  readonly #onStatus: (changes: readonly StatusChange[]) => void;
  #verdicts = new Map<string, Verdict>();
  #transitions = new Map<string, readonly Transition[]>();
  #changed = new Map<string, Change>();
  /** The end of the hold that was told last, by server. */
  readonly #heldUntil = new Map<string, number>();
  #flush: NodeJS.Immediate | undefined;

  constructor(parts: {
    store: Store;
    wall: () => number;
    onChange: (why: string) => void;
    onStatus?: ((changes: readonly StatusChange[]) => void) | undefined;
  }) {
    this.#store = parts.store;
    this.#wall = parts.wall;
    this.#onChange = parts.onChange;
    this.#onStatus = parts.onStatus ?? (() => {});
  }

  get(key: string): Verdict | undefined {
    return this.#verdicts.get(key);
  }

  entries(): IterableIterator<[string, Verdict]> {
    return this.#verdicts.entries();
  }

  transitions(key: string): readonly Transition[] {
    return this.#transitions.get(key) ?? [];
  }

  /** What a new configuration begins with; histories of servers that are gone go too. */
  begin(
    verdicts: Map<string, Verdict>,
    transitions: ReadonlyMap<string, readonly Transition[]> = this.#transitions,
  ): void {
    this.#verdicts = verdicts;
    for (const key of this.#store.detected.keys()) if (!verdicts.has(key)) this.#store.detected.delete(key);
    for (const key of this.#heldUntil.keys()) if (!verdicts.has(key)) this.#heldUntil.delete(key);
    this.#transitions = new Map([...transitions].filter(([key]) => verdicts.has(key)));
    this.#store.set({ verdicts, transitions: this.#transitions });
  }

  set(key: string, before: Verdict, after: Verdict): void {
    this.#verdicts.set(key, after);
    if (after.status !== before.status) {
      this.#store.detected.set(key, after.since - (before.streakSince ?? after.since));
      const transition = { at: this.#wall(), status: after.status, why: after.why };
      this.#transitions.set(key, [...this.transitions(key), transition].slice(-KEPT_TRANSITIONS));
    } else if (after.reported === before.reported && !this.#isHeldAnew(key, before, after)) return;
    this.#changed.set(key, { before: this.#changed.get(key)?.before ?? before, after });
    this.#flush ??= setImmediate(() => this.#handOn());
  }

  /** A result that changes nothing, if it is the latest. */
  repeat(key: string, result: ProbeResult): void {
    const verdict = this.#verdicts.get(key);
    if (verdict?.last && verdict.last.at < result.at) this.#verdicts.set(key, { ...verdict, last: result });
  }

  /** Told once for each time that it is held back, however often it fails and answers meanwhile. */
  #isHeldAnew(key: string, before: Verdict, { heldBack, flaps }: Verdict): boolean {
    const until = flaps?.heldUntil;
    if (heldBack === undefined || before.heldBack !== undefined || until == null) return false;
    if (this.#heldUntil.get(key) === until) return false;
    this.#heldUntil.set(key, until);
    return true;
  }

  stop(): void {
    clearImmediate(this.#flush);
  }

  #handOn(): void {
    this.#flush = undefined;
    const changed = [...this.#changed];
    this.#changed = new Map();
    const lines = changed.map(([key, { before, after }]) => inWords(key, before, after));
    for (const line of lines.slice(0, TOLD_ALONE)) this.#store.tell('health', line);
    const rest = changed.slice(TOLD_ALONE);
    if (rest.length > 0) this.#store.tell('health', `and ${rest.length} more at once: ${tally(rest)}`);
    const [first] = lines;
    if (first !== undefined) this.#onChange(lines.length === 1 ? first : `${lines.length} servers changed`);
    // After the pass has begun: packets come before programs.
    this.#onStatus(
      changed.flatMap(([key, { before, after }]) => (after.status === before.status ? [] : [{ key, verdict: after }])),
    );
  }
}

function inWords(key: string, before: Verdict, after: Verdict): string {
  if (after.status !== before.status) return `${key} is ${after.status}: ${after.why}`;
  if (after.reported === before.reported) return `${key} ${after.why}`;
  const { weight, admin } = after.reported ?? {};
  const share =
    weight === undefined ? [] : ['percent' in weight ? `weight ${weight.percent}%` : `weight ${weight.absolute}`];
  return `${key} says of itself: ${[...share, ...(admin === undefined ? [] : [admin])].join(', ') || 'ready'}`;
}

function tally(changed: readonly (readonly [string, Change])[]): string {
  const counts = new Map<string, number>();
  for (const [, { after }] of changed) counts.set(after.status, (counts.get(after.status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} are ${status}`).join(', ');
}
