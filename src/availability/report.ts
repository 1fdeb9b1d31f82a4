import { type Condition, DAY_MS, type Ledger, type Span, seenBetween, type Track, totals } from './ledger.ts';
import { wallOf } from './time.ts';

/** What is told of the ledger: availability over windows, with the budget of a target. */

export const WINDOWS = { day: DAY_MS, '30d': 30 * DAY_MS, year: 365 * DAY_MS } as const;
export type Window = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as Window[];
const WORDS: Readonly<Record<Window, string>> = { day: 'a day', '30d': '30 days', year: 'a year' };

export interface Budget {
  readonly targetPercent: number;
  readonly allowedMinutes: number;
  readonly usedMinutes: number;
  /** `99.99% of a year = 52.6 min; used 3.1 min` */
  readonly text: string;
}

export interface WindowReport {
  readonly upSeconds: number;
  readonly downSeconds: number;
  readonly plannedSeconds: number;
  readonly unobservedSeconds: number;
  readonly incidents: number;
  /** MTBF/(MTBF+MTTR), which is up over up and down; null: nothing was observed. */
  readonly availability: number | null;
  /** 3.5 for 99.97%; null without downtime, or without anything observed. */
  readonly nines: number | null;
  readonly mtbfSeconds: number | null;
  readonly mttrSeconds: number | null;
  readonly budget: Budget | null;
}

export interface ObjectReport {
  readonly kind: string;
  readonly name: string;
  readonly condition: Condition;
  readonly why: string;
  readonly windows: Readonly<Record<Window, WindowReport>>;
  /** The latest first; times as ISO text. */
  readonly incidents: readonly IncidentReport[];
}

export interface IncidentReport {
  readonly kind: Span['kind'];
  readonly start: string;
  readonly end: string | null;
  /** Without the time that nobody looked. */
  readonly seconds: number;
  readonly cause: string;
  readonly detectionSeconds: number | null;
  readonly by: string;
}

export interface Report {
  readonly at: string;
  readonly objects: readonly ObjectReport[];
}

const TOLD_INCIDENTS = 20;

const KINDS = ['service', 'server', 'address'];

type Iso = (ms: number) => string;

/** What reports are made of. */
export interface Reporting {
  readonly ledger: Ledger;
  /** Percent that a thing has to be up, by key. */
  readonly targets: ReadonlyMap<string, number>;
  /** What is to say of things that are up, by key. */
  readonly notes?: ReadonlyMap<string, string>;
  readonly iso: Iso;
}

export function report(ledger: Ledger, targets: ReadonlyMap<string, number>, iso: Iso): Report {
  const objects = [...objectsOf({ ledger, targets, iso }, inOrder(ledger.tracks.keys()))];
  return { at: iso(wallOf(ledger, ledger.seen)), objects };
}

/** Keys of things, each a kind, a slash and a name: services first, then servers, then addresses. */
export function inOrder(keys: Iterable<string>): string[] {
  const sorted = [...keys].sort();
  return KINDS.flatMap((kind) => sorted.filter((key) => key.startsWith(`${kind}/`)));
}

/** One after the other, each made when it is its turn: there are thousands. */
export function* objectsOf(of: Reporting, keys: Iterable<string>): Generator<ObjectReport, void> {
  for (const key of keys) {
    const track = of.ledger.tracks.get(key);
    if (track) yield objectOf(of, key, track);
  }
}

function objectOf({ ledger, targets, notes, iso }: Reporting, key: string, track: Track): ObjectReport {
  const target = targets.get(key);
  const slash = key.indexOf('/');
  const last = track.spans.at(-1);
  const open = last?.end === null ? last : undefined;
  return {
    kind: key.slice(0, slash),
    name: key.slice(slash + 1),
    condition: open?.kind ?? 'up',
    why: open?.cause ?? notes?.get(key) ?? '',
    windows: Object.fromEntries(
      WINDOW_NAMES.map((window) => [window, windowOf(ledger, track, window, target)]),
    ) as Record<Window, WindowReport>,
    incidents: track.spans
      .slice(-TOLD_INCIDENTS)
      .reverse()
      .map(({ kind, start, end, cause, detectedMs, by }) => ({
        kind,
        start: iso(wallOf(ledger, start)),
        end: end === null ? null : iso(wallOf(ledger, end)),
        seconds: seenBetween(ledger, start, end ?? ledger.seen) / 1000,
        cause,
        detectionSeconds: detectedMs === null ? null : detectedMs / 1000,
        by,
      })),
  };
}

export function windowOf(ledger: Ledger, track: Track, window: Window, target: number | undefined): WindowReport {
  const { up, down, planned, unobserved, incidents } = totals(
    ledger,
    track,
    ledger.seen - WINDOWS[window],
    ledger.seen,
  );
  const availability = up + down > 0 ? up / (up + down) : null;
  return {
    upSeconds: up / 1000,
    downSeconds: down / 1000,
    plannedSeconds: planned / 1000,
    unobservedSeconds: unobserved / 1000,
    incidents,
    availability,
    nines: availability === null || availability === 1 ? null : -Math.log10(1 - availability),
    mtbfSeconds: incidents > 0 ? up / incidents / 1000 : null,
    mttrSeconds: incidents > 0 ? down / incidents / 1000 : null,
    budget: target === undefined ? null : budgetOf(window, target, down),
  };
}

function budgetOf(window: Window, targetPercent: number, down: number): Budget {
  const allowedMinutes = (WINDOWS[window] * (100 - targetPercent)) / 100 / 60_000;
  const usedMinutes = down / 60_000;
  const text = `${targetPercent}% of ${WORDS[window]} = ${minutes(allowedMinutes)}; used ${minutes(usedMinutes)}`;
  return { targetPercent, allowedMinutes, usedMinutes, text };
}

const minutes = (value: number): string => `${Number(value.toFixed(value < 1 ? 2 : 1))} min`;
