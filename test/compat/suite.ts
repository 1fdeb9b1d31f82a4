import { type Case, caseLine } from './case.ts';
import { compare, type Difference, minimise } from './compare.ts';
import { DOCUMENTED, STRICT } from './documented.ts';
import type { Side } from './judge.ts';
import type { Tables } from './state.ts';

/** A pair of programs to compare: the same command line goes to both. */
export interface Pair {
  readonly theirs: Side;
  readonly ours: Side;
}

export interface Report {
  readonly cases: number;
  readonly documented: number;
  /** A text for each difference. */
  readonly differences: readonly string[];
}

/** Differences after the first few are counted but not made shorter. */
const MINIMISED = 12;

/** Compares every case. `pairOf` says which programs a case is for. */
export async function compareAll(
  tables: Tables,
  cases: readonly Case[],
  pairOf: (one: Case) => Pair,
  say: (line: string) => void,
): Promise<Report> {
  const differences: string[] = [];
  let documented = 0;
  for (const [index, one] of cases.entries()) {
    if (index > 0 && index % 100 === 0) say(`${index} of ${cases.length} cases, ${differences.length} differences`);
    const { theirs, ours } = pairOf(one);
    const differs = (shorter: Case) => compare(tables, shorter, theirs, ours);
    const found = await differs(one);
    if (!found) continue;
    const known = DOCUMENTED.find((row) => row.applies(one, found));
    if (known) {
      documented++;
      const strict = await compare(tables, one, theirs, withWord(ours, STRICT));
      if (strict) differences.push(describe({ ...one, words: [...one.words, STRICT] }, one, strict));
    } else {
      const short = differences.length < MINIMISED && !one.process ? await minimise(one, differs) : one;
      differences.push(describe(short, one, (await differs(short)) ?? found));
      say(differences.at(-1) ?? '');
    }
  }
  return { cases: cases.length, documented, differences };
}

const withWord = (side: Side, word: string): Side => ({
  ...side,
  run: (words, input) => side.run([...words, word], input),
});

function describe(short: Case, original: Case, difference: Difference): string {
  const shown = (text: string) => (text === '' ? '(nothing)' : text.trimEnd().replaceAll('\n', '\n      '));
  const parts = Object.entries(difference).map(
    ([what, { expected, got }]) => `  ${what}\n    expected\n      ${shown(expected)}\n    got\n      ${shown(got)}`,
  );
  const found = caseLine(short) === caseLine(original) ? '' : `\n  (found as: ${caseLine(original)})`;
  return `DIFFERENT  ${caseLine(short)}${found}\n${parts.join('\n')}`;
}
