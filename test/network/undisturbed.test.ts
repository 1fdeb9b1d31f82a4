import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { InstanceStatus } from '../../src/api/operations.ts';
import { disturbed } from '../support/network/mischief.ts';
import {
  type FairleadNode,
  type FairleadOptions,
  fairlead,
  type InstanceSpec,
  withLogs,
} from '../support/network/nodes/index.ts';
import { type Pair, specOf, spoken, type Variant, withPair } from '../support/network/pair.ts';
import { openSegment, type Segment, until } from '../support/segment.ts';

/** What happens inside one director must not move an address: a main thread that hangs, a collection of garbage, reloads. And
 *  what happens to a whole machine must end with one master, and be told. */

/** Master on a, backup on b. */
const undisturbed = (
  options: (segment: Segment) => FairleadOptions,
  variant: Variant,
  work: (pair: Pair, nodes: { a: FairleadNode; b: FairleadNode }) => Promise<void>,
): Promise<void> => {
  const made: FairleadNode[] = [];
  const make = (segment: Segment, host: string, instances: readonly InstanceSpec[]): FairleadNode => {
    const node = fairlead(segment, host, instances, options(segment));
    made.push(node);
    return node;
  };
  return withPair(make, make, variant, async (pair) => {
    const [a, b] = made;
    if (!a || !b) throw new Error('there are no two directors');
    // One after the other: without preemption the first one is master.
    await a.start();
    await pair.settled(a);
    await b.start();
    await pair.settled(a, b);
    await work(pair, { a, b });
  });
};

const rolesOf = async (...nodes: readonly FairleadNode[]) =>
  (await Promise.all(nodes.map((node) => node.instances()))).flat().map(roleOf);
const roleOf = ({ name, state, transitions }: InstanceStatus) => ({ name, state, transitions });

/** Adverts of the one who is not master, and addresses that moved. */
const moved = async (pair: Pair, since: number) =>
  (await pair.seen())
    .slice(since)
    .filter((each) => each.kind === 'add' || each.kind === 'del' || (each.kind === 'advert' && each.port === 'b'));

describe.concurrent('no role changes', () => {
  test.each([
    ['while the main thread hangs for 10 s', 'hang 10000', 11_000],
    ['while garbage is collected for 3 s', 'collect 3000', 4000],
  ])('%s', (_, mischief, lastsMs) =>
    undisturbed(
      (segment) => disturbed(segment, mischief),
      {},
      async (pair, { a, b }) => {
        const before = await rolesOf(a, b);
        const since = (await pair.seen()).length;
        for (const node of [a, b]) process.kill(node.mainPid(), 'SIGUSR2');
        await sleep(lastsMs);
        await until('both answer again', () => rolesOf(a, b).then(() => true));
        expect(await rolesOf(a, b)).toEqual(before);
        expect(await moved(pair, since)).toEqual([]);
      },
    ),
  );

  test('when an address is added on one director first, whichever that is, and much later on the other', () =>
    undisturbed(
      () => ({}),
      {},
      async (pair, { a, b }) => {
        const [first, second, third] = ['10.77.0.100/24', '10.77.0.101/24', '10.77.0.102/24'] as const;
        const before = await rolesOf(a, b);
        const reload = async (node: FairleadNode, priority: number, addresses: readonly string[]) => {
          expect(await node.reload([specOf({ addresses }, node === a ? 1 : 2, priority)])).toBe(true);
          await spoken(pair, 'a', 5);
          expect(await rolesOf(a, b)).toEqual(before);
        };
        await reload(b, 100, [first, second]);
        await reload(a, 150, [first, second]);
        await until('the master holds it', () => a.holds(second));
        await reload(a, 150, [first, second, third]);
        await until('the master holds it', () => a.holds(third));
        await reload(b, 100, [first, second, third]);
        expect(
          (await pair.seen()).filter((each) => each.kind === 'del' && each.address.includes('10.77.0.10')),
        ).toEqual([]);
      },
    ));

  test('over reloads of 250 instances: nothing new, one more address, a bad file', async () => {
    const segment = await openSegment();
    const spec = (priority: number, more = 0): InstanceSpec[] =>
      Array.from({ length: 250 }, (_, i) => ({
        name: `i${i}`,
        vrid: i + 1,
        version: 3,
        advertiseMs: 100,
        priority,
        addresses: [`10.77.1.${i + 1}/32`, ...(i < more ? [`10.77.2.${i + 1}/32`] : [])],
      }));
    const [a, b] = [fairlead(segment, 'a', spec(150)), fairlead(segment, 'b', spec(100))];
    try {
      await a.start();
      const allMaster = async () => (await a.instances()).every(({ state }) => state === 'master');
      await until('a is master of all', allMaster, 60_000);
      await b.start();
      await until(
        'b is backup of all',
        async () => (await b.instances()).every(({ state }) => state === 'backup'),
        60_000,
      );
      await segment.observer.read();
      const before = await rolesOf(a, b);
      for (let i = 0; i < 3; i++) expect(await a.reload(spec(150))).toBe(true);
      expect(await a.reload('instances: [{ name: x, vrid: 300 }]\n')).toBe(false);
      expect(await a.reload(spec(150, 10))).toBe(true);
      await until('the new addresses are held', async () => (await segment.addresses('a')).includes('10.77.2.10'));
      expect(await rolesOf(a, b)).toEqual(before);
      const seen = await segment.observer.read();
      expect(seen.filter((each) => each.kind === 'advert' && each.port === 'b')).toEqual([]);
      expect(seen.filter((each) => each.kind === 'del')).toEqual([]);
      expect(seen.filter((each) => each.kind === 'add')).toHaveLength(10);
    } catch (error) {
      throw withLogs(error, [a, b]);
    } finally {
      await segment.close();
    }
  });
});

describe.concurrent('one master in the end', () => {
  test('when the main thread hangs for longer than its lease, the other takes over', () =>
    undisturbed(
      (segment) => disturbed(segment, 'hang 14000', { director: { lease: '4s' } }),
      { preempt: false },
      async (pair, { a, b }) => {
        process.kill(a.mainPid(), 'SIGUSR2');
        await pair.settled(b);
        await pair.settled(b, a);
        expect(a.log()).toContain('the daemon hung or was stopped for too long');
      },
    ));

  test('when a machine was stopped and wakes up, it is no second master', () =>
    undisturbed(
      () => ({}),
      { preempt: false },
      async (pair, { a, b }) => {
        pair.segment.signal('a', 'SIGSTOP');
        await until('b takes over', async () => (await b.role('edge')) === 'master');
        await sleep(3000);
        pair.segment.signal('a', 'SIGCONT');
        await pair.settled(b, a);
      },
    ));

  test('after a split, and both have told of it', () =>
    undisturbed(
      () => ({}),
      {},
      async (pair, { a, b }) => {
        await pair.segment.cut('a');
        await until('b takes over', async () => (await b.role('edge')) === 'master');
        expect(await a.role('edge')).toBe('master');
        await pair.segment.mend('a');
        await pair.settled(a, b);
        expect(a.log()).toContain('split brain: 10.77.0.2 advertises priority 100, ours is 150');
        expect(b.log()).toContain('10.77.0.1 advertises priority 150, ours is 100');
      },
    ));
});
