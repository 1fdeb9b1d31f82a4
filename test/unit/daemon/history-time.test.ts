import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import type { InstanceReport } from '../../../src/daemon/election-loop.ts';
import { firstSnapshot } from '../../../src/daemon/first-snapshot.ts';
import { History } from '../../../src/daemon/history.ts';
import { Store } from '../../../src/daemon/store.ts';
import { initialVerdict } from '../../../src/health/verdict.ts';
import { FakeDisk } from '../../support/disk.ts';

/** What is told of months and of take-overs, in a time of the test's own. */

const LOOK_MS = 10_000;
const MINUTE = 60_000;
let passed: number;
const clock = { now: () => passed, wall: () => 1_700_000_000_000 + passed };
const ADDRESS = '10.0.0.100/24';
const CONFIG = configSchema.parse({
  instances: [{ name: 'edge', interface: 'eth0', vrid: 51, advertise: '1s', addresses: [ADDRESS] }],
  services: [
    {
      name: 'web',
      listen: ['tcp://10.0.0.100:80'],
      check: { tcp: {} },
      availability: { target: 99 },
      servers: [{ name: 'one', address: '10.0.0.11' }],
    },
  ],
});

let store: Store;
let history: History;
beforeEach(() => {
  vi.useFakeTimers();
  passed = 0;
  store = new Store(firstSnapshot(CONFIG, 'fairlead.yaml', clock), clock.wall);
  history = new History(store, clock, null);
});
afterEach(async () => {
  await history.stop();
  vi.useRealTimers();
});

/** Time goes on, and the history looks when it ends. */
function after(ms: number): void {
  passed += ms;
  vi.advanceTimersByTime(LOOK_MS);
}

function health(status: 'up' | 'down'): void {
  const why = `it is ${status}`;
  store.set({
    verdicts: new Map([['web/one', { ...initialVerdict(passed, true), status, why }]]),
    transitions: new Map([['web/one', [{ at: clock.wall(), status, why }]]]),
  });
}

const told = (): string[] => store.events().flatMap(({ kind, text }) => (kind === 'problem' ? [text] : []));

test('a budget is told of once when it is nearly spent, before it is spent, and once when it is', async () => {
  health('up');
  await history.start();
  after(MINUTE);
  health('down');
  // A hundredth of 30 days is 432 minutes; four fifths of them are 345.6.
  after(340 * MINUTE);
  expect(told()).toEqual([]);
  after(10 * MINUTE);
  after(10 * MINUTE);
  expect(told()).toEqual([
    expect.stringMatching(/^web: the budget is nearly spent: 99% of 30 days = 432 min; used 3[45]\d/),
  ]);
  after(80 * MINUTE);
  after(MINUTE);
  expect(told().slice(1)).toEqual([
    expect.stringMatching(/^web: the budget is spent: 99% of 30 days = 432 min; used 4/),
  ]);
});

const instance = (change: Partial<InstanceReport>): InstanceReport => ({
  ...{ name: 'edge', group: null, state: 'backup', since: clock.wall(), why: '', priority: 100, faults: [] },
  ...{
    master: { address: '10.0.0.2', priority: 150, intervalMs: 1000 },
    leaving: null,
    rivals: [],
    duplicates: [],
    transitions: 0,
  },
  counts: { entered: { init: 0, backup: 1, master: 0, fault: 0 }, released: 0, leavingHeard: 0, leavingSaid: 0 },
  ...change,
});

const seen = (change: Partial<InstanceReport>): void => store.set({ instances: new Map([['edge', instance(change)]]) });

const address = () => history.report().objects.find(({ kind, name }) => kind === 'address' && name === ADDRESS);

test('an address was away from the last advert of a master that fell silent until this director took over', async () => {
  seen({});
  await history.start();
  after(MINUTE);
  seen({ state: 'master', master: null, why: 'nobody was heard for 3.61 s' });
  after(MINUTE);
  const [incident] = address()?.incidents ?? [];
  expect(incident).toMatchObject({ kind: 'down', by: 'election: this director took over', detectionSeconds: 3 });
  expect(incident?.cause).toContain('10.0.0.2 was master: nobody was heard');
  expect(address()?.windows.day).toMatchObject({ incidents: 1, downSeconds: 3, plannedSeconds: 0 });
});

test('a hand-over that was announced is planned and no downtime', async () => {
  seen({});
  await history.start();
  after(MINUTE);
  const counts = { ...instance({}).counts, leavingHeard: 1 };
  seen({ state: 'master', master: null, why: '10.0.0.2 leaves (priority 0)', counts });
  after(MINUTE);
  expect(address()?.incidents).toMatchObject([{ kind: 'planned', detectionSeconds: null }]);
  expect(address()?.windows.day).toMatchObject({ incidents: 0, downSeconds: 0, availability: 1 });
});

test('what changes nothing writes nothing: an audit line, or whatever is told while all stays as it is', async () => {
  const disk = new FakeDisk();
  const kept = new History(store, clock, '/history.json', disk);
  let steps = 0;
  disk.fault = () => {
    steps++;
    return null;
  };
  health('up');
  await kept.start();
  const tell = async (kind: 'audit' | 'health'): Promise<void> => {
    store.tell(kind, 'something');
    passed += 1000;
    vi.advanceTimersByTime(1000);
    // Whatever is under way has had its turns.
    for (let turns = 0; turns < 20; turns++) await turn();
  };
  await tell('health');
  const first = steps;
  expect(first).toBeGreaterThan(0);
  for (const kind of ['audit', 'health', 'audit', 'health'] as const) await tell(kind);
  expect(steps).toBe(first);
  health('down');
  await tell('audit');
  expect(steps).toBe(first);
  await tell('health');
  expect(disk.read('/history.json.journal')).toContain('it is down');
  await kept.stop();
});
