import { z } from 'zod';
import { KEPT_GAPS, KEPT_SPANS, type Ledger, type Track } from '../availability/ledger.ts';
import { KEPT_CORRECTIONS } from '../availability/time.ts';
import type { Transition } from '../model/health.ts';
import type { VrrpState } from '../model/vrrp.ts';

/** What is remembered of what was up and down, as lines of JSON: whole in one file, and in a journal beside it what changed
 *  since. */

export interface Remembered {
  readonly ledger: Ledger;
  /** The latest changes of each instance's role, oldest first, by name. */
  readonly roles: ReadonlyMap<string, readonly Transition<VrrpState>[]>;
}

const time = z.number();
const amount = z.number().nonnegative();

const span = z.object({
  kind: z.enum(['down', 'planned', 'unobserved']),
  start: time,
  end: time.nullable(),
  cause: z.string(),
  detectedMs: amount.nullable(),
  by: z.string(),
});
const spans = z.array(span).max(KEPT_SPANS);
const folded = z.array(
  z.object({ day: z.int(), down: amount, planned: amount, unobserved: amount, incidents: amount }),
);
const gaps = z.array(z.object({ start: time, end: time })).max(KEPT_GAPS);

const headerSchema = z.object({
  fairlead: z.enum(['history', 'history-journal']),
  version: z.literal(2),
  /** A journal goes with the file that says the same. */
  id: z.string(),
});

/** `keep`: of the spans known before, so many stay, and these follow. Without `folded`: as before. */
const lineSchema = z.union([
  z.object({
    track: z.string(),
    first: time,
    keep: z.int().min(0).max(KEPT_SPANS).default(0),
    spans,
    folded: folded.optional(),
  }),
  z.object({ track: z.string(), gone: z.literal(true) }),
  z.object({
    seen: time,
    gaps: gaps.optional(),
    corrections: z
      .array(z.object({ from: time, byMs: time.max(0) }))
      .max(KEPT_CORRECTIONS)
      .optional(),
  }),
  z.object({
    instance: z.string(),
    changes: z.array(z.object({ at: time, status: z.enum(['init', 'backup', 'master', 'fault']), why: z.string() })),
  }),
  z.object({ lines: z.int() }),
]);
type Line = z.input<typeof lineSchema>;

/** The form of the first version: one object. */
const firstVersion = z.object({
  version: z.literal(1),
  seen: time,
  gaps,
  tracks: z.array(z.tuple([z.string(), z.object({ first: time, spans, folded })])),
});

export type FileKind = z.infer<typeof headerSchema>['fairlead'];

const text = (line: Line): string => JSON.stringify(line);

export const headerLine = (kind: FileKind, id: string): string => JSON.stringify({ fairlead: kind, version: 2, id });

/** Which file it belongs to; throws when it is no such header. */
export function headerOf(line: string, kind: FileKind): string {
  const { fairlead, id } = headerSchema.parse(JSON.parse(line));
  if (fairlead !== kind) throw new Error(`a ${fairlead} where a ${kind} belongs`);
  return id;
}

/** All of it, one line after the other as they are asked for, and at the end how many there were. */
export function* wholeLines({ ledger, roles }: Remembered): Generator<string, void> {
  const { seen, gaps, corrections, tracks } = ledger;
  let lines = 1;
  yield text({ seen, gaps: [...gaps], corrections: [...corrections] });
  for (const [track, { first, spans, folded }] of tracks) {
    lines++;
    yield text({ track, first, spans: [...spans], folded: [...folded] });
  }
  for (const [instance, changes] of roles) {
    lines++;
    yield text({ instance, changes: [...changes] });
  }
  yield text({ lines });
}

/** What makes `now` of `before`. */
export function* changedLines(before: Remembered, now: Remembered): Generator<string, void> {
  const { ledger } = now;
  for (const [track, after] of ledger.tracks) {
    const known = before.ledger.tracks.get(track);
    if (known !== after) yield text({ track, ...trackChange(known, after) });
  }
  for (const track of before.ledger.tracks.keys()) if (!ledger.tracks.has(track)) yield text({ track, gone: true });
  for (const [instance, changes] of now.roles) {
    if (before.roles.get(instance) !== changes) yield text({ instance, changes: [...changes] });
  }
  yield text({
    seen: ledger.seen,
    ...(ledger.gaps !== before.ledger.gaps && { gaps: [...ledger.gaps] }),
    ...(ledger.corrections !== before.ledger.corrections && { corrections: [...ledger.corrections] }),
  });
}

export const hasChanged = (before: Remembered, now: Remembered): boolean =>
  before.ledger.tracks !== now.ledger.tracks ||
  before.ledger.gaps !== now.ledger.gaps ||
  before.ledger.corrections !== now.ledger.corrections ||
  before.roles !== now.roles;

/** Spans that stayed are the same objects. */
function trackChange(known: Track | undefined, { first, spans, folded }: Track) {
  let keep = 0;
  while (known && keep < spans.length && known.spans[keep] === spans[keep]) keep++;
  return {
    first,
    ...(keep > 0 && { keep }),
    spans: spans.slice(keep),
    ...(known?.folded !== folded && { folded: [...folded] }),
  };
}

/** What is remembered, as it comes of lines. */
export class Recollection {
  readonly #tracks = new Map<string, Track>();
  readonly #roles = new Map<string, readonly Transition<VrrpState>[]>();
  #seen = 0;
  #gaps: Ledger['gaps'] = [];
  #corrections: Ledger['corrections'] = [];
  #lines = 0;
  #whole = false;

  /** Throws when the line is none of ours. */
  take(line: string): void {
    const given = lineSchema.parse(JSON.parse(line));
    if ('lines' in given) {
      if (given.lines !== this.#lines) throw new Error(`${given.lines} lines were written, ${this.#lines} are there`);
      this.#whole = true;
      return;
    }
    this.#lines++;
    if ('instance' in given) this.#roles.set(given.instance, given.changes);
    else if ('seen' in given) this.#time(given);
    else if ('gone' in given) this.#tracks.delete(given.track);
    else {
      const { track, first, keep, spans } = given;
      const known = this.#tracks.get(track);
      const kept = known?.spans.slice(0, keep) ?? [];
      const folded = given.folded ?? known?.folded ?? [];
      if (kept.length !== keep) throw new Error(`${track} goes on from ${keep} spans, ${kept.length} are known`);
      this.#tracks.set(track, { first, spans: [...kept, ...spans], folded });
    }
  }

  /** The form of the first version, which is one line. */
  takeFirstVersion(line: string): boolean {
    const parsed = firstVersion.safeParse(JSON.parse(line));
    if (!parsed.success) return false;
    const { seen, gaps, tracks } = parsed.data;
    this.#time({ seen, gaps });
    for (const [key, track] of tracks) this.#tracks.set(key, track);
    this.#whole = true;
    return true;
  }

  /** Whether the end was there. */
  get isWhole(): boolean {
    return this.#whole;
  }

  get remembered(): Remembered {
    return {
      ledger: { seen: this.#seen, gaps: this.#gaps, corrections: this.#corrections, tracks: new Map(this.#tracks) },
      roles: new Map(this.#roles),
    };
  }

  #time({
    seen,
    gaps = this.#gaps,
    corrections = this.#corrections,
  }: {
    readonly seen: number;
    readonly gaps?: Ledger['gaps'] | undefined;
    readonly corrections?: Ledger['corrections'] | undefined;
  }): void {
    this.#seen = seen;
    this.#gaps = gaps;
    this.#corrections = corrections;
  }
}
