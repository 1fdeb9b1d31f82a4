import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../src/base/errors.ts';

const ROOT = join(import.meta.dirname, '..');
const MOST_LINES = 500;

/** Tables may be longer: they are looked things up in, not read. */
const TABLES: ReadonlySet<string> = new Set(['src/api/operations.ts']);

const CODE = /\.(ts|mts|mjs|cc|h)$/;
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesOf = (...folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => CODE.test(path) && !path.includes('node_modules'))
      .map((path) => `${folder}/${path}`),
  );

/** Lines of the nodes that a rule is against. Only texts with the `word` in them are looked into. */
function lines(path: string, text: string, word: RegExp, against: (node: ts.Node) => boolean): string[] {
  if (!word.test(text)) return [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (against(node)) found.push(`${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const anys = (path: string, text: string): string[] =>
  lines(path, text, /\bany\b/, (node) => node.kind === ts.SyntaxKind.AnyKeyword);

/** `test.skip`, `describe.concurrent.only`, `it.todo`, and `skip()` of a test's own context. */
const leftOut = (path: string, text: string): string[] =>
  lines(path, text, /\.(skip|only|todo)\b/, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !['skip', 'only', 'todo'].includes(node.name.text)) return false;
    return /^(test|it|describe|suite|bench|context|ctx)\b/.test(node.expression.getText());
  });

/** Spelt apart here so that this file does not break its own rule. */
const NOTES = ['TO DO', 'FIX ME', 'X XX'].map((word) => word.replace(' ', ''));
const NOTE = new RegExp(`\\b(${NOTES.join('|')})\\b`);

const unfinished = (path: string, text: string): string[] =>
  text.split('\n').flatMap((line, index) => (NOTE.test(line) ? [`${path}:${index + 1}`] : []));

const overlong = (path: string, text: string): string[] => {
  const count = text.split('\n').length - 1;
  return count > MOST_LINES && !TABLES.has(path) ? [`${path}: ${count} lines`] : [];
};

/** Parsing takes a while on a busy machine. */
const PATIENT = { timeout: 120_000 };

const check = (paths: readonly string[], rule: (path: string, text: string) => string[]): string[] =>
  paths.flatMap((path) => rule(path, read(path)));

const typed = (path: string): boolean => path.endsWith('ts');

test(`no source file has more than ${MOST_LINES} lines, but tables`, () => {
  expect(check(filesOf('src', 'native', 'bench', 'test'), overlong)).toEqual([]);
});

test('no any', PATIENT, () => {
  expect(check(filesOf('src', 'bench', 'test').filter(typed), anys)).toEqual([]);
});

test('nothing is left unfinished by a note', () => {
  expect(check(filesOf('src', 'native', 'bench', 'test'), unfinished)).toEqual([]);
});

test('no test is left out', PATIENT, () => {
  expect(check(filesOf('test').filter(typed), leftOut)).toEqual([]);
});

test('the lock file names no place to download from', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved":\s*"http/);
});

test('every error of the table is used', () => {
  const text = filesOf('src')
    .filter((path) => path !== 'src/base/errors.ts')
    .map(read)
    .join('\n');
  expect(Object.keys(ERRORS).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
});

describe('the rules fail on a violation', () => {
  test.each([
    ['let a: any;', anys],
    ['const b = c as unknown as Record<string, any[]>;', anys],
    ["test.skip('x', () => {});", leftOut],
    ["describe.concurrent.only('x', () => {});", leftOut],
    ["it.todo('x');", leftOut],
    ["test.only.each([1])('x', () => {});", leftOut],
    [`// ${NOTES[0]}: later`, unfinished],
    [`/* ${NOTES[1]} */`, unfinished],
    ['\n'.repeat(MOST_LINES + 1), overlong],
  ])('%j', (text, rule) => {
    expect(rule('src/a.ts', text)).toHaveLength(1);
  });

  test.each([
    ["const any = 'any'; // any", anys],
    ["const words = 'test.skip'; list.only; reader.skip(4);", leftOut],
    ['\n'.repeat(MOST_LINES), overlong],
  ])('and let pass %j', (text, rule) => {
    expect(rule('src/a.ts', text)).toEqual([]);
  });
});
