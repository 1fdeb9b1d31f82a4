import { expect } from 'vitest';
import { address4, linkLocal, openSegment, type Segment, until } from '../segment.ts';
import { bare, type InstanceSpec, type MakeNode, type Node, withLogs } from './nodes/index.ts';
import type { Seen } from './observer.ts';

/** Two routers of one virtual router, `a` the better one, and what a bystander must see of them. */

/** A row of a matrix: what differs from VRRPv3 over IPv4 and multicast at 100 ms. */
export type Variant = Omit<Partial<InstanceSpec>, 'peers'> & { readonly unicast?: boolean };

export const SIX = ['fe80::100/64', 'fd77::100/64'];

export function specOf({ unicast = false, ...variant }: Variant, number: number, priority: number): InstanceSpec {
  const addresses = variant.addresses ?? ['10.77.0.100/24'];
  const addressOf = addresses.some((each) => each.includes(':')) ? linkLocal : address4;
  const peers = unicast ? { peers: [addressOf(3 - number)] } : {};
  return { name: 'edge', vrid: 51, version: 3, advertiseMs: 100, ...variant, addresses, priority, ...peers };
}

export interface Pair {
  readonly segment: Segment;
  readonly a: Node;
  readonly b: Node;
  /** That a client can ask, without a prefix. */
  readonly addresses: readonly string[];
  /** Waits until one is master, holds every address, answers for them and is the only one to speak. */
  settled(master: Node, other?: Node): Promise<void>;
  /** All that was seen so far. */
  seen(): Promise<readonly Seen[]>;
}

/** Runs `work` on a segment with two nodes that are not started yet; their logs go into a failure's message. */
export async function withPair(
  makeA: MakeNode,
  makeB: MakeNode,
  variant: Variant,
  work: (pair: Pair) => Promise<void>,
): Promise<void> {
  const segment = await openSegment();
  const a = makeA(segment, 'a', [specOf(variant, 1, 150)]);
  const b = makeB(segment, 'b', [specOf(variant, 2, 100)]);
  const all: Seen[] = [];
  const seen = async (): Promise<readonly Seen[]> => {
    all.push(...(await segment.observer.read()));
    return all;
  };
  const { addresses } = specOf(variant, 1, 150);
  const asked = addresses.map(bare).filter((each) => !each.startsWith('fe80'));
  const pair: Pair = {
    segment,
    a,
    b,
    seen,
    addresses: asked,
    async settled(master, other) {
      const roles = async (): Promise<boolean> =>
        (await master.role('edge')) === 'master' && (other === undefined || (await other.role('edge')) === 'backup');
      const holding = async (node: Node): Promise<boolean[]> => Promise.all(addresses.map((each) => node.holds(each)));
      await until(`${master.kind} on ${master.host} is master`, roles, PATIENCE_MS);
      await until(
        `${master.kind} on ${master.host} alone holds the addresses`,
        async () =>
          (await holding(master)).every(Boolean) && !(other !== undefined && (await holding(other)).some(Boolean)),
        PATIENCE_MS,
      );
      await spoken(pair, master.host);
      for (const address of asked) {
        segment.observer.probe(address);
        const since = (await seen()).length;
        const answered = async () =>
          (await seen()).slice(since).some((each) => each.kind === 'answer' && each.node === master.host);
        await until(`${master.host} answers for ${address}`, answered);
        segment.observer.quiet();
      }
    },
  };
  try {
    await work(pair);
  } catch (error) {
    throw withLogs(error, [a, b]);
  } finally {
    await segment.close();
  }
}

/** v2 counts in seconds. */
const PATIENCE_MS = 30_000;
const STEADY = 2;

/** Waits for some adverts in a row from one host's port, and none from another router's between them. */
export async function spoken(
  { segment, seen }: Pick<Pair, 'segment' | 'seen'>,
  host: string,
  adverts = STEADY,
): Promise<void> {
  const since = (await seen()).length;
  await until(
    `${host} alone speaks`,
    async () => {
      const speakers = (await seen())
        .slice(since)
        .flatMap((each) => (each.kind === 'advert' && segment.routers.includes(each.port) ? [each.port] : []));
      return speakers.length >= adverts && speakers.slice(-adverts).every((port) => port === host);
    },
    PATIENCE_MS,
  );
}

/** What every pair must do: the better one takes over, says goodbye when it leaves, comes back, and is replaced when it dies
 *  without a word. Without preemption it waits for its turn instead. */
export async function takeTurns(makeA: MakeNode, makeB: MakeNode, variant: Variant): Promise<void> {
  await withPair(makeA, makeB, variant, async (pair) => {
    const { a, b, segment } = pair;
    await b.start();
    await pair.settled(b);
    await a.start();
    if (variant.preempt === false) {
      await pair.settled(b, a);
      await b.stop();
      await pair.settled(a);
      await b.start();
      await pair.settled(a, b);
      return;
    }
    await pair.settled(a, b);
    const before = (await pair.seen()).length;
    await a.stop();
    await pair.settled(b);
    const goodbyes = (await pair.seen())
      .slice(before)
      .filter((each) => each.kind === 'advert' && each.port === 'a' && each.priority === 0);
    expect(goodbyes.length).toBeGreaterThan(0);
    await a.start();
    await pair.settled(a, b);
    segment.signal('a', 'SIGKILL');
    await until('b takes over from the dead', async () => (await b.role('edge')) === 'master', PATIENCE_MS);
    await spoken(pair, 'b');
  });
}
