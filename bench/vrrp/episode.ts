import { setTimeout as sleep } from 'node:timers/promises';
import { NODES, type Node, type NodeKind, withLogs } from '../../test/support/network/nodes/index.ts';
import { now, type Seen } from '../../test/support/network/observer.ts';
import { type Segment, until } from '../../test/support/segment.ts';
import { type Cell, type Fault, INTERVALS, instance, VIRTUAL } from './cells.ts';

/** What one fault did, in milliseconds. */
export interface Episode {
  /** Longest time that the client went without an answer, less the millisecond between two probes. */
  readonly gap: number;
  /** From the fault to the other node's first answer; NaN: there was none. */
  readonly takeover: number;
  /** How long two nodes held the address. */
  readonly dual: number;
  /** How many held it at the end. */
  readonly holders: number;
  /** Longest time without an answer from an address that no fault touches: the machine's own part. */
  readonly noise: number;
}

const STOPPED_MS = 5000;
const PATIENCE_MS = 10_000;
/** After everything was killed the end is when one node is left with the address, or this. */
const KILLED_MS = 12_000;

/** Two nodes of a kind begin, the better one becomes master, the fault strikes it, the other takes over. `phase`, from 0 to 1,
 *  says when between two adverts it strikes. */
export async function episode(segment: Segment, kind: NodeKind, cell: Cell, phase: number): Promise<Episode> {
  const a = NODES[kind](segment, 'a', [instance(cell.interval, 150)]);
  const b = NODES[kind](segment, 'b', [instance(cell.interval, 100)]);
  const { observer } = segment;
  const interval = INTERVALS[cell.interval].advertiseMs;
  const seen: Seen[] = [];
  const look = async (): Promise<readonly Seen[]> => {
    seen.push(...(await observer.read()));
    return seen;
  };
  await observer.read();
  try {
    await Promise.all([a.start(), b.start()]);
    observer.probe(VIRTUAL);
    const settled = async () => (await a.role('edge')) === 'master' && (await b.role('edge')) === 'backup';
    await until('a is master, b backup', async () => (await settled()) && answers(await look(), 'a') > 0);
    await sleep(200 + 2 * interval);
    const lastAt = lastAdvert(await look());
    const missed = Math.ceil((now() + 10 - lastAt) / interval);
    await sleep(lastAt + (missed + phase) * interval - now());
    const faultAt = now();
    const finish = await strike(segment, a, cell.fault);
    await until('b answers', async () => answers(await look(), 'b', faultAt) > 0, PATIENCE_MS).catch(() => {});
    await finish();
    if (cell.fault === 'kill-all') {
      const left = faultAt + KILLED_MS - now();
      await until('one is left', async () => holdersOf(await look()).length < 2, left).catch(() => {});
    }
    await sleep(300 + 2 * interval);
    return judge(await look(), faultAt, now());
  } catch (error) {
    throw withLogs(error, [a, b]);
  } finally {
    observer.quiet();
    if (cell.fault === 'link-down') await segment.linkUp('a');
    if (cell.fault === 'black-hole') await segment.mend('a');
    await clear(segment, [a, b]);
  }
}

/** Does the fault; what it returns waits until the fault is over, where that is part of it. */
async function strike(segment: Segment, node: Node, fault: Fault): Promise<() => Promise<void>> {
  const { host } = node;
  const over = async (): Promise<void> => {};
  const deeds: Record<Fault, () => Promise<() => Promise<void>>> = {
    async sigterm() {
      const stopped = node.stop();
      return () => stopped;
    },
    async 'kill-all'() {
      segment.signal(host, 'SIGKILL');
      return over;
    },
    async 'kill-main'() {
      process.kill(node.mainPid(), 'SIGKILL');
      return over;
    },
    async 'link-down'() {
      await segment.linkDown(host);
      return over;
    },
    async 'black-hole'() {
      await segment.cut(host);
      return over;
    },
    async sigstop() {
      segment.signal(host, 'SIGSTOP');
      const stopped = sleep(STOPPED_MS);
      return async () => {
        await stopped;
        segment.signal(host, 'SIGCONT');
        await sleep(1000);
      };
    },
  };
  return deeds[fault]();
}

/** Everything as before the nodes began. */
async function clear(segment: Segment, nodes: readonly Node[]): Promise<void> {
  for (const { host } of nodes) segment.signal(host, 'SIGKILL');
  await Promise.all(
    nodes.map(async (node) => {
      await until('all have ended', () => segment.pids(node.host).length === 0);
      await node.tidy();
    }),
  );
  await segment.ip('client', ['neighbour flush dev eth0']);
}

const answers = (seen: readonly Seen[], node: string, since = 0): number =>
  seen.filter((each) => each.kind === 'answer' && each.node === node && each.at >= since).length;

function lastAdvert(seen: readonly Seen[]): number {
  const last = seen.findLast((each) => each.kind === 'advert' && each.port === 'a');
  if (!last) throw new Error('a has sent no advert');
  return last.at;
}

/** Who holds the address after all this. */
function holdersOf(seen: readonly Seen[]): string[] {
  const held = new Set<string>();
  for (const each of seen) {
    if ((each.kind !== 'add' && each.kind !== 'del') || each.address !== VIRTUAL) continue;
    if (each.kind === 'add') held.add(each.node);
    else held.delete(each.node);
  }
  return [...held];
}

function judge(seen: readonly Seen[], from: number, to: number): Episode {
  const within = seen.filter(({ at }) => at >= from - 20 && at <= to);
  const first = within.find((each) => each.kind === 'answer' && each.node === 'b' && each.at >= from);
  return {
    gap: longest(within, 'answer', to),
    takeover: first ? first.at - from : Number.NaN,
    dual: dualTime(seen, from, to),
    holders: holdersOf(seen).length,
    noise: longest(within, 'control', to),
  };
}

function longest(seen: readonly Seen[], kind: 'answer' | 'control', to: number): number {
  const times = [...seen.filter((each) => each.kind === kind).map(({ at }) => at), to];
  return Math.max(0, ...times.slice(1).map((at, i) => at - (times[i] ?? at) - 1));
}

/** How long the address was held twice, from the fault on. */
function dualTime(seen: readonly Seen[], from: number, to: number): number {
  const changes = seen.filter((each) => (each.kind === 'add' || each.kind === 'del') && each.address === VIRTUAL);
  const held = new Set<string>();
  let since = from;
  let sum = 0;
  for (const each of changes) {
    if (each.kind !== 'add' && each.kind !== 'del') continue;
    if (held.size > 1 && each.at > since) sum += each.at - since;
    since = Math.max(since, each.at);
    if (each.kind === 'add') held.add(each.node);
    else held.delete(each.node);
  }
  return held.size > 1 ? sum + to - since : sum;
}
