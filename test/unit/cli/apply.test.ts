import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ServedDirector, servedDirector } from '../../support/api.ts';
import { command, type Ended } from '../../support/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-apply-'));
let served: ServedDirector;
let answer: boolean | undefined;
let asked: string[] = [];
beforeEach(async () => {
  served = await servedDirector({ director: ', writable: true' });
  [answer, asked] = [undefined, []];
});
afterEach(() => served.stop());

function apply(...words: string[]): Promise<Ended> {
  const confirm = async (question: string): Promise<boolean> => {
    asked.push(question);
    return answer === true;
  };
  return command(['apply', ...words, '--socket', served.socket], answer === undefined ? {} : { confirm });
}

const own = (): string => served.director.store.get().file;
const present = (): string => readFileSync(own(), 'utf8');
const changed = (): string => present().replace('10.0.0.12 }]', '10.0.0.12, weight: 3 }]');
function another(text: string): string {
  const file = join(folder, 'new.yaml');
  writeFileSync(file, text);
  return file;
}
const weights = (): number[] =>
  served.kernel.state().services.flatMap(({ destinations }) => destinations.map(({ weight }) => weight));
const revision = (): number => served.director.store.get().revision;

test('another file replaces the daemon’s own after a question; no is no', async () => {
  const [before, text] = [present(), changed()];
  answer = false;
  expect(await apply(another(text))).toMatchObject({ code: 1, err: 'nothing was changed\n' });
  expect(asked).toEqual(['Apply 1 change?']);
  expect([present(), revision()]).toEqual([before, 1]);
  answer = true;
  const { code, out } = await apply(another(text));
  expect(code).toBe(0);
  expect(out).toMatch(/^set-destination .*\n(.*\n)*1 change\napplied: revision 2\n/);
  expect(present()).toBe(text);
  expect(weights()).toContain(3);
});

test('the daemon’s own file is reloaded, named or not', async () => {
  writeFileSync(own(), changed());
  expect((await apply('--yes')).out).toContain('applied: revision 2\n');
  expect((await apply(own(), '--yes')).out).toContain('nothing to change in the kernel\napplied: revision 3\n');
  expect(asked).toEqual([]);
});

test('without a terminal --yes is needed; JSON has the plan and what came of it', async () => {
  const file = another(changed());
  expect(await apply(file)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
  const { code, out } = await apply(file, '--yes', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ accepted: true, text: 'revision 2', plan: { ops: [{}], restart: [] } });
});

test('mistakes, a stale revision and what only a restart changes are refused with their exit code; nothing changes', async () => {
  const before = present();
  const wrong = await apply(another(changed().replace('scheduler: rr', 'scheduler: rrr')), '--yes');
  expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/new\.yaml:\d+:\d+: .*rrr/) });
  const stale = await apply(another(changed()), '--yes', '--if-revision', '9');
  expect(stale).toMatchObject({ code: 7, err: expect.stringContaining('(revision-stale)') });
  const restart = await apply(another(changed().replace('resync: 1h', 'resync: 1h, realtime: false')), '--yes');
  expect(restart).toMatchObject({ code: 7, err: expect.stringContaining('realtime only change with a restart') });
  expect(await apply('/nowhere/x.yaml', '--yes')).toMatchObject({ code: 2 });
  expect([present(), revision()]).toEqual([before, 1]);
});

test('a daemon that does not permit it says so before anything is asked', async () => {
  await served.stop();
  served = await servedDirector();
  answer = true;
  const { code, err } = await apply(another(changed()));
  expect([code, asked]).toEqual([7, []]);
  expect(err).toContain('director.writable: true');
  rmSync(folder, { recursive: true });
});
