import { afterEach, expect, test } from 'vitest';
import { desire } from '../../../../src/decide/desire.ts';
import type { ProbeResult, RepeatedResult } from '../../../../src/model/health.ts';
import type { ProberPort } from '../../../../src/model/ports.ts';
import { bad, good, World } from '../../../support/health.ts';

const worlds: World[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.driver.stop();
});

/** A prober that writes down what it is asked, and gives what the test says. */
class Asked {
  readonly asks: { readonly at: number; readonly repeatMs: number }[] = [];
  told = 0;
  tell: (found: Partial<ProbeResult>, at?: number) => void = () => {};
  repeat: (repeated: RepeatedResult) => void = () => {};
  uncollected: RepeatedResult[] = [];

  readonly port: Pick<Required<ProberPort>, 'prepare' | 'collect'> = {
    prepare: (_target, _settings, onResult, onRepeated) => {
      this.tell = (found, at = performance.now()) => onResult(result(found, at));
      this.repeat = (repeated) => onRepeated?.(repeated);
      return {
        ask: (at, repeatMs = 0) => this.asks.push({ at, repeatMs }),
        tellNext: () => this.told++,
        close() {},
      };
    },
    collect: () => {
      for (const one of this.uncollected.splice(0)) this.repeat(one);
    },
  };
}

const result = (found: Partial<ProbeResult>, at: number): ProbeResult => ({
  ...{ ok: true, phase: 'connect', outcome: 'x', evidence: 'x', durationMs: 1, at },
  ...found,
});

const SERVERS = [{ address: '10.0.0.11', port: 80 }];
const KEY = 'web/10.0.0.11:80';

function world(check: Record<string, unknown> = {}): { asked: Asked; one: World } {
  const asked = new Asked();
  const service = {
    name: 'web',
    listen: ['tcp://10.0.0.100:80'],
    check: { tcp: {}, every: '1s', rise: 2, fall: 2, ...check },
    servers: SERVERS,
  };
  const one = new World({ services: [service] }, asked.port).start();
  worlds.push(one);
  return { asked, one };
}

test('what would change nothing is repeated without being told, and what may change something is told', () => {
  const { asked, one } = world();
  const rhythm = () => asked.asks.at(-1)?.repeatMs;
  expect(rhythm()).toBe(0);
  asked.tell(good);
  expect([one.status(KEY), rhythm()]).toEqual(['up', 1000]);
  asked.tell(bad);
  expect([one.status(KEY), rhythm()]).toEqual(['up', 0]);
  asked.tell(bad);
  expect([one.status(KEY), rhythm()]).toEqual(['down', 1000]);
  asked.tell(good);
  expect([one.status(KEY), rhythm()]).toEqual(['down', 0]);
  asked.tell(good);
  expect([one.status(KEY), rhythm()]).toEqual(['up', 1000]);
});

test('a result after many repetitions is followed in its rhythm and not at once', () => {
  const { asked } = world();
  asked.tell(good);
  const now = performance.now();
  asked.tell(bad, now + 3_600_000);
  expect(asked.asks.at(-1)?.at).toBeGreaterThan(now + 800);
});

test('trouble of our own is told each time', () => {
  const { asked, one } = world();
  asked.tell(good);
  asked.tell({ ok: false, outcome: 'no-descriptors' });
  expect([one.status(KEY), asked.asks.at(-1)?.repeatMs]).toEqual(['up', 0]);
});

test('in its own rhythm while it is down, if the file says so', () => {
  const { asked } = world({ every: { up: '1s', down: '5s', between: '100ms' } });
  asked.tell(bad);
  expect(asked.asks.at(-1)?.repeatMs).toBe(5000);
});

test('repetitions are counted, and the latest is known, when somebody asks', () => {
  const { asked, one } = world();
  asked.tell(good, 1000);
  const latency = [3, 1, ...new Array<number>(12).fill(0)];
  asked.uncollected.push({ result: result(good, 5000), count: 4, sumMs: 6, latency });
  const last = () => one.store.get().verdicts.get(KEY)?.last?.at;
  expect(last()).toBe(1000);
  one.store.gather();
  expect(last()).toBe(5000);
  expect(one.store.counts.checks.get(KEY)?.outcomes).toEqual(new Map([['connected', 5]]));
  const seconds = one.store.counts.checkSeconds.get('web');
  expect(seconds?.counts.slice(0, 2)).toEqual([4, 1]);
  expect(seconds?.sum).toBeCloseTo(0.007);
});

test('repetitions from before a bad result say nothing against it', () => {
  const { asked, one } = world();
  asked.tell(good, 1000);
  asked.tell(bad, 6000);
  const earlier = { result: result(good, 5000), count: 4, sumMs: 4, latency: [4] };
  asked.uncollected.push(earlier);
  one.store.gather();
  expect(one.store.get().verdicts.get(KEY)).toMatchObject({ status: 'up', streak: 1, last: { ok: false } });
});

test('after a reload the next result is told', () => {
  const { asked, one } = world();
  asked.tell(good);
  expect(asked.told).toBe(0);
  const { config, desired, overrides } = one.store.get();
  one.driver.sync(desired, desire(config, overrides, 2), new Set());
  expect(asked.told).toBe(1);
});
