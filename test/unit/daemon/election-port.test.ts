import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { type Request, talkTo } from '../../../src/daemon/election-port.ts';

/** A thread whose words the test speaks. */
class Thread extends EventEmitter {
  readonly asked: Request[] = [];
  postMessage(request: Request): void {
    this.asked.push(request);
  }
  answer(value?: unknown): void {
    this.emit('message', { kind: 'answer', id: this.asked.at(-1)?.id, value });
  }
}

function opened() {
  const thread = new Thread();
  const deaths: string[] = [];
  const port = talkTo(
    thread as unknown as Worker,
    () => {},
    ({ message }) => deaths.push(message),
  );
  return { thread, deaths, port };
}

test('a close ends though the last answer and the end of the thread are told in one go', async () => {
  const { thread, deaths, port } = opened();
  const closed = port.close();
  // As Node does when the main thread was busy meanwhile: nothing that waits for the answer has run before the end is told.
  thread.answer();
  thread.emit('exit', 0);
  await closed;
  expect(deaths).toEqual([]);
});

test('a close lasts until the thread has ended', async () => {
  const { thread, port } = opened();
  let done = false;
  const closed = port.close().then(() => {
    done = true;
  });
  thread.answer();
  await new Promise(setImmediate);
  expect(done).toBe(false);
  thread.emit('exit', 0);
  await closed;
});

test('a thread that ends by itself is told, and whoever asks it then or later hears why', async () => {
  const { thread, deaths, port } = opened();
  const asked = port.lease(1000);
  thread.emit('exit', 1);
  await expect(asked).rejects.toThrow("the election's thread ended (1)");
  expect(deaths).toEqual(["the election's thread ended (1)"]);
  await expect(port.lease(1000)).rejects.toThrow("the election's thread ended (1)");
  expect(thread.asked).toHaveLength(1);
});
