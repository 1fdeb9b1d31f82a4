import { afterEach, expect, test } from 'vitest';
import { arpFrame } from '../support/network/frame.ts';
import { startSender } from '../support/network/injector.ts';
import {
  type FairleadNode,
  type FairleadOptions,
  fairlead,
  type InstanceSpec,
} from '../support/network/nodes/index.ts';
import { openSegment, type Segment, until } from '../support/segment.ts';

/** Somebody else has an address that a master holds, and VRRP does not tell of it. */

const [FOUR, SIX] = ['10.77.0.100', 'fd77::100'];
const OF_B = '02:00:00:00:00:02';
const EDGE: InstanceSpec = {
  name: 'edge',
  vrid: 51,
  version: 3,
  priority: 150,
  advertiseMs: 100,
  addresses: [`${FOUR}/24`, `${SIX}/64`],
};
const LOOK = { announce: { look: '200ms' } };

let segment: Segment;
afterEach(() => segment.close());

async function director(
  host: string,
  spec: InstanceSpec,
  instance: FairleadOptions['instance'],
): Promise<FairleadNode> {
  const node = fairlead(segment, host, [spec], { instance: { ...LOOK, ...instance } });
  await node.start();
  await until(`${host} is master`, async () => (await node.role('edge')) === 'master');
  return node;
}

const duplicates = async (node: FairleadNode) => (await node.instances())[0]?.duplicates ?? [];
/** Waits until these are told, as address and hardware address. */
const told = (node: FairleadNode, pairs: readonly (readonly [string, string])[]): Promise<void> =>
  until(`${node.host} tells of ${JSON.stringify(pairs)}`, async () => {
    const found = (await duplicates(node)).map(({ address, mac }) => `${address} ${mac}`).sort();
    return JSON.stringify(found) === JSON.stringify(pairs.map((pair) => pair.join(' ')).sort());
  });

test('a host that speaks no VRRP is named, and its end is told', async () => {
  segment = await openSegment();
  await segment.ip('b', [`address add ${FOUR}/24 dev eth0`, `address add ${SIX}/64 dev eth0 nodad`]);
  const a = await director('a', EDGE, {});
  await told(a, [
    [FOUR, OF_B],
    [SIX, OF_B],
  ]);
  expect(await a.command('instances')).toContain(`${FOUR} of edge is also held by ${OF_B}, on eth0`);
  expect(await a.command('explain', 'instance', 'edge')).toContain(`${SIX} is also held by ${OF_B}, on eth0`);
  expect(await a.command('metrics')).toMatch(/fairlead_instance_duplicate_addresses\{[^}]*edge[^}]*\} 2\n/);
  await segment.ip('b', [`address delete ${FOUR}/24 dev eth0`]);
  await told(a, [[SIX, OF_B]]);
  await segment.ip('b', [`address delete ${SIX}/64 dev eth0`]);
  await told(a, []);
  for (const address of [FOUR, SIX]) {
    const lines = a
      .log()
      .match(new RegExp(`${address} on eth0 is (also held by ${OF_B}|held by nobody else any more)`, 'g'));
    expect(lines).toHaveLength(2);
  }
});

test('two directors that do not hear each other’s adverts tell of each other', async () => {
  segment = await openSegment();
  const [a, b] = await Promise.all([
    director('a', EDGE, { group: '224.0.0.18' }),
    director('b', { ...EDGE, priority: 100 }, { group: '224.0.0.181' }),
  ]);
  const all = (mac: string) => [FOUR, SIX].map((address) => [address, mac] as const);
  await told(a, all(OF_B));
  await told(b, all('02:00:00:00:00:01'));
  for (const node of [a, b]) expect((await node.instances())[0]).toMatchObject({ state: 'master', rivals: [] });
  await b.stop();
  await told(a, []);
});

test('our own announcements that come back, with the virtual hardware address or another of ours, are no alarm', async () => {
  segment = await openSegment();
  const other = '10.77.0.101';
  const a = await director('a', { ...EDGE, addresses: [`${FOUR}/24`, `${other}/24`], virtualMac: true }, {});
  const sender = startSender(segment, 'b');
  const ours = ['00:00:5e:00:01:33', '02:00:00:00:00:01'].map((mac) => arpFrame(FOUR, mac));
  let over = false;
  const returning = (async () => {
    while (!over) {
      await sender.send(ours);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  try {
    // That others are heard meanwhile shows that these were.
    for (let round = 0; round < 2; round++) {
      await segment.ip('b', [`address add ${other}/24 dev eth0`]);
      await told(a, [[other, OF_B]]);
      await segment.ip('b', [`address delete ${other}/24 dev eth0`]);
      await told(a, []);
    }
  } finally {
    over = true;
    await returning;
    sender.close();
  }
  expect(a.log()).not.toContain(`${FOUR} on eth0 is also held`);
});

test('a hand-over is no alarm', async () => {
  segment = await openSegment();
  const a = await director('a', EDGE, {});
  const b = fairlead(segment, 'b', [{ ...EDGE, priority: 100 }], { instance: LOOK });
  await b.start();
  for (const to of [b, a]) {
    await a.command('failover', 'edge');
    await until(`${to.host} is master`, async () => (await to.role('edge')) === 'master');
    // So that it has looked: somebody real is found.
    await segment.ip('client', ['address add 10.77.0.100/24 dev eth0']);
    await told(to, [[FOUR, '02:00:00:00:00:c8']]);
    await segment.ip('client', ['address delete 10.77.0.100/24 dev eth0']);
    await told(to, []);
  }
  await b.stop();
  const all = a.log() + b.log();
  expect(all).not.toMatch(/also held by 02:00:00:00:00:0[12]/);
});
