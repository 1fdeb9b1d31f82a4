import { expect, test } from 'vitest';
import { NO_FLAPS, wentDown } from '../../../src/health/flap.ts';
import { initialVerdict, judge, type RememberingVerdict } from '../../../src/health/verdict.ts';
import { answered, refused } from './build.ts';

const damping = { flaps: 3, withinMs: 60_000, holdMs: 10_000, longestMs: 30_000 };
const settings = { rise: 1, fall: 1, damping };
const having = (start: RememberingVerdict, ...results: Parameters<typeof judge>[2][]): RememberingVerdict =>
  results.reduce((verdict, result) => judge(settings, verdict, result), start);

const flapping = having(
  initialVerdict(0, true),
  refused(1000),
  answered(2000, 200),
  refused(3000),
  answered(4000, 200),
  refused(5000),
);

test('a server that goes down too often is held back although it answers', () => {
  const held = having(flapping, answered(6000, 200), answered(14_000, 200));
  expect(held).toMatchObject({
    status: 'down',
    why: 'answers again, but went down 3 times in 4 s, so it is held back for 10 s',
  });
  expect(having(held, answered(15_000, 200))).toMatchObject({ status: 'up', since: 15_000 });
});

test('one that is held back and fails again tells what it is down for, not that it answers', () => {
  const why = flapping.why;
  const held = having(flapping, answered(6000, 200), answered(7000, 200));
  expect(held.heldBack).toEqual({ since: 6000, instead: why });
  const failing = having(held, refused(8000), refused(9_000_000));
  expect(failing).toMatchObject({ status: 'down', why });
  expect(failing.heldBack).toBeUndefined();
  const back = having(held, answered(20_000, 200));
  expect(back).toMatchObject({ status: 'up', why: expect.stringMatching(/^GET .* good results/) });
  expect(back.heldBack).toBeUndefined();
});

test('the next time it is held back twice as long, up to the longest', () => {
  let verdict = flapping;
  for (const hold of [20_000, 30_000, 30_000]) {
    const at = (verdict.flaps?.heldUntil ?? 0) + 1000;
    verdict = having(verdict, answered(at, 200), refused(at + 1));
    expect((verdict.flaps?.heldUntil ?? 0) - at - 1).toBe(hold);
  }
});

test('who stays up for the whole time begins anew', () => {
  const at = (flapping.flaps?.heldUntil ?? 0) + damping.withinMs + 1;
  expect(wentDown(flapping.flaps ?? NO_FLAPS, damping, at)).toEqual({ downs: [at], level: 0, heldUntil: null });
});

test('without damping nothing is remembered and nothing held', () => {
  const plain = judge({ rise: 1, fall: 1 }, initialVerdict(0, true), refused(1));
  expect(plain.flaps).toBeUndefined();
});
