import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/daemon/clock.ts';
import { loadWith } from '../../src/daemon/config-reader.ts';
import { readsInThread } from '../../src/daemon/config-thread.ts';
import { electionParts } from '../../src/daemon/election-parts.ts';
import { Director } from '../../src/daemon/lifecycle.ts';
import { runProgram } from '../../src/daemon/programs/program.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';
import { openNet } from '../../src/kernel/net.ts';
import { openProbeEngine } from '../../src/kernel/probe-engine.ts';
import { openSysctls } from '../../src/kernel/sysctl.ts';
import type { IpvsPort } from '../../src/model/ports.ts';
import { createProber } from '../../src/probe/index.ts';

/** A daemon as `fairlead run` makes it, but for IPVS, which is in memory: in a process of its own, asked over its channel. */

/** What a process is asked, and what it answers. */
export interface Asks {
  start(file: string): Started;
  /** Begins to watch the event loop. */
  watch(): Record<string, never>;
  figures(): FiguresNow;
  reload(): { readonly tookMs: number; readonly accepted: boolean };
  /** Waits until so many servers are down, and no pass has followed for a while. */
  fallen(servers: number): Fallen;
}

export interface Started {
  readonly parseMs: number;
  readonly startMs: number;
  /** From the beginning of all until each server was known. */
  readonly knownMs: number;
}

export interface FiguresNow {
  readonly atMs: number;
  readonly userS: number;
  readonly systemS: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly rssMb: number;
  readonly heapMb: number;
  /** After garbage was collected. */
  readonly collected: { readonly rssMb: number; readonly heapMb: number; readonly heapTotalMb: number };
  /** Checks begun in each 10 ms of what of the last interval is surely over. */
  readonly slots: readonly number[];
}

export interface Fallen {
  /** Of the clock of all processes. */
  readonly lastAppliedMs: number;
  readonly passes: number;
  readonly operations: number;
  /** The largest single batch. */
  readonly largest: number;
}

/** Monotonic milliseconds that all processes share. */
export const sharedMs = (): number => Number(process.hrtime.bigint()) / 1e6;

const SLOT_MS = 10;
const QUIET_MS = 3000;

export async function serveDirector(): Promise<undefined> {
  const kernel = new FakeKernel();
  const batches: { readonly at: number; readonly count: number }[] = [];
  const ipvs: IpvsPort = {
    info: () => kernel.ipvs.info(),
    dump: (options) => kernel.ipvs.dump(options),
    connections: (query) => kernel.ipvs.connections(query),
    close: () => kernel.ipvs.close(),
    async apply(ops) {
      const results = await kernel.ipvs.apply(ops);
      batches.push({ at: sharedMs(), count: ops.length });
      return results;
    },
  };
  const probes = openProbeEngine();
  const ports = { ipvs, net: openNet(), sysctls: openSysctls(), sync: kernel.sync };
  const prober = createProber(systemClock, runProgram, probes);
  const parts = { ports, prober, clock: systemClock, random: Math.random, log: silentLog };
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let director: Director | undefined;
  const running = (): Director => {
    if (!director) throw new Error('no director was started');
    return director;
  };
  const down = (): number =>
    [...running().store.get().verdicts.values()].filter(({ status }) => status === 'down').length;

  const answers: { readonly [K in keyof Asks]: (...args: Parameters<Asks[K]>) => Promise<ReturnType<Asks[K]>> } = {
    async start(file) {
      const began = performance.now();
      const reader = readsInThread();
      const loaded = await loadWith(reader, file);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.issues.slice(0, 3)));
      const parsed = performance.now();
      const election = electionParts(parts, (error) => {
        throw error;
      });
      director = new Director(loaded.value.config, file, { ...parts, reader, election });
      await director.start();
      const started = performance.now();
      const isKnown = () => [...running().store.get().verdicts.values()].every(({ status }) => status === 'up');
      while (!isKnown()) await sleep(50);
      return { parseMs: parsed - began, startMs: started - parsed, knownMs: performance.now() - began };
    },
    async watch() {
      delays.reset();
      delays.enable();
      return {};
    },
    async figures() {
      const { user, system } = process.cpuUsage();
      const atMs = sharedMs();
      const loop = { loopP99Ms: delays.percentile(99) / 1e6, loopMaxMs: delays.max / 1e6 };
      delays.disable();
      const { store } = running();
      // To bring in what was counted takes longer than a slot.
      const now = performance.now();
      store.gather();
      const outcomes: Record<string, number> = {};
      for (const each of store.counts.checks.values())
        for (const [outcome, count] of each.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
      const everyMs = running().store.get().desired.services[0]?.servers[0]?.check?.everyMs ?? 1000;
      const memory = memoryMb();
      const slots = slotsOf(running(), now, 0.8 * everyMs);
      return {
        ...{ atMs, userS: user / 1e6, systemS: system / 1e6, ...loop, outcomes, slots },
        ...{ rssMb: memory.rssMb, heapMb: memory.heapMb, collected: collectedMb() },
      };
    },
    async reload() {
      const began = performance.now();
      const accepted = await running().reload();
      return { tookMs: performance.now() - began, accepted };
    },
    async fallen(servers) {
      const before = batches.length;
      while (down() < servers) await sleep(20);
      while (sharedMs() - (batches.at(-1)?.at ?? 0) < QUIET_MS) await sleep(100);
      const passes = batches.slice(before).filter(({ count }) => count > 0);
      return {
        lastAppliedMs: passes.at(-1)?.at ?? Number.NaN,
        passes: passes.length,
        operations: passes.reduce((sum, { count }) => sum + count, 0),
        largest: passes.reduce((most, { count }) => Math.max(most, count), 0),
      };
    },
  };
  process.on('message', ([what, ...args]: [keyof Asks, ...never[]]) => {
    const answer = answers[what] as (...args: readonly never[]) => Promise<unknown>;
    answer(...args).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.send?.({ value: 'ready' });
  await new Promise((resolve) => process.once('disconnect', resolve));
  await director?.stop();
  return undefined;
}

function memoryMb(): FiguresNow['collected'] {
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  return { rssMb: rss / 2 ** 20, heapMb: heapUsed / 2 ** 20, heapTotalMb: heapTotal / 2 ** 20 };
}

function collectedMb(): FiguresNow['collected'] {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 2; i++) collect();
  return memoryMb();
}

/** Each target's latest beginning, where it lies in the `spanMs` before the last tenth of a second. */
function slotsOf(director: Director, now: number, spanMs: number): number[] {
  const slots = new Array<number>(Math.floor(spanMs / SLOT_MS)).fill(0);
  const from = now - 100 - spanMs;
  for (const { last } of director.store.get().verdicts.values()) {
    const slot = Math.floor(((last?.at ?? 0) - from) / SLOT_MS);
    if (slot >= 0 && slot < slots.length) slots[slot] = (slots[slot] ?? 0) + 1;
  }
  return slots;
}
