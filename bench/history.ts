import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { breathing, Pieces, textsOf } from '../src/api/pieces.ts';
import { type Condition, emptyLedger, type Ledger, observe } from '../src/availability/ledger.ts';
import { configSchema } from '../src/config/schema.ts';
import { systemDisk } from '../src/daemon/disk.ts';
import { firstSnapshot } from '../src/daemon/first-snapshot.ts';
import { History } from '../src/daemon/history.ts';
import { HistoryDisk } from '../src/daemon/history-disk.ts';
import { Store } from '../src/daemon/store.ts';
import type { Verdict } from '../src/model/health.ts';
import type { Bench, Figures, Ratio } from './harness.ts';
import { processorTurns } from './loop.ts';

const SERVICES = 500;
const SERVERS = 20;
const DAY_MS = 86_400_000;
const SPANS = [2, 20] as const;
/** By which the clocks of the histories are ahead. */
let passed = 0;

const turn = (side: string, title: string): Ratio => ({
  title: `${title}: longest turn of the event loop, ms`,
  of: `${side}.turnMs`,
  aim: '<= 20',
});

/** What the history of 500 services x 20 servers costs, each with 2 interruptions behind it and with 20: a look while nothing
 *  changes, half of all servers that die at once, the whole file written and read, and a page of the report. */
export const bench: Bench = {
  title: `the history of ${SERVICES} services x ${SERVERS} servers`,
  place: 'host',
  peers: {},
  ratios: SPANS.flatMap((spans) => [
    turn(`look-${spans}`, `a look, ${spans} interruptions each`),
    turn(`deaths-${spans}`, `half die at once, ${spans} each`),
    turn(`write-${spans}`, `the whole file, ${spans} each`),
    turn(`read-${spans}`, `a start, ${spans} each`),
    turn(`report-${spans}`, `1,000 of the report, ${spans} each`),
    turn(`metrics-${spans}`, `figures for metrics, ${spans} each`),
  ]),
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-history-'));
    const sides = [];
    for (const spans of SPANS) {
      const path = join(folder, `${spans}.json`);
      const { store, history } = await remembering(path, spans);
      const alive = [true, false];
      sides.push(
        { name: `look-${spans}`, run: () => measured(() => history.keys()) },
        {
          name: `deaths-${spans}`,
          run: async () => {
            alive.reverse();
            store.set({ verdicts: verdictsOf(alive[0] ?? true) });
            return measured(async () => {
              store.tell('health', 'half of them');
              // It is gathered for a second, then looked at and written.
              await sleep(1500);
            });
          },
        },
        {
          name: `write-${spans}`,
          run: () =>
            measured(() => new HistoryDisk(systemDisk, `${path}.whole`, fail).write(remembered(history.ledger))),
        },
        { name: `read-${spans}`, run: () => measured(() => new HistoryDisk(systemDisk, `${path}.whole`, fail).read()) },
        { name: `report-${spans}`, run: () => measured(() => page(history)) },
        {
          name: `metrics-${spans}`,
          run: () => {
            // They are kept for ten seconds.
            passed += 20_000;
            return measured(() => history.figures());
          },
        },
      );
    }
    return {
      sides,
      async teardown() {
        rmSync(folder, { recursive: true });
      },
    };
  },
};

async function page(history: History): Promise<number> {
  const { at, objects } = history.reported(history.keys().slice(SERVICES, SERVICES + 1000));
  let length = 0;
  for await (const piece of breathing(
    new Pieces<{ at: string; objects: readonly unknown[] }>({ at }, { objects: textsOf(objects) }).texts(),
  ))
    length += piece.length;
  return length;
}

async function measured(work: () => unknown): Promise<Figures> {
  const turns = processorTurns();
  await new Promise(setImmediate);
  const begun = performance.now();
  await work();
  const ms = performance.now() - begun;
  await new Promise(setImmediate);
  return { ms, ...turns() };
}

const fail = (text: string): never => {
  throw new Error(text);
};

const remembered = (ledger: Ledger) => ({ ledger, roles: new Map() });

const CONFIG = configSchema.parse({
  services: Array.from({ length: SERVICES }, (_, s) => ({
    name: `service-${s}`,
    listen: [`tcp://10.${100 + (s >> 8)}.${s & 255}.1:80`],
    check: { tcp: {} },
    availability: { target: 99.9 },
    servers: Array.from({ length: SERVERS }, (_, i) => ({ address: `10.200.${s >> 2}.${(s & 3) * 50 + i + 1}` })),
  })),
});

function verdictsOf(all: boolean): Map<string, Verdict> {
  const since = performance.now();
  return new Map(
    CONFIG.services.flatMap(({ name, servers }) =>
      servers.map(({ address }, i) => {
        const status = all || i % 2 === 0 ? ('up' as const) : ('down' as const);
        const why = `connect to ${address}:80 ${status === 'up' ? 'succeeded' : 'refused 3 times in 2.4 s'}`;
        return [`${name}/${address}`, { status, streak: 0, since, streakSince: null, why, last: null }] as const;
      }),
    ),
  );
}

/** A history that has been through something. */
async function remembering(path: string, spans: number): Promise<{ store: Store; history: History }> {
  const clock = { now: () => performance.now() + passed, wall: () => Date.now() + passed };
  const keys = CONFIG.services.flatMap(({ name, servers }) => [
    `service/${name}`,
    ...servers.map(({ address }) => `server/${name}/${address}`),
  ]);
  const began = clock.wall() - 30 * DAY_MS;
  let ledger = emptyLedger(began);
  const look = (at: number, condition: Condition): void => {
    const found = {
      condition,
      cause: 'connect to 10.200.3.7:80 refused 3 times in 2.4 s',
      by: 'health check',
      detectedMs: 2400,
    };
    ledger = observe(ledger, at, new Map(keys.map((key) => [key, found])));
  };
  look(began, 'up');
  for (let span = 0; span < spans; span++) {
    look(began + (span + 1) * DAY_MS, 'down');
    look(began + (span + 1) * DAY_MS + 60_000, 'up');
  }
  await new HistoryDisk(systemDisk, path, fail).write(remembered(ledger));
  const store = new Store(firstSnapshot(CONFIG, 'fairlead.yaml', clock), clock.wall);
  store.set({ verdicts: verdictsOf(true) });
  const history = new History(store, clock, path);
  await history.start();
  return { store, history };
}
