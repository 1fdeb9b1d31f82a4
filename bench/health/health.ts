import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Lab, openLab } from '../../src/lab/lab.ts';
import { bare } from '../../src/lab/topologies/bare.ts';
import { machine } from '../harness.ts';
import { versions } from '../vrrp/versions.ts';
import { buildResponder, openGround } from './ground.ts';
import { PARTS, type Row } from './parts.ts';
import { render } from './table.ts';

/** `health [PART...] [--real-time]`: health checks beside keepalived's, on one kernel, in the same namespaces, in turn. The lab's
 *  processor executes an instruction a nanosecond and its time passes by nothing else, so that other work on this machine
 *  changes no figure; with `--real-time` it is as fast as this machine lets it be. */

const RESULTS = 'bench/results/health.json';
const HERE = '--here';
const REAL_TIME = '--real-time';

export async function main(args: readonly string[]): Promise<number> {
  const parts = args.filter((word) => word !== HERE && word !== REAL_TIME);
  const unknown = parts.find((part) => !(part in PARTS));
  if (unknown !== undefined) {
    process.stderr.write(`usage: health [PART...] [${REAL_TIME}]\nparts: ${Object.keys(PARTS).join(', ')}\n`);
    return 2;
  }
  const wanted = parts.length > 0 ? parts : Object.keys(PARTS);
  if (args.includes(HERE)) return measureHere(wanted[0] ?? '');
  const counted = !args.includes(REAL_TIME);
  const measured = await measureInLab(wanted, counted);
  // Figures of real time are for comparing with: they are not kept among the others.
  if (counted) keep(measured);
  process.stdout.write(`${render(measured.parts)}\n`);
  return Object.keys(measured.parts).length === wanted.length ? 0 : 1;
}

interface Measured {
  readonly machine: Row;
  readonly versions: Row;
  readonly parts: Readonly<Record<string, readonly Row[]>>;
}

/** Inside the lab: one part, its rows as lines of JSON. */
async function measureHere(part: string): Promise<number> {
  const ground = openGround(process.env.FAIRLEAD_RESPONDER ?? '');
  try {
    await PARTS[part]?.(ground, (row) => {
      // What a side has not, such as an event loop, is no figure of it.
      const figures = Object.entries(row).filter(([, value]) => !Number.isNaN(value));
      process.stdout.write(`${JSON.stringify(Object.fromEntries(figures))}\n`);
    });
    process.stdout.write(`${JSON.stringify({ machine: machine() })}\n`);
    return 0;
  } finally {
    ground.close();
  }
}

async function measureInLab(wanted: readonly string[], counted: boolean): Promise<Measured> {
  // Beside this bundle, where the lab sees it too.
  const responder = buildResponder(dirname(fileURLToPath(import.meta.url)));
  process.stderr.write('starting the lab\n');
  const lab = await openLab({ topology: bare, counted });
  const parts: Record<string, readonly Row[]> = {};
  let guest: Row = {};
  try {
    for (const part of wanted) {
      try {
        const { rows, machine } = await measurePart(lab, part, responder);
        parts[part] = rows;
        guest = { ...machine, time: counted ? 'an instruction a nanosecond, one processor' : 'real' };
      } catch (error) {
        process.stderr.write(`${part} failed: ${String(error)}\n`);
      }
    }
  } finally {
    await lab.close();
  }
  return { machine: guest, versions: versions(), parts };
}

async function measurePart(lab: Lab, part: string, responder: string): Promise<{ rows: Row[]; machine: Row }> {
  process.stderr.write(`${part}\n`);
  const rows: Row[] = [];
  let inside: Row = {};
  const command = [process.execPath, fileURLToPath(import.meta.url), 'health', part, HERE];
  const child = await lab.spawn('root', command, { env: { FAIRLEAD_RESPONDER: responder }, cwd: process.cwd() });
  let rest = '';
  child.stdout.on('data', (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const value = JSON.parse(line) as Row | { readonly machine: Row };
      if (typeof value.machine === 'object') inside = value.machine;
      else {
        const row = value as Row;
        const load = Number((loadavg()[0] ?? 0).toFixed(2));
        rows.push({ date: new Date().toISOString(), ...row, load });
        process.stderr.write(`  ${inWords(row)}, load of this machine ${load} on ${cpus().length}\n`);
      }
    }
  });
  child.stderr.pipe(process.stderr);
  const code = await child.exited;
  if (code !== 0) throw new Error(`it ended with exit code ${code}`);
  return { rows, machine: inside };
}

/** Parts that were not measured this time stay as they were. */
function keep(measured: Measured): void {
  let before: Measured | undefined;
  try {
    before = JSON.parse(readFileSync(RESULTS, 'utf8')) as Measured;
  } catch {
    // The first time there is none.
  }
  mkdirSync(dirname(RESULTS), { recursive: true });
  const record = { ...measured, parts: { ...before?.parts, ...measured.parts } };
  writeFileSync(RESULTS, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(`written to ${RESULTS}\n`);
}

const inWords = (row: Row): string =>
  Object.entries(row)
    .map(([key, value]) => `${key} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');
