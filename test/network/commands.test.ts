import { expect, test } from 'vitest';
import { EXIT } from '../../src/base/errors.ts';
import { type FairleadNode, fairlead, type MakeNode } from '../support/network/nodes/index.ts';
import { type Pair, withPair } from '../support/network/pair.ts';
import { until } from '../support/segment.ts';

/** What an operator types, against two directors on a segment. */

async function withDirectors(work: (pair: Pair, a: FairleadNode, b: FairleadNode) => Promise<void>): Promise<void> {
  const made: FairleadNode[] = [];
  const make: MakeNode = (...parts) => {
    const node = fairlead(...parts);
    made.push(node);
    return node;
  };
  await withPair(make, make, {}, async (pair) => {
    const [a, b] = made;
    if (!a || !b) throw new Error('there are no two directors');
    await Promise.all([a.start(), b.start()]);
    await pair.settled(a, b);
    await work(pair, a, b);
  });
}

/** How a command that fails ends, and what it says. */
async function failureOf(node: FairleadNode, ...words: string[]): Promise<{ code: unknown; text: string }> {
  try {
    throw new Error(`it did not fail: ${await node.command(...words)}`);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'stderr' in error)) throw error;
    return { code: error.code, text: String(error.stderr) };
  }
}

test.concurrent('`instances`, `explain instance` and `failover`: shown, given away, taken back', () =>
  withDirectors(async (pair, a, b) => {
    expect(await a.command('instances')).toMatch(/edge +master for .* 150 +here +1\/1 /);
    expect(await b.command('instances')).toMatch(/edge +backup for .* 100 +10\.77\.0\.1 \(150\) +0\/1 /);
    const explained = await b.command('explain', 'instance', 'edge');
    expect(explained).toContain('virtual router 51 on eth0, VRRPv3, an advert every 100 ms');
    expect(explained).toContain('master is 10.77.0.1 with priority 150');
    expect(explained).toMatch(/priority 100\n +base +100 /);
    expect(explained).toMatch(/10\.77\.0\.100\S* +eth0 +not held/);
    const unknown = await failureOf(b, 'explain', 'instance', 'nobody');
    expect(unknown.code).not.toBe(EXIT.done);
    expect(unknown.text).toContain('edge');

    const nothing = await failureOf(b, 'failover', 'edge', '--to-peer');
    expect(nothing).toEqual({ code: EXIT.failed, text: 'edge is backup here: nothing to give\n' });
    expect(await a.command('failover', 'edge', '--to-peer')).toContain('edge was handed over');
    // The better one does not take back what an operator gave away.
    await pair.settled(b, a);
    expect(await a.command('failover', 'edge')).toBe('edge is master here\n');
    await pair.settled(a, b);
    expect(await b.command('failover', 'edge', '--json').catch((error: { stdout: string }) => error.stdout)).toContain(
      '"done":false',
    );
    expect(await a.role('edge')).toBe('master');
  }));

test.concurrent('`maintenance on` hands over and lasts across a restart, `off` ends it', () =>
  withDirectors(async (pair, a, b) => {
    expect(await a.command('maintenance', 'on')).toContain('maintenance is on');
    await pair.settled(b);
    // What stays out of the election has nothing to give or take.
    expect(await failureOf(a, 'failover', 'edge')).toMatchObject({
      code: EXIT.policy,
      text: expect.stringContaining('`fairlead overrides --clear maintenance:director`'),
    });
    await a.stop();
    await a.start();
    await until('a stays out', async () => (await a.role('edge')) === 'fault');
    expect(await a.command('instances')).toMatch(/^maintenance is on[\s\S]*edge +fault/);
    expect(await b.role('edge')).toBe('master');
    expect(await a.command('maintenance', 'off')).not.toMatch(/^maintenance is on/);
    await pair.settled(a, b);
    const wrong = await failureOf(a, 'maintenance', 'perhaps');
    expect(wrong).toMatchObject({ code: EXIT.usage, text: expect.stringContaining('expected on or off') });
  }));
