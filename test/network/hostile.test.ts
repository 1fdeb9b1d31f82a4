import { describe, expect, test } from 'vitest';
import type { InstanceStatus } from '../../src/api/operations.ts';
import { multicastFrame } from '../support/network/frame.ts';
import {
  FOUR,
  generator,
  noise,
  OLD,
  PASSWORD,
  type Row,
  rowsFor,
  SIX,
  type Target,
} from '../support/network/hostile.ts';
import { type Injector, type Packet, type Sender, startInjector, startSender } from '../support/network/injector.ts';
import { type FairleadNode, fairlead, type InstanceSpec, type MakeNode } from '../support/network/nodes/index.ts';
import { type Pair, SIX as SIX_ADDRESSES, spoken, type Variant, withPair } from '../support/network/pair.ts';
import { type Segment, until } from '../support/segment.ts';

/** An attacker sends what nobody may believe to our master and our backup at once. Neither may change its role, no address
 *  may move, and the client hears from the master alone. */

const SEED = 20_260_511;
const NOISE = 3000;

const TARGETS: Readonly<Record<string, readonly [Target, Variant]>> = {
  'version 3 over IPv4': [FOUR, {}],
  'version 3 over IPv6': [SIX, { addresses: SIX_ADDRESSES }],
  'version 2': [OLD, { version: 2, advertiseMs: 1000 }],
  'version 2 with a password': [PASSWORD, { version: 2, advertiseMs: 1000, password: 'fairlead' }],
};

describe.concurrent.each(Object.entries(TARGETS))('%s', (_, [target, variant]) => {
  test('nothing that is refused changes anything, and each refusal is counted by its reason', () =>
    underAttack(fairlead, variant, async (attack) => {
      for (const row of rowsFor(target)) await attack.with(row);
      for (const [index, packets] of inTurns(noise(target, NOISE, SEED), 500).entries()) {
        await attack.with({ name: `noise ${index}, seed ${SEED}`, packets, verdict: null, everyMs: 0 });
      }
    }));
});

describe.concurrent('and', () => {
  test("the master's own adverts, said again by somebody else, move nothing", () =>
    underAttack(fairlead, {}, async (attack) => {
      await attack.with(plain('replayed', replayed(await attack.recorded(), 100)));
    }));

  test('a stranger is not believed where peers are configured', () =>
    underAttack(fairlead, { unicast: true }, async (attack) => {
      const to = ['10.77.0.1', '10.77.0.2'];
      const rows = rowsFor({ ...FOUR, group: '10.77.0.1' });
      const good = rows.find(({ name }) => name === 'TTL 1')?.packets ?? [];
      for (const address of to) {
        const packets = good.map((packet) => ({ ...packet, to: address, ttl: 255 }));
        await attack.with(plain(`to ${address}`, packets));
      }
      await attack.with(
        plain(
          'to the group',
          good.map((packet) => ({ ...packet, to: FOUR.group, ttl: 255 })),
        ),
      );
    }));

  test('with keys, neither an unsigned advert nor a signed one that was heard before is believed', () =>
    underAttack(signing, {}, async (attack) => {
      const unsigned = rowsFor(FOUR).find(({ name }) => name === 'TTL 1')?.packets ?? [];
      const packets = unsigned.map((packet) => ({ ...packet, ttl: 255 }));
      await attack.with({ name: 'unsigned', packets, verdict: 'hmac-missing', everyMs: 0 });
      const adverts = await attack.recorded();
      await attack.with(plain('signed adverts again', replayed(adverts, 50)));
      await attack.restartMaster();
      const goodbyes = (await attack.recorded()).filter(({ bytes }) => bytes[2] === 0);
      expect(goodbyes.length).toBeGreaterThan(0);
      await attack.with(plain('signed goodbyes again', replayed(goodbyes, 20)));
    }));
});

const KEY = { id: 1, secret: 'a key of thirty-two bytes at least' };
const signing = (segment: Segment, host: string, instances: readonly InstanceSpec[]): FairleadNode =>
  fairlead(segment, host, instances, { instance: { hmac: { keys: [KEY], active: 1 } } });

describe('floods as fast as they can be sent', () => {
  const PACKETS = 100_000;
  const STRANGERS = 50_000;

  test('move nothing, and at most ten lines a second are logged of them', () =>
    underAttack(fairlead, {}, async (attack) => {
      for (const kind of ['mutated', 'random'] as const)
        await attack.flood(`${kind}, seed ${SEED}`, noise(FOUR, PACKETS, SEED, kind));
      const stranger = rowsFor(FOUR).find(({ name }) => name.startsWith('another virtual router'))?.packets[0];
      if (!stranger) throw new Error('there is no packet of a stranger');
      await attack.flood('another virtual router', new Array<Packet>(STRANGERS).fill(stranger));
    }));
});

interface Attack {
  with(row: Row): Promise<void>;
  /** All at once, from a program that is fast enough; most of them must arrive. */
  flood(name: string, packets: readonly Packet[]): Promise<void>;
  /** What the master has said so far, byte for byte. */
  recorded(): Promise<readonly Packet[]>;
  restartMaster(): Promise<void>;
}

const plain = (name: string, packets: readonly Packet[]): Row => ({ name, packets, verdict: null, everyMs: 5 });

async function underAttack(make: MakeNode, variant: Variant, work: (attack: Attack) => Promise<void>): Promise<void> {
  await withPair(make, make, variant, async (pair) => {
    const nodes = [pair.a, pair.b] as readonly Node[] as readonly FairleadNode[];
    await Promise.all(nodes.map((node) => node.start()));
    await pair.settled(pair.a, pair.b);
    const injector = startInjector(pair.segment);
    const sender = startSender(pair.segment);
    pair.segment.observer.probe(pair.addresses[0] ?? '');
    try {
      await work({
        with: (row) => strike(pair, nodes, injector, row),
        flood: (name, packets) => flood(pair, nodes, sender, name, packets),
        async recorded() {
          return (await pair.seen()).flatMap((each) =>
            each.kind === 'advert' && each.port === 'a'
              ? [{ from: each.source, to: each.destination, ttl: each.ttl, bytes: Buffer.from(each.hex, 'hex') }]
              : [],
          );
        },
        async restartMaster() {
          await pair.a.stop();
          await pair.settled(pair.b);
          await pair.a.start();
          await pair.settled(pair.a, pair.b);
        },
      });
      const before = await Promise.all(nodes.map(stateOf));
      const since = (await pair.seen()).length;
      // Longer than a backup has patience with a silent master.
      await spoken(pair, 'a', 5);
      await nothingHappened(pair, nodes, 'afterwards', before, since);
    } finally {
      injector.close();
      sender.close();
    }
  });
}

const WITNESS = '02:00:00:00:00:c9';
const LINES_A_SECOND = 10;

async function flood(
  pair: Pair,
  nodes: readonly FairleadNode[],
  sender: Sender,
  name: string,
  packets: readonly Packet[],
): Promise<void> {
  const frames = packets.map((packet) => multicastFrame(packet, WITNESS));
  const [refusals, lines] = [await Promise.all(nodes.map(refused)), nodes.map(linesOf)];
  const begun = performance.now();
  await unmoved(pair, nodes, name, () => sender.send(frames));
  const seconds = (performance.now() - begun) / 1000;
  for (const [i, node] of nodes.entries()) {
    // What the kernel's queue does not hold is lost before anybody looks at it.
    expect((await refused(node)) - (refusals[i] ?? 0), `${name} at ${node.host}`).toBeGreaterThan(packets.length / 10);
    // A second that has begun and one that has not ended may have their ten each.
    const written = linesOf(node) - (lines[i] ?? 0);
    expect(written, `${name} at ${node.host}: lines in ${seconds} s`).toBeLessThanOrEqual(
      LINES_A_SECOND * (seconds + 2),
    );
  }
}

const linesOf = (node: FairleadNode): number => node.log().split('\n').length;

/** Packets that were not believed, those of strangers included, as /metrics tells it. */
async function refused(node: FairleadNode): Promise<number> {
  const rows = (await node.command('metrics')).matchAll(
    /^fairlead_vrrp_(?:stranger_)?packets_received_total\{.*verdict="(?!accepted)[^}]*\} (\d+)$/gm,
  );
  return [...rows].reduce((sum, [, count]) => sum + Number(count), 0);
}

type Node = Pair['a'];

const strike = (pair: Pair, nodes: readonly FairleadNode[], injector: Injector, row: Row): Promise<void> =>
  unmoved(pair, nodes, row.name, async (before) => {
    const { name, packets, everyMs, verdict } = row;
    await injector.send(packets, everyMs);
    if (verdict === null) return;
    await until(`${name}: both count every packet`, async () => {
      const after = await Promise.all(nodes.map(stateOf));
      const counted = after.map(({ received }, i) => (received[verdict] ?? 0) - (before[i]?.received[verdict] ?? 0));
      return counted.every((count) => count >= packets.length);
    });
  });

async function unmoved(
  pair: Pair,
  nodes: readonly FairleadNode[],
  what: string,
  attack: (before: readonly InstanceStatus[]) => Promise<void>,
): Promise<void> {
  const before = await Promise.all(nodes.map(stateOf));
  const since = (await pair.seen()).length;
  await attack(before);
  // Seconds between two adverts are waited for once, at the end.
  if ((before[0]?.intervalMs ?? 0) < 1000) await spoken(pair, 'a');
  await nothingHappened(pair, nodes, what, before, since);
}

/** Same roles as before, no address moved, and the backup has not spoken. */
async function nothingHappened(
  pair: Pair,
  nodes: readonly FairleadNode[],
  what: string,
  before: readonly InstanceStatus[],
  since: number,
): Promise<void> {
  const after = await Promise.all(nodes.map(stateOf));
  expect(after.map(roleOf), what).toEqual(before.map(roleOf));
  const moved = (await pair.seen())
    .slice(since)
    .filter((each) => each.kind === 'add' || each.kind === 'del' || (each.kind === 'advert' && each.port === 'b'));
  expect(moved, what).toEqual([]);
}

async function stateOf(node: FairleadNode): Promise<InstanceStatus> {
  const [instance] = await node.instances();
  if (!instance) throw new Error(`${node.host} has no instance`);
  return instance;
}

const roleOf = ({ state, transitions }: { state: string; transitions: number }) => ({ state, transitions });

/** Drawn from what was recorded. */
function replayed(packets: readonly Packet[], count: number): Packet[] {
  const draw = generator(SEED);
  return Array.from({ length: count }, () => packets[draw(packets.length)]).filter((each) => each !== undefined);
}

function inTurns<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
