import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { busily, patiently } from '../../../src/cli/progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const CLEAR = '\r\u001b[K';

function sitting(errColumns?: number) {
  const said: string[] = [];
  return { said, io: { out: () => {}, err: (text: string) => said.push(text), terminal: true, errColumns } };
}

function work(): { promise: Promise<string>; end: (text: string) => void; fail: (error: Error) => void } {
  let [end, fail] = [(_: string) => {}, (_: Error) => {}];
  const promise = new Promise<string>((resolve, reject) => {
    [end, fail] = [resolve, reject];
  });
  return { promise, end, fail };
}

test('what ends within 2 s says nothing; what takes longer tells every second, and leaves no trace', async () => {
  const { said, io } = sitting(80);
  const quick = work();
  const told = patiently(io, 'waiting', quick.promise);
  await vi.advanceTimersByTimeAsync(1999);
  quick.end('done');
  expect(await told).toBe('done');
  expect(said).toEqual([]);

  const slow = work();
  let left = 3;
  const asked = patiently(io, () => `waiting for ${left}`, slow.promise);
  await vi.advanceTimersByTimeAsync(2000);
  left = 2;
  await vi.advanceTimersByTimeAsync(1000);
  slow.end('done');
  await asked;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said).toEqual([`${CLEAR}waiting for 3 (2 s)`, `${CLEAR}waiting for 2 (3 s)`, CLEAR]);
});

test('a line never fills the terminal, and a failure clears it too', async () => {
  const { said, io } = sitting(10);
  const slow = work();
  const asked = patiently(io, 'waiting for long', slow.promise);
  await vi.advanceTimersByTimeAsync(2000);
  slow.fail(new Error('refused'));
  await expect(asked).rejects.toThrow('refused');
  expect(said).toEqual([`${CLEAR}waiting …`, CLEAR]);
});

test('where stderr is no terminal nothing is said', async () => {
  const { said, io } = sitting();
  const slow = work();
  const asked = patiently(io, 'waiting', slow.promise);
  await vi.advanceTimersByTimeAsync(60_000);
  slow.end('done');
  await asked;
  expect(said).toEqual([]);
});

test('a large file is told before it is read, a small one is not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-progress-'));
  const [small, large] = [join(folder, 'small'), join(folder, 'large')];
  writeFileSync(small, 'x');
  writeFileSync(large, 'x'.repeat(1_000_000));
  const { said, io } = sitting(200);
  expect([small, large, join(folder, 'none')].map((file) => busily(io, file, () => 1))).toEqual([1, 1, 1]);
  expect(said).toEqual([`${CLEAR}reading 1.0 MB of ${large}`, CLEAR]);
  rmSync(folder, { recursive: true });
});
