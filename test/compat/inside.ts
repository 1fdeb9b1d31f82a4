import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { programPath, ROOT_DIRECTORY } from '../../src/lab/installation.ts';
import { type Case, readCases, readTables } from './case.ts';
import { generatedCases } from './grammar.ts';
import { openJudge, processSide, type Side } from './judge.ts';
import { LIVE } from './live.ts';
import { openOurs } from './ours.ts';
import { openTables } from './state.ts';
import { compareAll, type Pair } from './suite.ts';
import { openTraffic } from './traffic.ts';

/** The part that runs in the lab, in a network of its own: `inside.mjs FORK_SERVER [OPTION...]`. */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '150' },
    only: { type: 'string', default: '' },
    processes: { type: 'string', default: '36' },
    'judge-itself': { type: 'boolean', default: false },
  },
});
const [preload = ''] = positionals;
const JUDGE = '/usr/sbin';
const NOBODY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

const file = (name: string) => readFileSync(join(ROOT_DIRECTORY, 'test/compat', name), 'utf8');
const say = (line: string) => void process.stderr.write(`${line}\n`);

const judge = openJudge(join(JUDGE, 'ipvsadm'), preload);
const ours: Side = values['judge-itself'] ? judge : openOurs();
const ourPrograms = values['judge-itself'] ? JUDGE : linkOurs();
const tables = openTables(judge, readTables(file('tables.txt')));

const written = readCases(file('cases.txt')).filter((one) => one.words.join(' ').includes(values.only));
const processes = spread(
  written.filter((one) => one.process),
  Number(values.processes),
);
const inProcess = written.filter((one) => !one.process || (one.program === 'ipvsadm' && !one.nobody));
const generated = values.only ? [] : generatedCases(Number(values.seed), Number(values.count));
say(
  `${written.length} written cases, ${generated.length} generated from seed ${values.seed}, ${processes.length} as processes`,
);

const live = (one: Case) => LIVE.has(one.table);
const both: Pair = { theirs: judge, ours };
const phases: readonly [string, readonly Case[], (one: Case) => Pair][] = [
  ['written', inProcess.filter((one) => !live(one)), () => both],
  ['generated', generated, () => both],
  ['processes', processes.filter((one) => !live(one)), processPair],
];
const differences: string[] = [];
let [cases, documented] = [0, 0];
for (const [name, some, pairOf] of phases) await run(name, some, pairOf);
if (written.some(live)) {
  await tables.prepare('traffic');
  const traffic = await openTraffic();
  await tables.state();
  await run('with connections', inProcess.filter(live), () => both);
  await run('with connections, processes', processes.filter(live), processPair);
  traffic.close();
}
tables.close();
judge.close();
for (const difference of differences) process.stdout.write(`${difference}\n\n`);
process.stdout.write(`${cases} cases, ${differences.length} differences, ${documented} documented\n`);
process.exitCode = differences.length > 0 ? 1 : 0;

async function run(name: string, some: readonly Case[], pairOf: (one: Case) => Pair): Promise<void> {
  const started = performance.now();
  const report = await compareAll(tables, some, pairOf, say);
  cases += report.cases;
  documented += report.documented;
  differences.push(...report.differences);
  say(`${name}: ${report.cases} cases, ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function processPair(one: Case): Pair {
  const prefix = one.nobody ? NOBODY : [];
  return {
    theirs: processSide(JUDGE, one.program, prefix),
    ours: processSide(ourPrograms, one.program, prefix),
  };
}

/** That many of them, from everywhere in the list. */
function spread(some: readonly Case[], count: number): Case[] {
  if (count === 0) return [];
  const step = Math.max(1, some.length / count);
  return some.filter((_, index) => Math.floor(index % step) === 0);
}

/** Our program under the names it can be installed as. */
function linkOurs(): string {
  const folder = '/run/compat';
  mkdirSync(folder, { recursive: true });
  for (const name of ['ipvsadm', 'ipvsadm-save', 'ipvsadm-restore'])
    symlinkSync(programPath('ipvsadm.js'), join(folder, name));
  return folder;
}
