import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLab } from '../../src/lab/lab.ts';
import { bare } from '../../src/lab/topologies/bare.ts';
import { machine, median } from '../harness.ts';
import { allHang, cost, deaths, mass } from './episodes.ts';
import type { Fault, Ground } from './ground.ts';
import { buildResponder, openGround } from './ground.ts';
import type { Asked, SideName } from './sides.ts';

/** `health [PART...]`: health checks beside keepalived's, on one kernel, in the same namespaces, in turn. */

type Rows = readonly Readonly<Record<string, string | number>>[];

const BOTH: readonly SideName[] = ['keepalived', 'fairlead'];
const SPAN = { warmUpS: 20, windows: 3, windowS: 10 };
const DEATHS = 8;

const costs =
  (asked: Asked, servers: number, sides = BOTH) =>
  async (ground: Ground): Promise<Rows> => {
    const rows = [];
    for (const side of sides)
      rows.push(told({ side, asked, servers, ...(await cost(ground, side, { asked, servers, fall: 3 }, SPAN)) }));
    return rows;
  };

const died =
  (fault: Fault) =>
  async (ground: Ground): Promise<Rows> => {
    const asked = fault === 'hang' ? 'http' : 'tcp';
    const rows = [];
    for (const side of [...BOTH, 'fairlead-between'] as const) {
      const times = await deaths(ground, side, { asked, servers: 4, fall: 3 }, fault, DEATHS);
      const [minMs, medianMs, maxMs] = [Math.min(...times), median(times), Math.max(...times)];
      rows.push(told({ side, fault, asked, minMs, medianMs, maxMs }));
    }
    return rows;
  };

/** Each part stays within the few minutes that a shared machine can be held. */
const PARTS: Readonly<Record<string, (ground: Ground) => Promise<Rows>>> = {
  'tcp-500': costs('tcp', 500),
  'http-500': costs('http', 500),
  'ping-500': costs('ping', 500),
  'tcp-5000': costs('tcp', 5000),
  'http-5000': costs('http', 5000),
  'ping-5000': costs('ping', 5000),
  'size-10000': costs('tcp', 10_000, ['fairlead']),
  refuse: died('refuse'),
  'black-hole': died('black-hole'),
  hang: died('hang'),
  mass: async (ground) => {
    const rows = [];
    for (const side of BOTH)
      rows.push(told({ side, ...(await mass(ground, side, { asked: 'tcp', servers: 1000, fall: 1 })) }));
    return rows;
  },
  'all-hang': async (ground) => {
    const task = { asked: 'http', servers: 100, fall: 3 } as const;
    return [
      told({ side: 'keepalived', leastInTable: await allHang(ground, 'keepalived', task, 20) }),
      told({ side: 'fairlead', leastInTable: await allHang(ground, 'fairlead', task, 20) }),
      told({
        side: 'fairlead, panic: 50',
        leastInTable: await allHang(ground, 'fairlead', { ...task, panic: 50 }, 20),
      }),
    ];
  },
};

export async function main(args: readonly string[]): Promise<number> {
  const here = args.includes('--here');
  const parts = args.filter((word) => word !== '--here');
  const unknown = parts.find((part) => !(part in PARTS));
  if (unknown !== undefined) {
    process.stderr.write(`usage: health [PART...]\nparts: ${Object.keys(PARTS).join(', ')}\n`);
    return 2;
  }
  const wanted = parts.length > 0 ? parts : Object.keys(PARTS);
  if (here) {
    process.stdout.write(JSON.stringify(await measureHere(wanted)));
    return 0;
  }
  keep(await measureInLab(wanted));
  return 0;
}

interface Measured {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parts: Readonly<Record<string, Rows>>;
}

async function measureHere(wanted: readonly string[]): Promise<Measured> {
  const ground = openGround(process.env.FAIRLEAD_RESPONDER ?? '');
  const parts: Record<string, Rows> = {};
  try {
    for (const part of wanted) {
      try {
        parts[part] = (await PARTS[part]?.(ground)) ?? [];
      } catch (error) {
        process.stderr.write(`${part} failed: ${String(error)}\n`);
      }
    }
  } finally {
    ground.close();
  }
  return { machine: machine(), parts };
}

async function measureInLab(wanted: readonly string[]): Promise<Measured> {
  // Beside this bundle, where the lab sees it too.
  const responder = buildResponder(dirname(fileURLToPath(import.meta.url)));
  process.stderr.write('starting the lab\n');
  const lab = await openLab({ topology: bare, counted: true });
  try {
    const command = [process.execPath, fileURLToPath(import.meta.url), 'health', ...wanted, '--here'];
    const env = { FAIRLEAD_RESPONDER: responder };
    const child = await lab.spawn('root', command, { env, cwd: process.cwd() });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.pipe(process.stderr);
    const code = await child.exited;
    if (code !== 0) throw new Error(`the benchmark ended with exit code ${code}`);
    return JSON.parse(output) as Measured;
  } finally {
    await lab.close();
  }
}

const RESULTS = 'bench/results/health.json';

/** Parts that were not measured this time stay as they were. */
function keep(measured: Measured): void {
  let before: Measured | undefined;
  try {
    before = JSON.parse(readFileSync(RESULTS, 'utf8')) as Measured;
  } catch {
    // The first time there is none.
  }
  const date = new Date().toISOString();
  const dated = Object.fromEntries(
    Object.entries(measured.parts).map(([part, rows]) => [part, rows.map((row) => ({ date, ...row }))]),
  );
  mkdirSync('bench/results', { recursive: true });
  const record = { machine: measured.machine, parts: { ...before?.parts, ...dated } };
  writeFileSync(RESULTS, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(`written to ${RESULTS}\n`);
}

function told<T extends Readonly<Record<string, string | number>>>(row: T): T {
  process.stderr.write(`${inWords(row)}\n`);
  return row;
}

const inWords = (row: Readonly<Record<string, string | number>>): string =>
  Object.entries(row)
    .map(([key, value]) => `${key} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');
