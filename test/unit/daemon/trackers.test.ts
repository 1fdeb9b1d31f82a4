import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { deferred } from '../../../src/daemon/programs/deferred.ts';
import { type Tracked, Trackers } from '../../../src/daemon/trackers/index.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import type { Link } from '../../../src/model/observed.ts';
import type { Ending, Program, Run } from '../../../src/model/program.ts';
import { instancesOf } from '../../support/instances.ts';

/** Trackers in virtual time over an interface list in memory and programs and hosts that answer as the test says. */

let kernel: FakeKernel;
let trackers: Trackers;
let told: { instance: string; states: string[] }[];
let programs: { program: Program; end: (ending: Ending) => void; stopped: boolean }[];
const silent = new Set<string>();
let random: () => number;

const inWords = (states: readonly Tracked[]): string[] =>
  states.map(({ tracker, state }) => `${tracker.name} ${state.state} ${state.value}: ${state.why}`);

const ok: Ending = { ok: true, outcome: 'exit-0', text: 'ended with 0' };
const bad: Ending = { ok: false, outcome: 'exit-2', text: 'ended with 2: no route' };
const hung: Ending = { ok: false, outcome: 'timeout', text: 'ran longer than 1s and was ended' };

beforeEach(() => {
  vi.useFakeTimers();
  kernel = new FakeKernel();
  told = [];
  programs = [];
  silent.clear();
  random = () => 0.5;
  const answer = (address: string) => ({
    ok: !silent.has(address),
    outcome: silent.has(address) ? 'timeout' : 'answered',
    evidence: silent.has(address) ? 'did not answer' : 'answered',
    at: performance.now(),
    durationMs: 0,
    phase: 'response' as const,
  });
  trackers = new Trackers({
    clock: { now: () => performance.now(), wall: () => Date.now() },
    random: () => random(),
    log: silentLog,
    net: kernel.net,
    prober: { probe: async ({ address, port }) => answer(port === 0 ? address : `${address}:${port}`) },
    openExits: () => ({ add: () => 'unsupported', remove() {}, close() {} }),
    run: (program): Run => {
      const ending = deferred<Ending>();
      const over = deferred<void>();
      const end = (how: Ending): void => {
        ending.resolve(how);
        if (how !== hung) over.resolve();
      };
      const entry = { program, end, stopped: false };
      programs.push(entry);
      return {
        ending: ending.promise,
        over: over.promise,
        stop: () => {
          entry.stopped = true;
          end({ ok: false, outcome: 'stopped', text: 'was ended' });
        },
      };
    },
    onChange: (instance, states) => told.push({ instance, states: inWords(states) }),
  });
});
afterEach(() => {
  trackers.stop();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const states = (instance = 'edge'): string[] => inWords(trackers.states(instance));
const link = (name: string, change: Partial<Link>): void => {
  const before = kernel.net.link(name);
  if (before) kernel.net.setLink({ ...before, ...change });
};
const alone = { trackInterface: false };
const script = { script: ['/bin/look', '--now'] };

describe('interfaces', () => {
  test("an instance's own interface is a fault tracker, followed at once", async () => {
    trackers.sync(instancesOf({}));
    expect(told).toEqual([{ instance: 'edge', states: ['interface eth0 unknown 0: interfaces are not read yet'] }]);
    await pass(0);
    expect(states()).toEqual(['interface eth0 up 1: up with carrier']);
    expect(trackers.states('edge')[0]?.tracker).toMatchObject({ weight: 0, reverse: false });
    link('eth0', { carrier: false });
    expect(told.at(-1)?.states).toEqual(['interface eth0 down 0: it has no carrier']);
    link('eth0', { up: false });
    expect(states()).toEqual(['interface eth0 down 0: it is down']);
    link('eth0', { up: true, carrier: true });
    expect(states()).toEqual(['interface eth0 up 1: up with carrier']);
  });

  test('it is left out when the file says so, and not listed twice', async () => {
    trackers.sync(instancesOf(alone, { name: 'twice', track: [{ interface: 'eth0' }] }));
    expect(trackers.states('edge')).toEqual([]);
    expect(trackers.states('twice')).toHaveLength(1);
  });

  test('an interface that is missing, comes, is renamed and goes', async () => {
    trackers.sync(instancesOf({ ...alone, track: [{ interface: 'wan' }] }));
    await pass(0);
    expect(states()).toEqual(['interface wan down 0: it does not exist']);
    const wan: Link = { index: 9, name: 'wan', up: true, carrier: true, mtu: 1500, hardwareAddress: '' };
    kernel.net.setLink(wan);
    expect(states()).toEqual(['interface wan up 1: up with carrier']);
    kernel.net.setLink({ ...wan, name: 'wan0' });
    expect(states()).toEqual(['interface wan down 0: it does not exist']);
    kernel.net.setLink(wan);
    kernel.net.removeLink('wan');
    expect(states()).toEqual(['interface wan down 0: it does not exist']);
  });

  test('a list that cannot be read is asked for again', async () => {
    kernel.failNextCall('timeout');
    trackers.sync(instancesOf({}));
    await pass(0);
    expect(states()).toEqual(['interface eth0 unknown 0: interfaces are not read yet']);
    await pass(1000);
    expect(states()).toEqual(['interface eth0 up 1: up with carrier']);
  });
});

describe('scripts', () => {
  test('the first end decides, then rise and fall', async () => {
    trackers.sync(instancesOf({ ...alone, track: [{ ...script, every: '1s', rise: 2, fall: 2 }] }));
    expect(states()).toEqual(['script /bin/look unknown 0: not looked yet']);
    await pass(499);
    expect(programs).toHaveLength(0);
    await pass(1);
    expect(programs[0]?.program).toMatchObject({ command: ['/bin/look', '--now'], user: null, timeoutMs: 1000 });
    const outcomes = [bad, ok, ok, bad, bad];
    const seen: string[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      programs[index]?.end(outcome);
      await pass(1000);
      seen.push(states()[0] ?? '');
    }
    expect(seen).toEqual([
      'script /bin/look down 0: ended with 2: no route',
      'script /bin/look down 0: ended with 2: no route',
      'script /bin/look up 1: ended with 0, 2 good results in 1.0 s',
      'script /bin/look up 1: ended with 0, 2 good results in 1.0 s',
      'script /bin/look down 0: ended with 2: no route 2 times in 1.0 s',
    ]);
  });

  test('never two at a time, not even while one will not die', async () => {
    trackers.sync(instancesOf({ ...alone, track: [script] }));
    await pass(10_000);
    expect(programs).toHaveLength(1);
    programs[0]?.end(hung);
    await pass(10_000);
    expect(states()).toEqual(['script /bin/look down 0: ran longer than 1s and was ended']);
    expect(programs).toHaveLength(1);
  });

  test('this machine being out of processes changes nothing', async () => {
    trackers.sync(instancesOf({ ...alone, track: [script] }));
    await pass(500);
    programs[0]?.end(ok);
    await pass(1000);
    programs[1]?.end({ ok: false, outcome: 'no-resources', text: 'EAGAIN' });
    await pass(1000);
    expect(states()).toEqual(['script /bin/look up 1: ended with 0']);
  });

  test('250 instances with scripts of their own start spread over a second', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `i${i}`);
    let draw = 0;
    random = () => (draw++ % 250) / 250;
    trackers.sync(instancesOf(...names.map((name) => ({ ...alone, name, track: [{ script: ['/bin/look', name] }] }))));
    const perTenth: number[] = [];
    for (let i = 0; i < 10; i++) {
      const before = programs.length;
      await pass(100);
      perTenth.push(programs.length - before);
    }
    expect(Math.max(...perTenth)).toBeLessThanOrEqual(26);
    expect(programs).toHaveLength(250);
  });
});

describe('sharing and reload', () => {
  test('equal questions are asked once, whatever each instance makes of the answer', async () => {
    const track = (weight: number) => [{ ...script, weight }];
    trackers.sync(instancesOf({ ...alone, name: 'a', track: track(10) }, { ...alone, name: 'b', track: track(-20) }));
    await pass(500);
    expect(programs).toHaveLength(1);
    told.length = 0;
    programs[0]?.end(bad);
    await pass(0);
    expect(told.map(({ instance }) => instance)).toEqual(['a', 'b']);
  });

  test('what stays keeps state and rhythm; what goes is ended; a new list is told', async () => {
    trackers.sync(instancesOf({ ...alone, track: [script] }));
    await pass(500);
    programs[0]?.end(ok);
    await pass(900);
    told.length = 0;
    trackers.sync(instancesOf({ ...alone, track: [script] }));
    expect(told).toEqual([]);
    await pass(100);
    expect(programs).toHaveLength(2);
    trackers.sync(instancesOf({ ...alone, track: [{ ...script, weight: 5 }, { reach: '10.0.0.1' }] }));
    expect(told.at(-1)?.states).toEqual([
      'script /bin/look up 1: ended with 0',
      'reach 10.0.0.1 unknown 0: not looked yet',
    ]);
    expect(programs).toHaveLength(2);
    trackers.sync([]);
    expect(programs[1]?.stopped).toBe(true);
    const before = told.length;
    await pass(10_000);
    expect(told).toHaveLength(before);
    expect(programs).toHaveLength(2);
  });
});

test('reach: a ping without a port, TCP with one', async () => {
  silent.add('10.0.0.1:53');
  trackers.sync(instancesOf({ ...alone, track: [{ reach: '10.0.0.1' }, { reach: '10.0.0.1', port: 53, fall: 2 }] }));
  await pass(500);
  expect(states()).toEqual(['reach 10.0.0.1 up 1: answered', 'reach 10.0.0.1:53 down 0: did not answer']);
  silent.add('10.0.0.1');
  await pass(1000);
  expect(states()[0]).toBe('reach 10.0.0.1 down 0: did not answer');
});

test('services: as the board says, unknown before', () => {
  trackers.sync(instancesOf({ ...alone, track: [{ service: 'web' }] }));
  expect(states()).toEqual(['service web unknown 0: its servers are not checked yet']);
  trackers.serviceStates(new Map([['web', { state: 'up', value: 1, why: '2 servers in service' }]]));
  expect(told.at(-1)?.states).toEqual(['service web up 1: 2 servers in service']);
  trackers.serviceStates(new Map());
  expect(states()).toEqual(['service web down 0: there is no such service']);
});
