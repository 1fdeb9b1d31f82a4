import { describe, expect, test } from 'vitest';
import { type Config, configSchema } from '../../../src/config/schema.ts';
import { explainPlan } from '../../../src/decide/explain.ts';
import { plan } from '../../../src/decide/plan.ts';
import { ownedAfter, type Policy } from '../../../src/decide/policy.ts';
import { removal } from '../../../src/decide/removal.ts';
import { undo } from '../../../src/decide/undo.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import { gated, nobody } from '../../support/decide.ts';

/** Connection sync from the file to the kernel's daemons. */

const ETH1 = 'eth1 id 5 group 224.0.0.81 port 8848 ttl 1';
const file = (sync: Record<string, unknown> | null, rest: Record<string, unknown> = {}): Config =>
  configSchema.parse({
    director: sync ? { sync: { interface: 'eth1', role: 'master', id: 5, ...sync } } : {},
    ...rest,
  });
const WEB = { name: 'web', listen: ['tcp://10.0.0.100:80'], forward: 'tunnel' };
const MIXED = { services: [{ ...WEB, servers: [{ address: '2001:db8::11' }] }] };
const PLAIN = { services: [{ ...WEB, servers: [{ address: '10.0.0.11' }] }] };

class Box {
  readonly kernel = new FakeKernel();
  policy: Policy = nobody;

  look(config: Config) {
    return plan(gated(config), this.kernel.state(), this.policy);
  }

  /** Carries the plan out and returns what it was. */
  take(config: Config): string[] {
    const change = this.look(config);
    for (const op of change.ops) expect(this.kernel.applyOne(op).failure).toBe(null);
    const { services, addresses, daemons } = ownedAfter(gated(config), this.policy, change);
    this.policy = { ...this.policy, owned: services, ownedAddresses: addresses, ownedDaemons: daemons };
    expect(this.look(config).ops).toEqual([]);
    return change.ops.map(({ kind, why }) => `${kind}: ${why}`);
  }
}

describe('roles', () => {
  test.each([
    [{ role: 'master' }, ['master 5']],
    [{ role: 'backup' }, ['backup 5']],
    [{ role: 'both' }, ['master 5', 'backup 5']],
    [{ role: 'both', id: { master: 1, backup: 2 } }, ['master 1', 'backup 2']],
    [{ role: 'backup', id: { master: 1, backup: 2 } }, ['backup 2']],
  ])('%j', (sync, daemons) => {
    const box = new Box();
    box.take(file(sync));
    expect(box.kernel.sync.state().map(({ state, syncId }) => `${state} ${syncId}`)).toEqual(daemons);
  });
});

describe('changes', () => {
  test('a changed option is a stop and a start, last of all', () => {
    const box = new Box();
    expect(box.take(file({}))).toEqual(['start-daemon: sync master is in the file and does not run']);
    expect(box.take(file({ id: 6 }, PLAIN)).slice(-2)).toEqual([
      `stop-daemon: sync master changes: master ${ETH1} maxLength 1472 -> master ${ETH1.replace('5', '6')}`,
      `start-daemon: sync master changes: master ${ETH1} maxLength 1472 -> master ${ETH1.replace('5', '6')}`,
    ]);
  });

  test('the choices of the kernel are no change, and what is no longer asked for is its choice again', () => {
    const box = new Box();
    box.take(file({ maxLength: 1400 }));
    expect(box.kernel.sync.state()[0]?.maxLength).toBe(1400);
    expect(box.take(file({}))).toHaveLength(2);
    expect(box.kernel.sync.state()[0]?.maxLength).toBe(1472);
    box.kernel.sync.load([{ ...box.kernel.sync.state()[0], maxLength: 8972 } as never]);
    expect(box.take(file({}))).toEqual([]);
  });

  test('one role goes, the other stays', () => {
    const box = new Box();
    box.take(file({ role: 'both' }));
    expect(box.take(file({}))).toEqual(['stop-daemon: sync backup is not in the file']);
  });
});

describe('ownership', () => {
  const theirs = { kind: 'start-daemon', daemon: { state: 'backup', interface: 'eth0', syncId: 9 }, why: '' } as const;

  test("somebody else's daemon stays and is noted, in an exclusive table and on removal too", () => {
    const box = new Box();
    box.kernel.applyOne(theirs);
    box.policy = { ...nobody, exclusive: true };
    expect(box.take(file({}))).toHaveLength(1);
    expect(box.look(file({})).notes).toEqual([
      'sync backup eth0 id 9 group 224.0.0.81 port 8848 ttl 1 maxLength 1472 is not ours and left alone',
    ]);
    expect(removal(box.kernel.state(), box.policy).ops).toMatchObject([{ kind: 'stop-daemon', role: 'master' }]);
  });

  test('one the file names is taken over as it runs, or changed', () => {
    const box = new Box();
    box.kernel.applyOne(theirs);
    expect(box.take(file({ role: 'backup', id: 9, interface: 'eth0' }))).toEqual([]);
    expect(box.take(file(null))).toEqual(['stop-daemon: sync backup is not in the file']);
  });
});

describe('beside servers of another address family', () => {
  test('the daemon stops before such a server comes', () => {
    const box = new Box();
    box.take(file({}, PLAIN));
    expect(box.take(file(null, MIXED)).map((op) => op.split(':')[0])).toEqual([
      'stop-daemon',
      'add-destination',
      'set-destination',
      'delete-destination',
    ]);
  });

  test('it starts after the last of them went', () => {
    const box = new Box();
    box.take(file(null, MIXED));
    expect(box.take(file({}, PLAIN)).at(-1)).toMatch(/^start-daemon/);
    expect(box.take(file(null, MIXED)).at(0)).toMatch(/^stop-daemon/);
    expect(box.take(file({})).map((op) => op.split(':')[0])).toEqual(['delete-service', 'start-daemon']);
  });

  test("while one of somebody else's is there, it waits and says so", () => {
    const box = new Box();
    box.take(file(null, MIXED));
    box.policy = nobody;
    expect(box.take(file({}))).toEqual([]);
    expect(box.look(file({})).notes.at(-1)).toBe(
      'sync master waits: the kernel cannot sync connections while [2001:db8::11]:80 of tcp://10.0.0.100:80 crosses address families',
    );
  });
});

test('undo stops what was started and starts what was stopped', () => {
  const box = new Box();
  box.take(file({}));
  const before = box.kernel.state();
  const { ops } = box.look(file({ role: 'both', id: 7 }));
  for (let cut = 0; cut <= ops.length; cut++) {
    const kernel = new FakeKernel();
    kernel.load(before);
    const done = ops.slice(0, cut);
    for (const op of [...done, ...undo(done, before)]) expect(kernel.applyOne(op).failure).toBe(null);
    expect(kernel.state()).toEqual(before);
  }
});

test('a plan names daemons with all that was asked', () => {
  expect(explainPlan(new Box().look(file({ role: 'both' })))).toEqual([
    `start-daemon master ${ETH1}\n    sync master is in the file and does not run`,
    `start-daemon backup ${ETH1}\n    sync backup is in the file and does not run`,
    '2 changes',
  ]);
});
