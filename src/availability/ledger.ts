/** What became of the things that people care for, over time. Times are the ledger's own milliseconds (time.ts). What is not in
 *  a span and not in a gap was up. */

export type Kind = 'down' | 'planned' | 'unobserved';
const KINDS = ['down', 'planned', 'unobserved'] as const;
export type Condition = 'up' | Kind;

export interface Span {
  readonly kind: Kind;
  readonly start: number;
  /** Null: it goes on. */
  readonly end: number | null;
  readonly cause: string;
  /** From the first sign to the decision; null: not known. */
  readonly detectedMs: number | null;
  /** Who found it out or did it. */
  readonly by: string;
}

/** Spans that were forgotten one by one, summed up by the day (UTC) they were on. */
export interface DaySum {
  readonly day: number;
  readonly down: number;
  readonly planned: number;
  readonly unobserved: number;
  readonly incidents: number;
}

export interface Track {
  /** When it was seen first. */
  readonly first: number;
  /** In order, none over another; only the last may go on. */
  readonly spans: readonly Span[];
  readonly folded: readonly DaySum[];
}

export interface Gap {
  readonly start: number;
  readonly end: number;
}

export interface Ledger {
  /** Until when somebody looked. */
  readonly seen: number;
  /** Where its time is not the wall clock's, in order. */
  readonly corrections: readonly Correction[];
  /** When nobody did: the daemon was down, or the machine slept. */
  readonly gaps: readonly Gap[];
  readonly tracks: ReadonlyMap<string, Track>;
}

/** From `from` on, the wall clock is the ledger's time and this. */
export interface Correction {
  readonly from: number;
  /** At most 0: a ledger that lags behind the wall clock goes on to it. */
  readonly byMs: number;
}

/** What is found now of one thing; null: no news. */
export interface Finding {
  readonly condition: Condition;
  readonly cause: string;
  readonly by: string;
  /** When it began; absent: now. */
  readonly since?: number;
  readonly detectedMs?: number;
}

export const DAY_MS = 86_400_000;
export const KEPT_MS = 366 * DAY_MS;
export const KEPT_SPANS = 200;
export const KEPT_GAPS = 500;
/** A thing that left the file is remembered for so long. */
const GONE_MS = 30 * DAY_MS;
const PER_STEP = 100;
const GONE = 'not in the file';

export const emptyLedger = (at: number): Ledger => ({ seen: at, corrections: [], gaps: [], tracks: new Map() });

/** Time goes on to `at`, and nobody looked since `seen`. */
export function unseenUntil(ledger: Ledger, at: number): Ledger {
  if (at <= ledger.seen) return ledger;
  const gaps = [...ledger.gaps, { start: ledger.seen, end: at }].filter(({ end }) => end > at - KEPT_MS);
  return { ...ledger, seen: at, gaps: fewer(gaps) };
}

/** Joins the two that are closest until there are few: what lies between counts as unobserved. */
function fewer(gaps: readonly Gap[]): Gap[] {
  const kept = [...gaps];
  while (kept.length > KEPT_GAPS) {
    let best = 0;
    const between = (at: number): number => (kept[at + 1]?.start ?? 0) - (kept[at]?.end ?? 0);
    for (let at = 1; at < kept.length - 1; at++) if (between(at) < between(best)) best = at;
    kept.splice(best, 2, { start: kept[best]?.start ?? 0, end: kept[best + 1]?.end ?? 0 });
  }
  return kept;
}

/** Takes down what is found at a time, no earlier than `seen`. Things that are not named have left the file. What did not
 *  change stays the same object, so that who writes it down sees what did. */
export const observe = (ledger: Ledger, at: number, found: ReadonlyMap<string, Finding | null>): Ledger =>
  finished(observing(ledger, at, found));

/** The same, so many things at a step. */
export function* observing(
  ledger: Ledger,
  at: number,
  found: ReadonlyMap<string, Finding | null>,
): Generator<void, Ledger> {
  const now = Math.max(at, ledger.seen);
  const gap = ledger.gaps.at(-1);
  let done = 0;
  let next: Map<string, Track> | null = null;
  const changed = (): Map<string, Track> => {
    next ??= new Map(ledger.tracks);
    return next;
  };
  for (const [key, track] of ledger.tracks) {
    if (found.has(key)) continue;
    const last = track.spans.at(-1);
    const forgotten = last?.cause === GONE && last.end === null && now - last.start > GONE_MS;
    const left = moved(track, { condition: 'unobserved', cause: GONE, by: 'operator' }, now, gap);
    if (forgotten) changed().delete(key);
    else if (left !== track) changed().set(key, left);
  }
  for (const [key, finding] of found) {
    if (finding === null) continue;
    const track = ledger.tracks.get(key);
    const after = moved(track ?? { first: now, spans: [], folded: [] }, finding, now, track && gap);
    if (after !== track) changed().set(key, after);
    if (++done % PER_STEP === 0) yield;
  }
  return { ...ledger, seen: now, tracks: next ?? ledger.tracks };
}

function moved(track: Track, finding: Finding, now: number, gap: Gap | undefined): Track {
  const last = track.spans.at(-1);
  const open = last?.end === null ? last : undefined;
  if ((open?.kind ?? 'up') === finding.condition) return track;
  const { condition, cause, by, detectedMs = null } = finding;
  const earliest = Math.max(track.first, open?.start ?? last?.end ?? track.first);
  let since = Math.min(now, Math.max(earliest, finding.since ?? now));
  // It was so already when we looked again: how long is not known, so its end is not after the last look.
  if (open && gap && since <= gap.end && open.start < gap.start) since = gap.start;
  const closed = open ? [...track.spans.slice(0, -1), { ...open, end: since }] : track.spans;
  const spans =
    condition === 'up' ? closed : [...closed, { kind: condition, start: since, end: null, cause, detectedMs, by }];
  return folding({ ...track, spans }, now);
}

/** An interruption that is known when it is over: a take-over. What overlaps what is known already is left out. */
export function note(ledger: Ledger, key: string, span: Span & { readonly end: number }): Ledger {
  const track = ledger.tracks.get(key);
  const last = track?.spans.at(-1);
  if (track === undefined || last?.end === null) return ledger;
  const start = Math.max(span.start, track.first, last?.end ?? 0);
  const end = Math.min(span.end, ledger.seen);
  if (end <= start) return ledger;
  const next = folding({ ...track, spans: [...track.spans, { ...span, start, end }] }, ledger.seen);
  return { ...ledger, tracks: new Map(ledger.tracks).set(key, next) };
}

function folding(track: Track, now: number): Track {
  if (track.spans.length <= KEPT_SPANS) return track;
  const [oldest, ...spans] = track.spans;
  const oldDay = Math.floor((now - KEPT_MS) / DAY_MS);
  const sums = new Map(track.folded.filter(({ day }) => day >= oldDay).map((sum) => [sum.day, sum]));
  if (oldest?.end != null) {
    for (let day = Math.floor(oldest.start / DAY_MS); day * DAY_MS < oldest.end; day++) {
      const ms = overlap(oldest.start, oldest.end, day * DAY_MS, (day + 1) * DAY_MS);
      const sum = sums.get(day) ?? { day, down: 0, planned: 0, unobserved: 0, incidents: 0 };
      const first = oldest.kind === 'down' && day === Math.floor(oldest.start / DAY_MS) ? 1 : 0;
      sums.set(day, { ...sum, [oldest.kind]: sum[oldest.kind] + ms, incidents: sum.incidents + first });
    }
  }
  return { ...track, spans, folded: [...sums.values()].sort((a, b) => a.day - b.day) };
}

/** How time was spent; the four add up to the window. */
export interface Totals {
  readonly up: number;
  readonly down: number;
  readonly planned: number;
  readonly unobserved: number;
  readonly incidents: number;
}

export function totals(ledger: Ledger, track: Track, from: number, to: number): Totals {
  const start = Math.min(to, Math.max(from, track.first));
  const gaps = ledger.gaps.filter((gap) => gap.end > start && gap.start < to);
  const unseen = (a: number, b: number): number =>
    gaps.reduce((sum, gap) => sum + overlap(gap.start, gap.end, a, b), 0);
  const sums = { down: 0, planned: 0, unobserved: unseen(start, to) };
  let incidents = 0;
  for (const { kind, start: begun, end } of track.spans) {
    const a = Math.max(begun, start);
    const b = Math.min(end ?? to, to);
    if (b <= a) continue;
    sums[kind] += b - a - unseen(a, b);
    if (kind === 'down') incidents++;
  }
  const folded = { down: 0, planned: 0, unobserved: 0 };
  for (const sum of track.folded) {
    const a = Math.max(sum.day * DAY_MS, start);
    const b = Math.min((sum.day + 1) * DAY_MS, to);
    if (b <= a) continue;
    // Where on the day they were is forgotten: a part of the day has its share, and of that what somebody saw.
    const share = Math.max(0, b - a - unseen(a, b)) / DAY_MS;
    for (const kind of KINDS) folded[kind] += sum[kind] * share;
    incidents += sum.incidents;
  }
  // Shares may claim more than is left beside what is known exactly.
  const left = Math.max(0, to - start - sums.down - sums.planned - sums.unobserved);
  const fit = Math.min(1, left / Math.max(1, folded.down + folded.planned + folded.unobserved));
  for (const kind of KINDS) sums[kind] += folded[kind] * fit;
  const before = start - from;
  const observed = Math.max(0, to - start - sums.down - sums.planned - sums.unobserved);
  return { up: observed, down: sums.down, planned: sums.planned, unobserved: before + sums.unobserved, incidents };
}

/** Of the time from a to b, what somebody saw. */
export function seenBetween({ gaps }: Ledger, a: number, b: number): number {
  return b - a - gaps.reduce((sum, gap) => sum + overlap(gap.start, gap.end, a, b), 0);
}

/** All steps at once. */
export function finished<T>(work: Iterator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

export const overlap = (a: number, b: number, c: number, d: number): number =>
  Math.max(0, Math.min(b, d) - Math.max(a, c));
