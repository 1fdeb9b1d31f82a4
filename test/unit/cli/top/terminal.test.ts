import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openConnections, type ServedDirector, servedDirector } from '../../../support/api.ts';
import { Tmux } from '../../../support/tmux.ts';

/** The real program in a real terminal, against a daemon over a kernel in memory. */

const ROOT = join(import.meta.dirname, '../../../..');
const PATIENT = { timeout: 120_000 };
const folder = mkdtempSync(join(ROOT, 'node_modules/.fairlead-top-'));
const program = join(folder, 'cli.mjs');

beforeAll(async () => {
  await build({
    entryPoints: { cli: join(ROOT, 'src/cli/bin.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

let served: ServedDirector;
let terminal: Tmux;
beforeEach(async () => {
  served = await servedDirector();
  terminal = new Tmux(80, 24, { FAIRLEAD: `${process.execPath} ${program}`, SOCKET: served.socket });
  await terminal.shows(/ready>$/m);
});
afterEach(async () => {
  terminal.stop();
  await served.stop();
});

const top = (...words: string[]): void =>
  terminal.type(['$FAIRLEAD top --socket $SOCKET', ...words].join(' '), 'Enter');

/** The shell is back with what stood there before, and echoes what is typed. */
async function restored(): Promise<void> {
  await terminal.shows(/ready>$/m);
  expect(terminal.screen()).toMatch(/^ready> \$FAIRLEAD top /m);
  terminal.type('echo th""ere; stty -a | grep icanon', 'Enter');
  expect(await terminal.shows(/^there\nisig icanon .* echo /m)).toContain('echo th""ere');
}

/** The only child of a shell. */
const childOf = (shell: number): number => Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim());

test(
  'sorts, filters, drills, drains with a question, follows the size, quits and leaves no trace',
  PATIENT,
  async () => {
    openConnections(served.kernel, '10.0.0.11', 2);
    top('--interval', '500ms');
    await terminal.shows(/^> web .*\n {2}dns .*\n {2}checked /m);

    terminal.type('N');
    await terminal.shows(/service▲[^\n]*\n> checked .*\n {2}dns .*\n {2}web /m);
    terminal.type('N');
    await terminal.shows(/service▼[^\n]*\n> web .*\n {2}dns .*\n {2}checked /m);

    terminal.type('/', 'd', 'n');
    await terminal.shows(/^> dns .*\n\n/m);
    terminal.type('Escape');
    await terminal.shows(/^> web .*\n {2}dns /m);

    terminal.type('Enter');
    await terminal.shows(/servers of web[^\n]*\n.*\n> web\/r1 .*\n {2}web\/r2 /m);
    terminal.type('d');
    await terminal.shows(/^Drain web\/r1\? .* y\/n/m);
    terminal.type('n');
    await terminal.shows(/^nothing was done/m);
    expect(served.director.store.get().overrides.rows.size).toBe(0);
    terminal.type('d', 'y');
    await terminal.shows(/^web\/r1 gets no new connections; 2 are still open/m);
    await terminal.shows(/^> web\/r1 +unchecked, drained +0 /m);
    expect([...served.director.store.get().overrides.rows.keys()]).toEqual(['drain:server/web/r1']);

    // A weight is typed, a pin chosen; each is confirmed, and esc or n leaves all as it is.
    terminal.type('w', '7', 'Escape');
    await terminal.shows(/^nothing was done/m);
    terminal.type('w', '1', '2', 'BSpace', 'Enter');
    await terminal.shows(/^Give web\/r1 weight 1\? y\/n/m);
    terminal.type('n');
    await terminal.shows(/^nothing was done/m);
    terminal.type('w', '7', 'Enter', 'y');
    await terminal.shows(/^web\/r1 has weight 7/m);
    terminal.type('n', 'd');
    await terminal.shows(/^Pin web\/r1 down, whatever its checks find\? y\/n/m);
    terminal.type('y');
    await terminal.shows(/^web\/r1 is pinned down/m);
    expect([...served.director.store.get().overrides.rows.keys()].sort()).toEqual([
      ...['drain:server/web/r1', 'state:server/web/r1', 'weight:server/web/r1'],
    ]);
    terminal.type('w', 'Enter', 'y');
    await terminal.shows(/^web\/r1 has the weight of its file again/m);
    terminal.type('n', 'o', 'y');
    await terminal.shows(/^web\/r1 is as its checks say again/m);
    terminal.type('Down', 'm');
    await terminal.shows(/^Take web\/r2 out of the table\? Open connections end\. y\/n/m);
    terminal.type('y');
    await terminal.shows(/^web\/r2 is in maintenance/m);
    await terminal.shows(/^> web\/r2 +unchecked, in maintenance/m);
    terminal.type('m');
    await terminal.shows(/^Let web\/r2 return\? y\/n/m);
    terminal.type('y');
    await terminal.shows(/^web\/r2 is in service again/m);
    expect([...served.director.store.get().overrides.rows.keys()]).toEqual(['drain:server/web/r1']);
    terminal.type('Up');

    terminal.type('Enter');
    await terminal.shows(/› web\/r1\nweb\/r1 \(10\.0\.0\.11\) is unchecked, drained/);
    await terminal.shows(/operator +web\/r1 is drained/);
    terminal.type('u', 'y');
    await terminal.shows(/^web\/r1 takes new connections again/m);
    await terminal.shows(/web\/r1 serves again/);
    expect(served.director.store.get().overrides.rows.size).toBe(0);

    terminal.type('Escape');
    await terminal.shows(/› servers of web\n/);
    terminal.type('Escape');
    await terminal.shows(/^> web .*\n {2}dns /m);
    terminal.resize(120, 40);
    await terminal.shows(/out B\/s/);
    terminal.resize(40, 10);
    await terminal.shows(/^> web [^\n]{0,36}\n/m);

    terminal.type('4');
    await terminal.shows(/time▼ +kind/);
    terminal.type('?');
    await terminal.shows(/any key leaves the help/);
    terminal.type('x', 'q');
    terminal.resize(80, 24);
    await restored();
  },
);

test.each(['TERM', 'HUP', 'INT', 'QUIT'])('SIG%s gives the terminal back', PATIENT, async (signal) => {
  top();
  await terminal.shows(/^> web /m);
  terminal.type('C-z');
  await terminal.shows(/(Stopped|Suspended)/);
  terminal.type('fg', 'Enter');
  await terminal.shows(/^> web /m);
  process.kill(await childOf(terminal.pid), `SIG${signal}`);
  await restored();
});

test('a daemon that goes away is told, and one that comes back is followed', PATIENT, async () => {
  top('--interval', '500ms');
  await terminal.shows(/^> web /m);
  await served.silence();
  await terminal.shows(/^no answer, this is of .*: /m);
  await served.serve();
  await terminal.shows(/^ 1 services/m);
  terminal.type('q');
  await restored();
});

test('without colours where they are not wanted; without a daemon it says so and draws nothing', PATIENT, async () => {
  top();
  await terminal.shows(/^> web /m);
  expect(terminal.coloured()).toContain('\u001b[');
  terminal.type('q');
  await restored();
  terminal.type('clear; export NO_COLOR=1', 'Enter');
  top();
  await terminal.shows(/^> web /m);
  expect(terminal.coloured()).not.toContain('\u001b[');
  terminal.type('q');
  await terminal.shows(/ready>$/m);
  terminal.type('clear; $FAIRLEAD top --socket /nowhere; echo "ended with $?"', 'Enter');
  const screen = await terminal.shows(/^ended with 3$/m);
  expect(screen).toContain('/nowhere');
});
