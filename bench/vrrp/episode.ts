import { setTimeout as sleep } from 'node:timers/promises';
import { NODES, type Node, type NodeKind, withLogs } from '../../test/support/network/nodes/index.ts';
import { now, type Seen } from '../../test/support/network/observer.ts';
import { type Segment, until } from '../../test/support/segment.ts';
import { type Cell, type Fault, INTERVALS, instance, VIRTUAL } from './cells.ts';
import { type Episode, holdersOf, judge } from './judge.ts';
import type { Turns } from './turns.ts';

const STOPPED_MS = 5000;
const PATIENCE_MS = 10_000;
/** After everything was killed the end is when the dead one's address is gone, or this. */
const KILLED_MS = 11_000;
/** What comes after the start and after the take-over: code that is compiled, words that are said again. */
const CALM_MS = 300;

/** Two nodes of a kind begin, the better one becomes master, the fault strikes it, the other takes over. `phase`, from 0 to 1,
 *  says when between two adverts it strikes. */
export async function episode(
  segment: Segment,
  turns: Turns,
  kind: NodeKind,
  cell: Cell,
  phase: number,
): Promise<Episode> {
  const a = NODES[kind](segment, 'a', [instance(cell.interval, 150)]);
  const b = NODES[kind](segment, 'b', [instance(cell.interval, 100)]);
  const { observer } = segment;
  const interval = INTERVALS[cell.interval].advertiseMs;
  const seen: Seen[] = [];
  const look = async (): Promise<readonly Seen[]> => {
    seen.push(...(await observer.read()));
    return seen;
  };
  const blow = async (): Promise<Blow> => {
    const lastAt = lastAdvert(await look());
    const missed = Math.ceil((now() + 10 - lastAt) / interval);
    await sleep(lastAt + (missed + phase) * interval - now());
    const faultAt = now();
    const finish = await strike(segment, a, cell.fault);
    if (cell.fault === 'none') await sleep(CALM_MS);
    else await until('b answers', async () => answers(await look(), 'b', faultAt) > 0, PATIENCE_MS).catch(() => {});
    await sleep(CALM_MS);
    return { faultAt, finish };
  };
  await observer.read();
  try {
    await turns.alone(() => Promise.all([a.start(), b.start()]));
    observer.probe(VIRTUAL);
    const settled = async () => (await a.role('edge')) === 'master' && (await b.role('edge')) === 'backup';
    await until('a is master, b backup', async () => (await settled()) && answers(await look(), 'a') > 0);
    await sleep(CALM_MS);
    const { faultAt, finish } = await (isBrief(cell) ? turns.alone(blow) : blow());
    await finish();
    if (cell.fault === 'kill-all') {
      const left = faultAt + KILLED_MS - now();
      await until('the address is gone', async () => !holdersOf(await look()).includes('a'), left).catch(() => {});
    }
    await sleep(CALM_MS + interval);
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

interface Blow {
  readonly faultAt: number;
  /** Waits until the fault is over, where that is part of it. */
  finish(): Promise<void>;
}

/** What is a matter of milliseconds has the machine to itself; beside seconds it does not matter. */
const isBrief = ({ fault, interval }: Cell): boolean =>
  INTERVALS[interval].advertiseMs < 1000 || fault === 'sigterm' || fault === 'none';

/** Does the fault; what it returns waits until the fault is over, where that is part of it. */
async function strike(segment: Segment, node: Node, fault: Fault): Promise<() => Promise<void>> {
  const { host } = node;
  const over = async (): Promise<void> => {};
  const deeds: Record<Fault, () => Promise<() => Promise<void>>> = {
    async none() {
      return over;
    },
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
