import { expect, test } from 'vitest';
import { probe } from '../../support/probe/ask.ts';
import { tcpServer } from '../../support/probe/stub.ts';

test('a TCP check resets its connection, unless it is to end in order', async () => {
  const ends: string[] = [];
  let tell: () => void = () => {};
  const inOrder = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const port = await tcpServer((socket) => {
    socket.on('error', () => ends.push('reset'));
    socket.on('end', () => {
      ends.push('in order');
      tell();
    });
    socket.resume();
  });
  for (let i = 0; i < 3; i++) expect(await probe('tcp', port)).toMatchObject({ ok: true, outcome: 'connected' });
  // The latest of all: what the others did was seen before.
  expect(await probe('tcp', port, { close: 'fin' })).toMatchObject({ ok: true, outcome: 'connected' });
  await inOrder;
  expect(ends.filter((end) => end === 'in order')).toHaveLength(1);
});
