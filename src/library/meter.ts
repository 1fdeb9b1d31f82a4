import type { Counters, ObservedDestination, ObservedService } from '../model/observed.ts';
import { destinationKey, serviceKey } from '../model/service.ts';

/** Per second over the last window, from counters: exact where the kernel's own rates are a smoothed estimate. */
export interface MeteredRates {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
  /** The time between the two dumps compared. The kernel publishes counters every 2 s, so a rate is off by up to 2 s of
   *  this. */
  readonly spanMs: number;
}

/** Null until two dumps at least 2 s apart are known, and again after a reset. */
export interface Metered {
  readonly measured: MeteredRates | null;
}
export type MeteredService = Omit<ObservedService, 'destinations'> &
  Metered & { readonly destinations: readonly (ObservedDestination & Metered)[] };

interface Sample {
  readonly atMs: number;
  readonly stats: Counters;
}

/** How often the kernel publishes counters (its estimator's tick). */
export const PUBLISHED_EVERY_MS = 2000;
const KINDS = ['connections', 'inPackets', 'outPackets', 'inBytes', 'outBytes'] as const;

/** Turns counters into rates. Feed it all there are, in order, with a monotonic clock's milliseconds; what is not among them
 *  is forgotten. It knows that
 *  - counters move every 2 s only, so shorter spans are not used;
 *  - ZERO sets them back (any that fell): the measuring begins anew;
 *  - a destination that was deleted and added again may bring its old counters along: what was not there before is where
 *    measuring begins, never traffic;
 *  - they are 64 bits wide and do not wrap. */
export class CounterMeter {
  readonly #windowMs: number;
  #samples = new Map<string, readonly Sample[]>();

  /** The window is at least 2 s; 10 s when not given. */
  constructor(options: { readonly windowMs?: number } = {}) {
    this.#windowMs = Math.max(PUBLISHED_EVERY_MS, options.windowMs ?? 10_000);
  }

  feed(counters: Iterable<readonly [key: string, stats: Counters]>, atMs: number): Map<string, MeteredRates | null> {
    const next = new Map<string, readonly Sample[]>();
    const rates = new Map<string, MeteredRates | null>();
    for (const [key, stats] of counters) {
      const samples = extend(this.#samples.get(key) ?? [], { atMs, stats }, this.#windowMs);
      next.set(key, samples);
      rates.set(key, ratesOf(samples));
    }
    this.#samples = next;
    return rates;
  }
}

/** The same for dumps. */
export class Meter {
  readonly #meter: CounterMeter;

  constructor(options: { readonly windowMs?: number } = {}) {
    this.#meter = new CounterMeter(options);
  }

  feed(dump: readonly ObservedService[], atMs: number): MeteredService[] {
    const rates = this.#meter.feed(countersOf(dump), atMs);
    return dump.map((entry) => {
      const key = serviceKey(entry.service.id);
      return {
        ...entry,
        measured: rates.get(key) ?? null,
        destinations: entry.destinations.map((destination) => ({
          ...destination,
          measured: rates.get(`${key} ${destinationKey(destination)}`) ?? null,
        })),
      };
    });
  }
}

function* countersOf(dump: readonly ObservedService[]): Generator<readonly [string, Counters]> {
  for (const { service, stats, destinations } of dump) {
    const key = serviceKey(service.id);
    if (stats !== null) yield [key, stats];
    for (const destination of destinations)
      if (destination.stats !== null) yield [`${key} ${destinationKey(destination)}`, destination.stats];
  }
}

/** The samples of the window and the one before it, so that they span it. */
function extend(samples: readonly Sample[], sample: Sample, windowMs: number): readonly Sample[] {
  const last = samples.at(-1);
  if (last && (sample.atMs < last.atMs || KINDS.some((kind) => sample.stats[kind] < last.stats[kind]))) return [sample];
  const start = sample.atMs - windowMs;
  const inside = samples.findIndex(({ atMs }) => atMs > start);
  const kept = inside === -1 ? samples.slice(-1) : samples.slice(Math.max(0, inside - 1));
  // However often it is fed, a window holds few samples: the newest takes the place of one that is hardly older.
  const before = kept.at(-2);
  return before && sample.atMs - before.atMs < PUBLISHED_EVERY_MS / 2
    ? [...kept.slice(0, -1), sample]
    : [...kept, sample];
}

function ratesOf(samples: readonly Sample[]): MeteredRates | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.atMs - first.atMs < PUBLISHED_EVERY_MS) return null;
  const spanMs = last.atMs - first.atMs;
  const rate = (kind: keyof Counters): number => (Number(last.stats[kind] - first.stats[kind]) * 1000) / spanMs;
  return {
    connections: rate('connections'),
    inPackets: rate('inPackets'),
    outPackets: rate('outPackets'),
    inBytes: rate('inBytes'),
    outBytes: rate('outBytes'),
    spanMs,
  };
}
