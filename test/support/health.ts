import { configSchema } from '../../src/config/schema.ts';
import { firstSnapshot } from '../../src/daemon/first-snapshot.ts';
import type { StatusChange } from '../../src/daemon/health/book.ts';
import { HealthDriver } from '../../src/daemon/health/driver.ts';
import { Store } from '../../src/daemon/store.ts';
import type { CheckSettings } from '../../src/model/desired.ts';
import type { ProbeResult } from '../../src/model/health.ts';
import type { ProberPort, ProbeTarget } from '../../src/model/ports.ts';

/** The health driver over servers whose answers a test decides. */

const clock = { now: () => performance.now(), wall: () => Date.now() };

export type Answer = (
  target: ProbeTarget,
  settings: CheckSettings,
  signal: AbortSignal,
) => Promise<Partial<ProbeResult>>;

export const good: Partial<ProbeResult> = { ok: true, outcome: 'connected', evidence: 'it answered' };
export const bad: Partial<ProbeResult> = { ok: false, outcome: 'refused', evidence: 'it refused' };

export class World {
  readonly asked: ProbeTarget[] = [];
  readonly changes: string[] = [];
  readonly store: Store;
  readonly driver: HealthDriver;
  answer: Answer = async () => good;
  onStatus: (changes: readonly StatusChange[]) => void = () => {};

  /** `more`: what its prober can do beside asking once, and how many files may be open. */
  constructor(
    file: Record<string, unknown>,
    { openFiles, ...more }: Pick<ProberPort, 'prepare' | 'collect'> & { readonly openFiles?: number } = {},
  ) {
    const config = configSchema.parse(file);
    this.store = new Store(firstSnapshot(config, 'test', clock), clock.wall);
    const prober: ProberPort = {
      ...more,
      probe: async (target, settings, signal) => {
        this.asked.push(target);
        const at = clock.now();
        const found = await this.answer(target, settings, signal);
        return { ok: true, phase: 'connect', outcome: 'x', evidence: 'x', at, durationMs: clock.now() - at, ...found };
      },
    };
    this.driver = new HealthDriver({
      prober,
      clock,
      random: () => 0.5,
      store: this.store,
      ...(openFiles !== undefined && { openFiles }),
      onChange: (why) => this.changes.push(why),
      onStatus: (changes) => this.onStatus(changes),
    });
  }

  start(adopted: readonly string[] = []): this {
    this.driver.sync(null, this.store.get().desired, new Set(adopted));
    return this;
  }

  status(key: string): string | undefined {
    return this.store.get().verdicts.get(key)?.status;
  }

  events(): string[] {
    return this.store.events().map(({ text }) => text);
  }
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
