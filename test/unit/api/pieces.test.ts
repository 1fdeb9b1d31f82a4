import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pieces, sendable, textsOf } from '../../../src/api/pieces.ts';

interface Answer {
  readonly next: string | null;
  readonly rows: readonly unknown[];
  readonly more: readonly unknown[];
}

const whole = async (sent: string | Readable): Promise<string> => (typeof sent === 'string' ? sent : text(sent));

test('pieces are together what would be sent in one', async () => {
  const rows = fc.array(fc.jsonValue(), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, rows, fc.array(fc.integer({ min: 0, max: 5 })), async (first, second, ticks) => {
      let now = 0;
      const clock = (): number => (now += ticks[Math.trunc(now) % (ticks.length || 1)] ?? 1);
      const answer = new Pieces<Answer>({ next: null }, { rows: textsOf(first), more: textsOf(second) });
      const sent = await whole(sendable(answer.texts(clock)));
      expect(JSON.parse(sent)).toEqual(JSON.parse(JSON.stringify({ next: null, rows: first, more: second })));
    }),
  );
});

test('an answer without anything but lists', async () => {
  const answer = new Pieces<Pick<Answer, 'rows'>>({}, { rows: textsOf([1, 2]) });
  expect(await whole(sendable(answer.texts()))).toBe('{"rows":[1,2]}');
});

test('what fits into one piece is a text, and what takes long is a stream whose rows are made when somebody takes them', async () => {
  const short = new Pieces<Pick<Answer, 'rows'>>({}, { rows: textsOf([1]) });
  expect(sendable(short.texts(() => 0))).toBe('{"rows":[1]}');
  let made = 0;
  function* rows() {
    for (; made < 100_000; made++) yield 'x'.repeat(1000);
  }
  const long = new Pieces<Pick<Answer, 'rows'>>({}, { rows: textsOf(rows()) });
  const stream = sendable(long.texts());
  expect(stream).toBeInstanceOf(Readable);
  const pieces = (stream as Readable)[Symbol.asyncIterator]();
  await pieces.next();
  await new Promise(setImmediate);
  expect(made).toBeLessThan(1000);
  await pieces.return?.();
});
