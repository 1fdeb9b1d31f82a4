import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type InstanceSpec,
  NODES,
  type Node,
  type NodeKind,
  withLogs,
} from '../../test/support/network/nodes/index.ts';
import { now, type Seen } from '../../test/support/network/observer.ts';
import { openSegment, type Segment, until } from '../../test/support/segment.ts';
import { machine, median } from '../harness.ts';
import { KINDS } from './cells.ts';
import { versions } from './versions.ts';

const COUNTS = [1, 50, 250] as const;
const INTERVALS_MS = [1000, 100] as const;
const MOVED = { count: 200, intervalMs: 100 } as const;
const MOVES = ['black-hole', 'sigterm'] as const;
/** What happens at the start, announcements said again after 5 s included, is not the steady state. */
const SETTLE_MS = 7000;
/** Nor is the collection of the start's garbage, some 8 s after it. */
const STEADY_MS = 20_000;
/** On a machine that is busy with other work 200 instances may need this long. */
const MOVING_MS = 120_000;

/** `vrrp-load [SECONDS [RUNS]] [--only KIND]`: what many instances cost master and backup, and how soon all of them move. */
export async function main(args: readonly string[]): Promise<number> {
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const [seconds = '20', runs = '5'] = args.filter((word) => word !== '--only' && word !== only);
  const kinds = KINDS.filter((kind) => only === undefined || kind === only);
  if (kinds.length === 0 || !(Number(seconds) > 0) || !(Number(runs) > 0)) {
    process.stderr.write('usage: vrrp-load [SECONDS [RUNS]] [--only keepalived|fairlead]\n');
    return 2;
  }
  const costs: Cost[] = [];
  const moves: Move[] = [];
  // After each measurement, so that a run that is cut leaves what it had.
  const save = (): void => {
    if (only === undefined) writeResults(costs, moves);
  };
  for (const intervalMs of INTERVALS_MS)
    for (const count of COUNTS)
      for (const kind of kinds) {
        const cost = await onSegment({ kind, count, intervalMs, settleMs: STEADY_MS }, (pair) =>
          costOf(pair, Number(seconds)),
        );
        costs.push({ kind, count, intervalMs, ...cost });
        process.stderr.write(`${costLine({ kind, count, intervalMs, ...cost })}\n`);
        save();
      }
  for (const fault of MOVES)
    for (let run = 1; run <= Number(runs); run++)
      for (const kind of kinds) {
        const ms = await onSegment({ kind, ...MOVED, settleMs: SETTLE_MS }, (pair) => allMoved(pair, fault));
        moves.push({ kind, fault, ms });
        process.stderr.write(
          `${fault}, ${MOVED.count} instances, ${kind} ${run}: all moved after ${ms.toFixed(0)} ms\n`,
        );
        save();
      }
  process.stdout.write(`${[HEAD, ...costs.map(costLine), '', ...moveLines(moves)].join('\n')}\n`);
  return 0;
}

function writeResults(costs: readonly Cost[], moves: readonly Move[]): void {
  const about = { date: new Date().toISOString(), machine: machine(), versions: versions() };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(
    'bench/results/vrrp-load.json',
    `${JSON.stringify({ ...about, costs, moved: MOVED, moves }, null, 1)}\n`,
  );
}

interface Usage {
  /** Of one core. */
  readonly cpuPercent: number;
  /** Of all processes of the node. */
  readonly rssMb: number;
}
type Cost = { kind: NodeKind; count: number; intervalMs: number; master: Usage; backup: Usage };
type Move = { kind: NodeKind; fault: (typeof MOVES)[number]; ms: number };

interface Pair {
  readonly segment: Segment;
  readonly a: Node;
  readonly count: number;
  /** All that was seen. */
  look(): Promise<readonly Seen[]>;
}

/** One address for each instance, on no subnet of its own. */
const instances = (count: number, advertiseMs: number, priority: number): InstanceSpec[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `i${i + 1}`,
    vrid: i + 1,
    version: 3,
    priority,
    advertiseMs,
    addresses: [`10.77.1.${i + 1}/32`],
  }));

/** Two nodes with so many instances; `work` begins when the better one has held every address for a while. */
async function onSegment<T>(
  { kind, count, intervalMs, settleMs }: { kind: NodeKind; count: number; intervalMs: number; settleMs: number },
  work: (pair: Pair) => Promise<T>,
): Promise<T> {
  const segment = await openSegment();
  const [a, b] = [150, 100].map((priority, i) =>
    NODES[kind](segment, i === 0 ? 'a' : 'b', instances(count, intervalMs, priority)),
  ) as [Node, Node];
  const seen: Seen[] = [];
  const look = async (): Promise<readonly Seen[]> => {
    for (const each of await segment.observer.read()) if (each.kind !== 'advert') seen.push(each);
    return seen;
  };
  try {
    await a.start();
    await until('a holds all', async () => holding(await look(), 'a') === count, 60_000);
    await b.start();
    const settled = async () => holding(await look(), 'a') === count && holding(await look(), 'b') === 0;
    await sleep(settleMs);
    await until('a alone holds all', settled, 60_000);
    return await work({ segment, a, count, look });
  } catch (error) {
    throw withLogs(error, [a, b]);
  } finally {
    await segment.close();
  }
}

async function costOf({ segment }: Pair, seconds: number): Promise<Pick<Cost, 'master' | 'backup'>> {
  const hosts = ['a', 'b'] as const;
  const before = hosts.map((host) => cpuNs(segment.pids(host)));
  const from = now();
  await sleep(seconds * 1000);
  const elapsedNs = (now() - from) * 1e6;
  const [master, backup] = hosts.map((host, i): Usage => {
    const pids = segment.pids(host);
    const used = cpuNs(pids) - (before[i] ?? 0);
    return { cpuPercent: (used / elapsedNs) * 100, rssMb: pids.reduce((sum, pid) => sum + rssMb(pid), 0) };
  }) as [Usage, Usage];
  return { master, backup };
}

/** From the fault until the other node holds every address. */
async function allMoved({ segment, a, count, look }: Pair, fault: (typeof MOVES)[number]): Promise<number> {
  const from = now();
  if (fault === 'black-hole') await segment.cut('a');
  const stopped = fault === 'sigterm' ? a.stop() : undefined;
  await until('b holds all', async () => holding(await look(), 'b') === count, MOVING_MS);
  await stopped;
  const added = (await look()).filter((each) => each.kind === 'add' && each.node === 'b' && each.at >= from);
  return (added.at(-1)?.at ?? Number.NaN) - from;
}

function holding(seen: readonly Seen[], node: string): number {
  const held = new Set<string>();
  for (const each of seen) {
    if ((each.kind !== 'add' && each.kind !== 'del') || each.node !== node || !each.address.startsWith('10.77.1.'))
      continue;
    if (each.kind === 'add') held.add(each.address);
    else held.delete(each.address);
  }
  return held.size;
}

/** Time on a processor of all threads, as the scheduler counts it. */
function cpuNs(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids)
    for (const thread of readdirSync(`/proc/${pid}/task`))
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return sum;
}

const rssMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const HEAD = 'instances, advert interval, who: CPU % of a core master/backup, resident MB master/backup';

const costLine = ({ kind, count, intervalMs, master, backup }: Cost): string =>
  [
    `${count}`.padStart(4),
    `${intervalMs} ms`.padStart(8),
    kind.padEnd(10),
    `${master.cpuPercent.toFixed(2)} / ${backup.cpuPercent.toFixed(2)} %`.padEnd(16),
    `${master.rssMb.toFixed(1)} / ${backup.rssMb.toFixed(1)} MB`,
  ].join('  ');

function moveLines(moves: readonly Move[]): string[] {
  return MOVES.flatMap((fault) =>
    KINDS.flatMap((kind) => {
      const times = moves.filter((move) => move.fault === fault && move.kind === kind).map(({ ms }) => ms);
      if (times.length === 0) return [];
      const [least, most] = [Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0));
      const name = `all ${MOVED.count} addresses moved at ${MOVED.intervalMs} ms after ${fault}`;
      return [`${name}, ${kind}: ${least} / ${median(times).toFixed(0)} / ${most} ms`];
    }),
  );
}
