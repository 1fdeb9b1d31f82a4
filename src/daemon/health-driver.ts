import type { Clock, Random } from '../base/clock.ts';
import { OUR_OWN_TROUBLE } from '../health/own-trouble.ts';
import { firstProbeDelay, nextProbeDelay } from '../health/timing.ts';
import { judge, reconcileVerdicts } from '../health/verdict.ts';
import type { CheckSettings, Desired, DesiredServer } from '../model/desired.ts';
import { type ProbeResult, serverKey, type Verdict } from '../model/health.ts';
import type { ProberPort, ProbeTarget } from '../model/ports.ts';
import type { Store } from './store.ts';

interface Probing {
  readonly server: DesiredServer;
  readonly target: ProbeTarget;
  readonly settings: CheckSettings;
  readonly abort: AbortController;
  timer: NodeJS.Timeout | undefined;
}

/** Keeps one probe cycle going for every checked server and writes what they find into the store. */
export class HealthDriver {
  readonly #prober: ProberPort;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #store: Store;
  readonly #onChange: (why: string) => void;
  readonly #running = new Map<string, Probing>();

  constructor(parts: {
    prober: ProberPort;
    clock: Clock;
    random: Random;
    store: Store;
    onChange: (why: string) => void;
  }) {
    this.#prober = parts.prober;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#store = parts.store;
    this.#onChange = parts.onChange;
  }

  /** Follows a new configuration. Servers whose address and check stayed keep their verdict and their rhythm. */
  sync(before: Desired | null, desired: Desired, adopted: ReadonlySet<string>): void {
    const verdicts = reconcileVerdicts(this.#store.get().verdicts, before, desired, adopted, this.#clock.now());
    this.#store.set({ verdicts });

    const wanted = new Map(checkedServers(desired));
    for (const [key, probing] of this.#running) {
      const next = wanted.get(key);
      if (next && JSON.stringify([next.target, next.settings]) === JSON.stringify([probing.target, probing.settings]))
        continue;
      this.#end(key, probing);
    }
    const fresh = [...wanted].filter(([key]) => !this.#running.has(key));
    fresh.forEach(([key, next], index) => {
      const probing: Probing = { ...next, abort: new AbortController(), timer: undefined };
      this.#running.set(key, probing);
      this.#schedule(key, probing, firstProbeDelay(index, fresh.length, next.settings.everyMs, this.#random));
    });
  }

  stop(): void {
    for (const [key, probing] of this.#running) this.#end(key, probing);
  }

  #end(key: string, probing: Probing): void {
    clearTimeout(probing.timer);
    probing.abort.abort();
    this.#running.delete(key);
  }

  #schedule(key: string, probing: Probing, delayMs: number): void {
    probing.timer = setTimeout(() => void this.#probe(key, probing), delayMs);
  }

  async #probe(key: string, probing: Probing): Promise<void> {
    const result = await this.#prober.probe(probing.target, probing.settings, probing.abort.signal);
    if (probing.abort.signal.aborted) return;
    this.#schedule(key, probing, nextProbeDelay(probing.settings.everyMs, result.durationMs, this.#random));
    this.#take(key, probing.settings, result);
  }

  #take(key: string, settings: CheckSettings, result: ProbeResult): void {
    if (OUR_OWN_TROUBLE.has(result.outcome)) {
      this.#store.tell('problem', `${key} could not be checked and keeps its state: ${result.evidence}`);
      return;
    }
    const { verdicts } = this.#store.get();
    const before = verdicts.get(key);
    if (!before) return;
    const after: Verdict = judge(settings, before, result);
    this.#store.set({ verdicts: new Map(verdicts).set(key, after) });
    if (after.status === before.status) return;
    this.#store.tell('health', `${key} is ${after.status}: ${after.why}`);
    this.#onChange(`${key} is ${after.status}`);
  }
}

function* checkedServers(
  desired: Desired,
): Generator<[string, { server: DesiredServer; target: ProbeTarget; settings: CheckSettings }]> {
  for (const service of desired.services) {
    for (const server of service.servers) {
      if (server.check === null) continue;
      const target = { address: server.address, port: server.checkPort };
      yield [serverKey(service.name, server.name), { server, target, settings: server.check }];
    }
  }
}
