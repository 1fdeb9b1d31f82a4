import { beforeEach, expect, test } from 'vitest';
import { type Answered, Repeats } from '../../../src/api/repeats.ts';

let now: number;
let done: number;
let repeats: Repeats;
beforeEach(() => {
  [now, done] = [0, 0];
  repeats = new Repeats({ now: () => now, wall: () => now });
});

const work = async (text = ''): Promise<Answered> => ({ status: 200, etag: null, text: `${++done}${text}` });
const ask = async (key: string, request = 'r', caller = 'uid 0', text = ''): Promise<string> =>
  (await repeats.answer({ caller, key, request }, () => work(text))).text;

test('the same key gets the same answer and no second action, also while the first is under way', async () => {
  expect(await Promise.all([ask('a'), ask('a')])).toEqual(['1', '1']);
  expect(await ask('a')).toBe('1');
  expect(await ask('b')).toBe('2');
  expect(await ask('a', 'r', 'uid 1')).toBe('3');
});

test('the same key for another request is refused', async () => {
  await ask('a');
  await expect(ask('a', 'other')).rejects.toMatchObject({ problem: { status: 422, code: 'key-used' } });
  expect(done).toBe(1);
});

test('what failed is not kept', async () => {
  const fails = repeats.answer({ caller: 'uid 0', key: 'a', request: 'r' }, () => Promise.reject(new Error('no')));
  await expect(fails).rejects.toThrow('no');
  expect(await ask('a')).toBe('1');
});

test('answers are kept for ten minutes, a thousand of them, and 4 MB', async () => {
  await ask('a');
  now = 599_999;
  expect(await ask('a')).toBe('1');
  now = 600_000;
  expect(await ask('a')).toBe('2');
  for (let i = 0; i < 998; i++) await ask(`k${i}`);
  expect(await ask('a')).toBe('2');
  await ask('one more');
  await ask('and another');
  const before = done;
  expect(await ask('a')).toBe(String(before + 1));
  const large = 'x'.repeat(3 * 1024 * 1024);
  await ask('large', 'r', 'uid 0', large);
  await ask('larger', 'r', 'uid 0', large);
  const after = done;
  await ask('small');
  expect(await ask('a')).toBe(String(after + 2));
  expect(await ask('larger')).toContain('x');
});

test.each(['', 'x'.repeat(256)])('a key has 1 to 255 characters %#', async (key) => {
  await expect(ask(key)).rejects.toMatchObject({ problem: { status: 400, code: 'usage' } });
});
