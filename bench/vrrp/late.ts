import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { disturbed } from '../../test/support/network/mischief.ts';
import { type FairleadNode, fairlead, type InstanceSpec, withLogs } from '../../test/support/network/nodes/index.ts';
import type { Seen } from '../../test/support/network/observer.ts';
import { openSegment, type Segment, until } from '../../test/support/segment.ts';
import { machine } from '../harness.ts';
import { lengthOf, longest, netOf, type Span, spansOf } from './spans.ts';
import { versions } from './versions.ts';

const COUNT = 250;
const INTERVAL_MS = 100;
/** More than this after the one before it, an advert counts as late. */
const LATE_INTERVALS = 1.5;
/** Upper bounds in milliseconds of how much later than an interval after the one before it an advert came. */
const BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50] as const;
const PATIENCE_MS = 120_000;

interface Scenario {
  readonly name: string;
  readonly mischief: string;
  /** What is done to the master; adverts are looked at until it is over. */
  act(a: FairleadNode): Promise<void>;
}

const disturb = (lastsMs: number) => async (a: FairleadNode) => {
  process.kill(a.mainPid(), 'SIGUSR2');
  await sleep(lastsMs);
};

const SCENARIOS: readonly Scenario[] = [
  { name: 'nothing for 10 s', mischief: 'hang 0', act: () => sleep(10_000) },
  { name: 'main thread hangs for 10 s', mischief: 'hang 10000', act: disturb(11_000) },
  { name: 'garbage is collected for 5 s', mischief: 'collect 5000', act: disturb(6000) },
  { name: 'reloads: the same 3 times, a bad file, one address more for each', mischief: 'hang 0', act: reloads },
];

async function reloads(a: FairleadNode): Promise<void> {
  for (let i = 0; i < 3; i++) await a.reload(specs(150));
  await a.reload('instances: [{ name: x, vrid: 300 }]\n');
  await a.reload(specs(150, true));
  await sleep(2000);
}

const specs = (priority: number, more = false): InstanceSpec[] =>
  Array.from({ length: COUNT }, (_, i) => ({
    name: `i${i + 1}`,
    vrid: i + 1,
    version: 3,
    advertiseMs: INTERVAL_MS,
    priority,
    addresses: [`10.77.1.${i + 1}/32`, ...(more ? [`10.77.2.${i + 1}/32`] : [])],
  }));

interface Found {
  readonly name: string;
  /** How many adverts came within each of the bounds, and beyond the last. */
  readonly counts: readonly number[];
  /** Longest time between two adverts of one instance, in intervals. */
  readonly longestIntervals: number;
  readonly late: number;
  /** Those that are late also without the pauses of the machine. */
  readonly lateNet: number;
  /** Adverts of the other one: it should have none. */
  readonly takeovers: number;
  /** Longest time that an address without any part in this gave no answer: the machine's own part. */
  readonly noiseMs: number;
}

/** `vrrp-late`: how late the adverts of 250 instances come at their peer while something else happens in the daemon. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    process.stderr.write('usage: vrrp-late\n');
    return 2;
  }
  const found: Found[] = [];
  for (const scenario of SCENARIOS) {
    const segment = await openSegment();
    try {
      found.push(await watch(segment, scenario));
    } finally {
      await segment.close();
    }
    process.stdout.write(`${linesOf(found.at(-1) as Found).join('\n')}\n`);
  }
  const record = { date: new Date().toISOString(), machine: machine(), versions: versions() };
  const about = { count: COUNT, intervalMs: INTERVAL_MS, boundsMs: BOUNDS_MS };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/vrrp-late.json', `${JSON.stringify({ ...record, ...about, found }, null, 1)}\n`);
  process.stdout.write('written to bench/results/vrrp-late.json\n');
  return found.every(({ lateNet, takeovers }) => lateNet + takeovers === 0) ? 0 : 1;
}

async function watch(segment: Segment, { name, mischief, act }: Scenario): Promise<Found> {
  const [a, b] = [150, 100].map((priority, i) =>
    fairlead(segment, i === 0 ? 'a' : 'b', specs(priority), disturbed(segment, mischief)),
  ) as [FairleadNode, FairleadNode];
  const all = (node: FairleadNode, role: string) => async () =>
    (await node.instances()).every(({ state }) => state === role);
  try {
    await a.start();
    await until('a is master of all', all(a, 'master'), PATIENCE_MS);
    await b.start();
    await until('b is backup of all', all(b, 'backup'), PATIENCE_MS);
    // Nobody holds it: the control address is probed beside it.
    segment.observer.probe('10.77.0.250');
    await sleep(1000);
    await segment.observer.read();
    await act(a);
    return judge(name, await segment.observer.read());
  } catch (error) {
    throw withLogs(error, [a, b]);
  }
}

function judge(name: string, seen: readonly Seen[]): Found {
  const gaps: Span[] = [];
  const last = new Map<number, number>();
  let takeovers = 0;
  for (const each of seen) {
    if (each.kind !== 'advert') continue;
    if (each.port === 'b') takeovers++;
    if (each.port !== 'a') continue;
    const before = last.get(each.vrid);
    last.set(each.vrid, each.at);
    if (before !== undefined) gaps.push([before, each.at]);
  }
  const control = spansOf(seen, 'control', seen.at(-1)?.at ?? 0);
  const within = (gap: Span) => BOUNDS_MS.findIndex((bound) => lengthOf(gap) - INTERVAL_MS <= bound);
  const places = gaps.map(within);
  const counts = [...BOUNDS_MS.keys(), -1].map((place) => places.filter((each) => each === place).length);
  const late = gaps.filter((gap) => lengthOf(gap) > LATE_INTERVALS * INTERVAL_MS);
  return {
    name,
    counts,
    longestIntervals: gaps.reduce((most, gap) => Math.max(most, lengthOf(gap)), 0) / INTERVAL_MS,
    late: late.length,
    lateNet: late.filter((gap) => netOf(gap, control) > LATE_INTERVALS * INTERVAL_MS).length,
    takeovers,
    noiseMs: longest(control.map(lengthOf)),
  };
}

function linesOf({ name, counts, longestIntervals, late, lateNet, takeovers, noiseMs }: Found): string[] {
  const sum = counts.reduce((total, count) => total + count, 0);
  const rows = counts.map((count, i) => {
    const bound = BOUNDS_MS[i] === undefined ? `> ${BOUNDS_MS.at(-1)} ms` : `<= ${BOUNDS_MS[i]} ms`;
    return `  ${bound.padStart(10)}  ${String(count).padStart(7)}  ${((100 * count) / sum).toFixed(2).padStart(6)} %`;
  });
  return [
    `${name}: ${sum} adverts of ${COUNT} instances every ${INTERVAL_MS} ms, later than that after the one before:`,
    ...rows,
    `  longest ${longestIntervals.toFixed(2)} intervals; beyond ${LATE_INTERVALS}: ${late}, without the machine's pauses ${lateNet} (the longest was ${noiseMs.toFixed(1)} ms)`,
    `  adverts of the peer: ${takeovers}`,
  ];
}
