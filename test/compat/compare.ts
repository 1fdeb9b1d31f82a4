import type { Case } from './case.ts';
import type { Outcome, Side } from './judge.ts';
import { LIVE } from './live.ts';
import type { State, Tables } from './state.ts';

/** What is not the same, by what it is: `stdout`, `exit code`... */
export type Difference = Readonly<Record<string, { readonly expected: string; readonly got: string }>>;

/** What one side did with a command line, and to the table. */
interface Deed extends Outcome {
  /** The kernel's table afterwards; null when it is as it was. */
  readonly state: State | null;
  /** The judge's views of a table that changed, when the case asks for them. */
  readonly views: string;
}

/** Of a table with connections only what is told of them ticks: rates settle after some tries. */
const TRIES = 4;

/** Runs a command line on both sides, each on a table of its own that is equal, and tells what differs; null if nothing. */
export async function compare(tables: Tables, one: Case, theirs: Side, ours: Side): Promise<Difference | null> {
  for (let tried = 1; ; tried++) {
    const expected = await deed(tables, one, theirs);
    const got = await deed(tables, one, ours);
    const difference = differences(expected, got);
    const maybeTicking = difference !== null && LIVE.has(one.table) && Object.keys(difference).join() === 'stdout';
    if (!maybeTicking) return difference;
    const later = await deed(tables, one, theirs);
    if (isBetween(expected.out, got.out, later.out)) return null;
    if (tried === TRIES) return difference;
  }
}

const MINUTES = /\b(\d\d):(\d\d)\b/g;

/** Whether three listings of connections are the same but for the times until they expire, and those run down from the
 *  first to the last. */
export function isBetween(first: string, middle: string, last: string): boolean {
  const masked = [first, middle, last].map((text) => text.replaceAll(MINUTES, 'MM:SS'));
  if (masked[0] !== masked[1] || masked[1] !== masked[2]) return false;
  const times = (text: string) => [...text.matchAll(MINUTES)].map(([, m, s]) => 60 * Number(m) + Number(s));
  const [before, after] = [times(first), times(last)];
  return times(middle).every((time, index) => time <= (before[index] ?? 0) && time >= (after[index] ?? 0));
}

async function deed(tables: Tables, one: Case, side: Side): Promise<Deed> {
  const before = await tables.prepare(one.table);
  const outcome = await side.run(one.words, one.input);
  const after = await tables.state();
  const changed = after.raw !== before;
  return { ...outcome, state: changed ? after : null, views: changed && one.views ? await tables.views() : '' };
}

function differences(expected: Deed, got: Deed): Difference | null {
  const found: Record<string, { expected: string; got: string }> = {};
  const add = (what: string, a: string, b: string) => {
    if (a !== b) found[what] = { expected: a, got: b };
  };
  add('exit code', String(expected.code), String(got.code));
  add('stdout', expected.out, got.out);
  add('stderr', expected.err, got.err);
  if (expected.state?.raw !== got.state?.raw) {
    const readable = (deed: Deed) => deed.state?.readable() ?? 'as before\n';
    add('table', readable(expected), readable(got));
    if (!found.table) add('table as the kernel keeps it', expected.state?.raw ?? '', got.state?.raw ?? '');
  }
  add("table as ipvsadm's views", expected.views, got.views);
  return Object.keys(found).length > 0 ? found : null;
}

/** The shortest command line found that still differs in the same respects, by leaving out words and lines of input. */
export async function minimise(one: Case, differs: (shorter: Case) => Promise<Difference | null>): Promise<Case> {
  const respects = (difference: Difference | null) => Object.keys(difference ?? {}).join();
  const wanted = respects(await differs(one));
  let shortest = one;
  for (let size = 2; size >= 1; size--) {
    for (let at = shortest.words.length - size; at >= 0; at--) {
      if (shortest.words.length <= size) break;
      const shorter = { ...shortest, words: shortest.words.toSpliced(at, size) };
      if (respects(await differs(shorter)) === wanted) shortest = shorter;
    }
  }
  const lines = (text: string) => text.split('\n').filter(Boolean);
  for (let at = lines(shortest.input).length - 1; at >= 0; at--) {
    const shorter = {
      ...shortest,
      input: lines(shortest.input)
        .toSpliced(at, 1)
        .map((line) => `${line}\n`)
        .join(''),
    };
    if (respects(await differs(shorter)) === wanted) shortest = shorter;
  }
  return shortest;
}
