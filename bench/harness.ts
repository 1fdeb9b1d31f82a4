import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

/** Named figures of one run of one side, in milliseconds unless the name says otherwise. */
export type Figures = Readonly<Record<string, number>>;

export interface Side {
  readonly name: string;
  /** For what takes minutes: no more rounds than this, and so many warm-ups. */
  readonly rounds?: number;
  readonly warmUps?: number;
  run(): Promise<Figures>;
}

export interface Ratio {
  readonly title: string;
  /** `side.figure` over `side.figure`, or the first alone. */
  readonly of: string;
  readonly over?: string;
  /** What it should be: `<= 1.5`, `>= 20`; absent for a ratio that is only told. */
  readonly aim?: string;
}

export interface Bench {
  readonly title: string;
  /** Where it has to run: on this machine, or in the lab's kernel. */
  readonly place: 'host' | 'lab';
  /** Programs whose versions belong to the result: a name and what prints the version. */
  readonly peers: Readonly<Record<string, readonly string[]>>;
  readonly ratios: readonly Ratio[];
  setup(): Promise<{ readonly sides: readonly Side[]; teardown(): Promise<void> }>;
}

export interface BenchResult {
  readonly name: string;
  readonly title: string;
  readonly rounds: number;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly peers: Readonly<Record<string, string>>;
  /** Every run of every figure, by `side.figure`. */
  readonly runs: Readonly<Record<string, readonly number[]>>;
  readonly medians: Readonly<Record<string, number>>;
  readonly ratios: readonly (Ratio & { readonly value: number; readonly met: boolean | null })[];
}

/** Rounds that do not count: a daemon's code is compiled by the time it matters. What a cold process costs is a side of its own. */
const WARM_UPS = 2;

export interface Measuring {
  readonly rounds: number;
  /** Names of the sides to run, all when absent. */
  readonly only: readonly string[] | undefined;
  /** Of the peers. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Runs the sides in turn, A B A B: a machine that slows down slows them all. */
export async function measure(
  name: string,
  bench: Bench,
  { rounds, only, versions }: Measuring,
  say: (line: string) => void,
): Promise<BenchResult> {
  const { sides: all, teardown } = await bench.setup();
  const sides = all.filter((side) => only?.includes(side.name) ?? true);
  const runs: Record<string, number[]> = {};
  try {
    for (let round = 1 - WARM_UPS; round <= rounds; round++) {
      for (const side of sides) {
        if (round > (side.rounds ?? rounds) || round <= -(side.warmUps ?? WARM_UPS)) continue;
        const figures = await side.run();
        say(
          `${round < 1 ? 'warm-up' : `round ${round}`}  ${side.name}: ${Object.entries(figures)
            .map(([key, value]) => `${key} ${round3(value)}`)
            .join(', ')}`,
        );
        if (round < 1) continue;
        for (const [figure, value] of Object.entries(figures)) {
          const key = `${side.name}.${figure}`;
          runs[key] = [...(runs[key] ?? []), value];
        }
      }
    }
  } finally {
    await teardown();
  }
  const medians = Object.fromEntries(Object.entries(runs).map(([key, values]) => [key, median(values)]));
  const measured = bench.ratios.filter(({ of, over = of }) => runs[of] && runs[over]);
  const ratios = measured.map((ratio) => {
    const value = median(pairwise(runs[ratio.of] ?? [], ratio.over === undefined ? undefined : runs[ratio.over]));
    return { ...ratio, value, met: ratio.aim === undefined ? null : meets(value, ratio.aim) };
  });
  return { name, title: bench.title, rounds, machine: machine(), peers: versions, runs, medians, ratios };
}

export function render(result: BenchResult): string {
  const width = Math.max(...Object.keys(result.medians).map((key) => key.length));
  const medians = Object.entries(result.medians).map(([key, value]) => `  ${key.padEnd(width)}  ${round3(value)}`);
  const wide = Math.max(...result.ratios.map(({ title }) => title.length));
  const ratios = result.ratios.map(({ title, value, aim, met }) =>
    `  ${title.padEnd(wide)}  ${String(round3(value)).padEnd(7)}${aim === undefined ? '' : `  aim ${aim}: ${met ? 'reached' : 'MISSED'}`}`.trimEnd(),
  );
  const aims = result.ratios.filter(({ met }) => met !== null);
  return [
    `${result.title}, ${result.rounds} rounds`,
    'medians',
    ...medians,
    'ratios (median of the rounds)',
    ...ratios,
    `aims: ${aims.filter(({ met }) => met).length} of ${aims.length} reached`,
  ].join('\n');
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
};

const pairwise = (a: readonly number[], b: readonly number[] | undefined): number[] =>
  a.map((value, i) => (b ? value / (b[i] ?? Number.NaN) : value));

function meets(value: number, aim: string): boolean {
  const [, sign, limit] = /^(<=|>=) ([\d.]+)$/.exec(aim) ?? [];
  if (limit === undefined) throw new Error(`an aim reads "<= 1.5" or ">= 20", not "${aim}"`);
  return sign === '<=' ? value <= Number(limit) : value >= Number(limit);
}

const round3 = (value: number): number => Number(value.toPrecision(4));

export function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  const hypervisor = /^flags.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'yes' : 'no';
  return {
    kernel: release(),
    node: process.version,
    cpus: cpus().length,
    cpu: cpu?.model ?? 'unknown',
    virtual: hypervisor,
  };
}
