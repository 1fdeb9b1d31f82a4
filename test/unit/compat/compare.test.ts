import { describe, expect, test } from 'vitest';
import { type Case, caseLine, plain, readCases, readTables } from '../../compat/case.ts';
import { compare, isBetween, minimise } from '../../compat/compare.ts';
import { generatedCases } from '../../compat/grammar.ts';
import type { Outcome, Side } from '../../compat/judge.ts';
import type { Tables } from '../../compat/state.ts';

/** A kernel whose table is one text, and a program that sets it to its last word. */
function world(ours: Partial<Outcome>, leaves: (word: string) => string = (word) => word) {
  let table = '';
  const state = async () => {
    const raw = table;
    return { raw, readable: () => raw };
  };
  const tables: Tables = {
    state,
    views: async () => `view of ${table}`,
    async prepare() {
      table = 'prepared';
      return table;
    },
    close() {},
  };
  const side = (outcome: Partial<Outcome>, leave: (word: string) => string): Side => ({
    async run(words) {
      table = leave(words.at(-1) ?? '');
      return { code: 0, out: '', err: '', ...outcome };
    },
    close() {},
  });
  const [theirs, mine] = [side({}, (word) => word), side(ours, leaves)];
  return (one: Case) => compare(tables, one, theirs, mine);
}

const respects = async (differs: ReturnType<typeof world>, one = plain('one', ['-A', 'x'])) =>
  Object.keys((await differs(one)) ?? {});

describe('whatever differs is found', () => {
  test('nothing', async () => {
    expect(await respects(world({}))).toEqual([]);
  });
  test.each([
    ['exit code', { code: 2 }],
    ['stdout', { out: ' ' }],
    ['stderr', { err: 'Bad\n' }],
  ])('%s', async (what, outcome) => {
    expect(await respects(world(outcome))).toEqual([what]);
  });
  test('the table, and what the judge sees of it', async () => {
    expect(await respects(world({}, () => 'other'))).toEqual(['table']);
    const [written] = readCases('one -A x');
    expect(
      await respects(
        world({}, () => 'other'),
        written,
      ),
    ).toEqual(['table', "table as ipvsadm's views"]);
  });
  test('a table that should have changed, and one that should not', async () => {
    expect(await respects(world({}, () => 'prepared'))).toEqual(['table']);
    expect(
      await respects(
        world({}, () => 'other'),
        plain('one', ['prepared']),
      ),
    ).toEqual(['table']);
  });
});

test('times of connections may run down, and nothing else may change', () => {
  const listing = (time: string, port = 80) => `TCP ${time}  NONE        10.9.0.1:1         10.9.0.2:${port}\n`;
  expect(isBetween(listing('14:59'), listing('14:58'), listing('14:58'))).toBe(true);
  expect(isBetween(listing('01:00'), listing('00:59'), listing('00:59'))).toBe(true);
  expect(isBetween(listing('14:59'), listing('14:57'), listing('14:58'))).toBe(false);
  expect(isBetween(listing('14:58'), listing('14:59'), listing('14:58'))).toBe(false);
  expect(isBetween(listing('14:59'), listing('14:59', 81), listing('14:59'))).toBe(false);
});

test('a difference is reported with the words that it takes', async () => {
  const differs = async ({ words }: Case) =>
    words.includes('-w') && words[0] === '-a' ? { stderr: { expected: '', got: 'x' } } : null;
  const shortest = await minimise(plain('one', ['-a', '-t', 'a:1', '-r', 'b:2', '-w', '3', '-m'], 'x\ny\n'), differs);
  expect(caseLine(shortest)).toBe('one -a -w');
});

test('the text forms', () => {
  const lines = [
    'all -L -n',
    "one* -A -t ''",
    'one* ipvsadm-restore <<< -C\\n# x\\n',
    'empty! -Ln',
    'one* ipvsadm-save -n',
  ];
  expect(readCases(`# a comment\n\n${lines.join('\n')}\n`).map(caseLine)).toEqual(lines);
  expect(() => readCases('A -L')).toThrow('cases.txt:1: "A" is not the name of a table');
  const tables = readTables('# x\n[a]\n-A 1\n\n[b = a]\n-A 2\n[c]\n');
  expect([...tables]).toEqual([
    ['a', '-A 1\n'],
    ['b', '-A 1\n-A 2\n'],
    ['c', ''],
  ]);
});

test('a seed always gives the same command lines', () => {
  const lines = (seed: number) => generatedCases(seed, 50).map(caseLine);
  expect(lines(7)).toEqual(lines(7));
  expect(lines(7)).not.toEqual(lines(8));
  expect(new Set(lines(7)).size).toBeGreaterThan(40);
});
