import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { engine, probe } from '../support/probe/ask.ts';

/** On a kernel with SCTP. Node.js takes an SCTP socket for one of TCP, which it is used like. */
async function listen(port: number): Promise<() => void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  const fd = engine.openSocket('sctp', 'inet', { address: '127.0.0.1', port });
  await new Promise<void>((resolve) => server.listen({ fd }, resolve));
  return () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
}

test('sctp: an association comes up, or is refused', async () => {
  const close = await listen(9899);
  onTestFinished(close);
  expect(await probe('sctp', 9899)).toMatchObject({
    ok: true,
    outcome: 'connected',
    evidence: 'connect to 127.0.0.1:9899 succeeded',
  });
  expect(await probe('sctp', 9898)).toMatchObject({ ok: false, phase: 'connect', outcome: 'refused' });
  // What only speaks TCP is no such server.
  const tcp = createServer().listen(9897, '127.0.0.1');
  onTestFinished(() => void tcp.close());
  expect(await probe('sctp', 9897)).toMatchObject({ ok: false, outcome: 'refused' });
});
