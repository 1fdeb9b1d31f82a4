import { expect, test } from 'vitest';
import { afterUnheld } from '../../../src/probe/held-up.ts';
import { probe } from '../../support/probe/ask.ts';
import { tcpServer } from '../../support/probe/stub.ts';

const hold = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

test('the time for which the event loop was held up does not count', async () => {
  const order: string[] = [];
  const plain = new Promise<void>((resolve) => setTimeout(() => resolve(void order.push('plain')), 200));
  const unheld = new Promise<void>((resolve) => afterUnheld(200, () => resolve(void order.push('unheld'))));
  await new Promise((resolve) => setTimeout(resolve, 50));
  hold(180);
  await Promise.all([plain, unheld]);
  expect(order).toEqual(['plain', 'unheld']);
});

test('what is called off is never called', async () => {
  let called = false;
  afterUnheld(10, () => {
    called = true;
  })();
  await new Promise((resolve) => afterUnheld(40, () => resolve(undefined)));
  expect(called).toBe(false);
});

test('a server that answers while this process is busy is not held to have been silent', async () => {
  const port = await tcpServer((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready')),
  );
  // Every turn of the loop takes long, and several are needed from the connection to the answer.
  let busy: NodeJS.Immediate;
  const turn = (): void => {
    hold(60);
    busy = setImmediate(turn);
  };
  busy = setImmediate(turn);
  const found = await probe('http', port, { body: 'ready' }, 200);
  clearImmediate(busy);
  expect(found).toMatchObject({ ok: true });
});
