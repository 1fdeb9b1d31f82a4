import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLab } from '../src/lab/lab.ts';
import { bare } from '../src/lab/topologies/bare.ts';
import { type BenchResult, measure, render } from './harness.ts';
import { BENCHES, PARTS } from './table.ts';

/** `run NAME [ROUNDS [SIDE,SIDE...]]` on the host, or with `--here` where the benchmark has to run: that prints JSON. Of some
 *  sides only, to look at while working on them, nothing is written. */
const args = process.argv.slice(2).filter((word) => word !== '--here');
const here = process.argv.includes('--here');
const [name = '', rounds = '5', sides = ''] = args;
const part = PARTS[name];
if (part) {
  process.stdout.write(JSON.stringify((await part(...args.slice(1))) ?? null));
  process.exit(0);
}
const load = BENCHES[name];
if (!load) {
  process.stderr.write(
    `usage: npm run bench -- NAME [ROUNDS [SIDE,SIDE...]]\nbenchmarks: ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exit(2);
}
const loaded = await load();
if ('main' in loaded) process.exit(await loaded.main(process.argv.slice(3)));
const { bench } = loaded;

if (here) process.stdout.write(JSON.stringify(await measureHere()));
else await publish(bench.place === 'host' ? await measureHere() : await measureInLab());

function measureHere(): Promise<BenchResult> {
  const versions = Object.fromEntries(
    Object.entries(bench.peers).map(([peer, [command = '', ...args]]) => [peer, firstLine(command, args)]),
  );
  const only = sides === '' ? undefined : sides.split(',');
  return measure(name, bench, { rounds: Number(rounds), only, versions }, (line) => process.stderr.write(`${line}\n`));
}

async function measureInLab(): Promise<BenchResult> {
  process.stderr.write('starting the lab\n');
  const lab = await openLab({ topology: bare });
  try {
    const env = { FAIRLEAD_BARE: bareLoop() };
    const command = [process.execPath, fileURLToPath(import.meta.url), name, rounds, sides, '--here'];
    const child = await lab.spawn('root', command, { env });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('utf8');
    });
    child.stderr.pipe(process.stderr);
    const code = await child.exited;
    if (code !== 0) throw new Error(`the benchmark ended with exit code ${code}`);
    return JSON.parse(output) as BenchResult;
  } finally {
    await lab.close();
  }
}

/** Built beside this bundle: the limit that the apply benchmark compares with. */
function bareLoop(): string {
  const program = join(dirname(fileURLToPath(import.meta.url)), 'bare');
  execFileSync('g++', ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror', 'bench/native/bare.cc', '-o', program]);
  return program;
}

async function publish(result: BenchResult): Promise<void> {
  process.stdout.write(`${render(result)}\n`);
  if (sides !== '') return;
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(`bench/results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`written to bench/results/${name}.json\n`);
}

function firstLine(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0] ?? '';
}
