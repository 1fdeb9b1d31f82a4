import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { distrusted } from '../../../src/daemon/programs/trust.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fairlead-trust-')));
  mkdirSync(join(folder, 'sbin'), { mode: 0o755 });
  writeFileSync(join(folder, 'sbin/hook'), '');
  chmodSync(join(folder, 'sbin/hook'), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
/** As if this process's user were root, whoever runs the tests. */
const OWNERS = [0, process.geteuid?.() ?? 0];
const judge = (program: string, path = ''): string | undefined => distrusted(program, { path, owners: OWNERS });
const other = (mode: number, name: string): void => chmodSync(at(name), mode);

test('what only its owner can change is trusted, and so is what is not there', () => {
  for (const name of ['sbin/hook', 'sbin/./../sbin/hook', 'sbin/none', 'none/hook', 'sbin'])
    expect(judge(at(name)), name).toBeUndefined();
});

test.each([
  ['the program', 'sbin/hook', 0o757],
  ['the folder it is in', 'sbin', 0o757],
  ['a folder on the way', '.', 0o707],
])('%s that everybody may write is named', (_, name, mode) => {
  other(mode, name);
  expect(judge(at('sbin/hook'))).toBe(
    `everybody may write ${at(name).replace(/\/\.$/, '')} (mode 0${mode.toString(8)})`,
  );
});

test('nobody takes anything away from a sticky folder', () => {
  other(0o1777, 'sbin');
  expect(judge(at('sbin/hook'))).toBeUndefined();
});

test('a link is followed, and the way to where it leads counts as well as the way to it', () => {
  mkdirSync(at('open'));
  symlinkSync('../sbin/hook', at('open/link'));
  symlinkSync(at('open/link'), at('far'));
  expect(judge(at('far'))).toBeUndefined();
  other(0o777, 'open');
  expect(judge(at('far'))).toContain(`everybody may write ${at('open')}`);
  other(0o755, 'open');
  other(0o777, 'sbin');
  expect(judge(at('far'))).toContain(`everybody may write ${at('sbin')}`);
});

test('links that lead nowhere end', () => {
  symlinkSync(at('b'), at('a'));
  symlinkSync(at('a'), at('b'));
  expect(judge(at('a'))).toContain('one link too many');
});

test('a name is looked for where the program would be found', () => {
  expect(judge('hook', `${at('none')}:${at('sbin')}`)).toBeUndefined();
  other(0o757, 'sbin/hook');
  expect(judge('hook', `${at('none')}:${at('sbin')}`)).toContain('everybody may write');
  expect(judge('none', at('sbin'))).toBeUndefined();
});

test('who owns it may change it', () => {
  expect(distrusted(at('sbin/hook'), { owners: [] })).toBe('/ belongs to uid 0');
});
