import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { VERSION } from '../base/version.ts';
import { readTotals } from '../kernel/ipvs-totals.ts';
import type { Family } from '../metrics/family.ts';
import { LabelCache } from '../metrics/labels.ts';
import type { Scene } from '../metrics/scene.ts';
import { familiesFor } from '../metrics/table.ts';
import { NOTHING_COUNTED } from '../model/engine.ts';
import { serverKey } from '../model/health.ts';
import type { Director } from './lifecycle.ts';

/** A dump with counters older than this is renewed before it is told. */
const FRESH_MS = 900;

/** Gathers what metrics are made of. */
export class Metrics {
  readonly #director: Director;
  readonly #clock: Clock;
  readonly #labels = new LabelCache();

  constructor(director: Director, clock: Clock) {
    this.#director = director;
    this.#clock = clock;
  }

  /** The families that the file asks for. */
  families(): readonly Family[] {
    return familiesFor(this.#director.store.get().config.metrics.compat);
  }

  /** Everything as it is now. A kernel that cannot be read is told as such, with what was read before. */
  async scene(): Promise<Scene> {
    const { store, elections } = this.#director;
    const [kernelRead, engine, totals] = await Promise.all([
      this.#observe(),
      elections?.counters().catch(() => NOTHING_COUNTED) ?? NOTHING_COUNTED,
      store.get().config.metrics.compat.includes('node_exporter') ? readTotals() : null,
    ]);
    store.gather();
    const snapshot = store.get();
    const { desired, target, dump, verdicts, conditions, instances, config } = snapshot;
    store.counts.keepChecks(
      new Set(desired.services.flatMap(({ name, servers }) => servers.map((server) => serverKey(name, server.name)))),
      new Set(desired.services.map(({ name }) => name)),
    );
    const { heapUsed, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      version: VERSION,
      node: process.version,
      director: config.director.name ?? hostname(),
      now: this.#clock.now(),
      wall: this.#clock.wall(),
      startedAt: snapshot.startedAt,
      revision: snapshot.revision,
      reloadRefused: snapshot.refusedReload !== null,
      failures: snapshot.failures.length,
      overrides: snapshot.overrides,
      leaseMs: config.director.lease,
      ...{ desired, target, dump, verdicts, conditions, instances, engine, totals, kernelRead },
      trackers: elections?.trackers() ?? [],
      availability: this.#director.history.figures(),
      refusedAnswers: this.#director.health.refusedAnswers,
      counts: store.counts,
      process: { cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapBytes: heapUsed },
      labels: this.#labels,
    };
  }

  async #observe(): Promise<boolean> {
    const { dump, dumpAt } = this.#director.store.get();
    const counted = dump?.services.every(({ stats }) => stats !== null) ?? false;
    if (counted && this.#clock.now() - dumpAt <= FRESH_MS) return true;
    return this.#director.reconciler.observe({ stats: true }).then(
      () => true,
      () => false,
    );
  }
}
