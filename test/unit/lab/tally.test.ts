import { expect, test } from 'vitest';
import { Tally } from '../../../src/lab/demo/tally.ts';

const report = (served: Record<string, number>, failed: Record<string, number> = {}) => ({
  at: 0,
  intervalMs: 500,
  served,
  failed,
  longestGapMs: 20,
});
const SERVERS = ['a', 'b', 'c'];

/** The second half of the story. */
function takeOver(tally: Tally): void {
  tally.add({ ...report({ a: 1 }, { ECONNREFUSED: 1 }), longestGapMs: 150 }, 'failing');
  tally.add(report({ a: 1 }), 'taken');
  tally.add(report({ a: 1 }, { ECONNRESET: 1 }), 'returning');
  tally.add(report({ a: 1 }), 'home');
}

function story(): Tally {
  const tally = new Tally('b');
  tally.add(report({ a: 1 }, { ECONNREFUSED: 3 }), 'starting');
  tally.add(report({ a: 2, b: 2, c: 2 }), 'before');
  tally.add(report({ a: 2, c: 2 }, { ECONNREFUSED: 5 }), 'dying');
  tally.add(report({ a: 3, c: 3 }), 'out');
  tally.add(report({ a: 3, c: 3 }), 'reviving');
  return tally;
}

test('a story that came true has no problems, whatever failed before the start and between kill and verdict', () => {
  const tally = story();
  tally.add(report({ a: 1, b: 1, c: 1 }), 'back');
  takeOver(tally);
  expect(tally.problems(SERVERS)).toEqual([]);
  expect([tally.total(), tally.failures(), tally.failures('dying')]).toEqual([30, 10, 5]);
  expect([tally.longestGapMs('failing', 'taken'), tally.longestGapMs('home')]).toEqual([150, 20]);
});

test.each([
  ['a server that never served', (t: Tally) => t.add(report({ b: 1 }), 'back'), ['d'], ['d never served a request']],
  ['a victim that did not come back', () => {}, [], ['b was revived and did not come back']],
  [
    'a victim that came back and got nothing',
    (t: Tally) => t.add(report({ a: 1 }), 'back'),
    [],
    ['b came back and served nothing'],
  ],
  [
    'a connection to the dead',
    (t: Tally) => {
      t.add(report({ b: 1 }), 'out');
      t.add(report({ b: 1 }), 'back');
    },
    [],
    ['b still got connections after it was taken out'],
  ],
  [
    'a failure while the dead one was out',
    (t: Tally) => {
      t.add(report({}, { timeout: 2 }), 'out');
      t.add(report({ b: 1 }), 'back');
    },
    [],
    ['2 requests failed while the dead server was out'],
  ],
] as const)('%s is a problem', (_, change, extra, problems) => {
  const tally = story();
  change(tally);
  takeOver(tally);
  expect(tally.problems([...SERVERS, ...extra])).toEqual(problems);
});

test('a master that nobody replaced, or that never came back, is a problem', () => {
  const tally = story();
  tally.add(report({ a: 1, b: 1, c: 1 }), 'back');
  expect(tally.problems(SERVERS)).toEqual([
    'the master was killed and nobody took over',
    'the master was started again and did not take back what was its own',
  ]);
});
