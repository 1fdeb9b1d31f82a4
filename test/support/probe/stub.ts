import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

/** Servers of a test's own making for checks to ask, on loopback; all end with the test. */

const open: { close(): unknown }[] = [];
const sockets = new Set<Socket>();
const folders: string[] = [];
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of open.splice(0)) server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

export async function tcpServer(onConnect: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnect(socket);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Answers each datagram with what `answer` makes of it; null: nothing. */
export async function udpServer(answer: (request: Buffer) => Buffer | null): Promise<number> {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', (request, { port, address }) => {
    const bytes = answer(request);
    if (bytes) socket.send(bytes, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket.address().port;
}

/** A dialogue: a greeting if there is one, then one answer to each packet of the client. Null at the end: it closes behind
 *  the last. */
export const dialogue = (
  greeting: Buffer | string | null,
  ...answers: readonly (Buffer | string | null)[]
): Promise<number> =>
  tcpServer((socket) => {
    const left = [...answers];
    const say = (word: Buffer | string): void => {
      socket.write(word);
      if (left[0] === null) socket.end();
    };
    if (greeting !== null) say(greeting);
    socket.on('data', () => {
      const next = left.shift();
      if (next !== undefined && next !== null) say(next);
    });
  });

export function fileWith(content: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-probe-'));
  folders.push(folder);
  const file = join(folder, 'file');
  writeFileSync(file, content, { mode });
  return file;
}
