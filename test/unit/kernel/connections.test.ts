import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from '../../../src/kernel/connections.ts';
import { namespacePath } from '../../../src/kernel/namespace.ts';

/** A file that gives these pieces, one a read. */
function fileOf(pieces: readonly Uint8Array[]) {
  const rest = [...pieces];
  return {
    async read(buffer: Uint8Array) {
      const piece = rest.shift();
      if (piece) buffer.set(piece);
      return piece?.length ?? 0;
    },
  };
}
async function all(pieces: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const each of linesOf(fileOf(pieces))) lines.push(...each);
  return lines;
}

test('wherever reads cut, the lines are the same, byte for byte', async () => {
  const line = fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.filter((byte) => byte !== 10));
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), cuts, async (lines, sizes) => {
      const bytes = Buffer.concat(lines.flatMap((each) => [each, Uint8Array.of(10)]));
      const pieces: Uint8Array[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(await all(pieces)).toEqual(lines.map((each) => Buffer.from(each).toString('latin1')));
    }),
  );
});

test('a last line without its end counts, one without end at all is not kept', async () => {
  expect(await all([Buffer.from('a\nb')])).toEqual(['a', 'b']);
  const endless = Array.from({ length: 5 }, () => Buffer.alloc(30_000, 'x'));
  const lines = await all([...endless, Buffer.from('\nb\n')]);
  expect(lines.at(-1)).toBe('b');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(96 * 1024);
});

test.each([
  [undefined, ''],
  ['blue', '/run/netns/blue'],
  ['/proc/1/ns/net', '/proc/1/ns/net'],
  [77, '/proc/77/ns/net'],
])('namespace %o is the path "%s"', (namespace, path) => {
  expect(namespacePath(namespace)).toBe(path);
});
