import { expect, test } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import { firstSnapshot } from '../../../../src/daemon/first-snapshot.ts';
import { ConditionTeller } from '../../../../src/daemon/health/conditions.ts';
import { Store } from '../../../../src/daemon/store.ts';
import type { Conditions, ServiceCondition } from '../../../../src/decide/conditions.ts';
import type { Program, RunProgram } from '../../../../src/model/program.ts';

const clock = { now: () => 0, wall: () => 0 };
const file = configSchema.parse({
  services: [
    {
      name: 'web',
      listen: ['tcp://10.0.0.100:80'],
      servers: [{ address: '10.0.0.11' }],
      quorum: { up: ['/bin/up', '-x'], down: ['/bin/down'], user: 'nobody', timeout: '2s' },
    },
  ],
});

function teller() {
  const store = new Store(firstSnapshot(file, 'test', clock), clock.wall);
  const ran: Program[] = [];
  const ends: (() => void)[] = [];
  const run: RunProgram = (program) => {
    ran.push(program);
    const over = new Promise<void>((resolve) => ends.push(resolve));
    const ending = over.then(() => ({ ok: false, outcome: 'exit-2', text: 'ended with 2' }));
    return { ending, over, stop() {} };
  };
  const made = new ConditionTeller(store, run);
  const texts = () => store.events().map(({ text }) => text);
  return { made, ran, ends, texts };
}

const condition = (held: boolean | null, panic: string | null = null): Conditions => {
  const one: ServiceCondition = { panic, quorum: { held, since: 0, why: `held ${held}` }, ramps: new Map() };
  return new Map([['web', one]]);
};
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test('hooks of a quorum run in order, one at a time, and what they say of failing is told', async () => {
  const { made, ran, ends, texts } = teller();
  made.changed(new Map(), condition(null));
  expect(ran).toEqual([]);
  made.changed(condition(null), condition(true));
  made.changed(condition(true), condition(true));
  made.changed(condition(true), condition(false));
  await settled();
  expect(ran).toHaveLength(1);
  expect(ran[0]).toMatchObject({
    command: ['/bin/up', '-x'],
    user: 'nobody',
    timeoutMs: 2000,
    environment: { FAIRLEAD_KIND: 'SERVICE', FAIRLEAD_SERVICE: 'web', FAIRLEAD_STATE: 'UP', FAIRLEAD_WHY: 'held true' },
  });
  ends[0]?.();
  await settled();
  expect(ran[1]).toMatchObject({ command: ['/bin/down'], environment: { FAIRLEAD_STATE: 'DOWN' } });
  expect(texts()).toEqual([
    'web: the quorum is there: held true',
    'web: the quorum is lost: held false',
    'service web: /bin/up ended with 2',
  ]);
});

test('a panic is told when it begins and when it is over, not while its words change', () => {
  const { made, texts } = teller();
  const [calm, first, second] = [condition(true), condition(true, '60% look dead'), condition(true, '70% look dead')];
  made.changed(calm, calm);
  made.changed(calm, first);
  made.changed(first, second);
  made.changed(second, calm);
  expect(texts()).toEqual(['web: all servers stay in service: 60% look dead', 'web: its checks are believed again']);
});

test('after a stop nothing more is run', async () => {
  const { made, ran, ends } = teller();
  made.changed(condition(true), condition(false));
  made.changed(condition(false), condition(true));
  await settled();
  made.stop();
  expect(ran).toHaveLength(1);
  ends[0]?.();
  made.changed(condition(true), condition(false));
  await settled();
  expect(ran.map(({ command }) => command[0])).toEqual(['/bin/down']);
});
