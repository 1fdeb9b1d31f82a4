import type { Socket } from 'node:net';

/** Ends whatever request was not complete, and is none. */
const TAIL = 'x'.repeat(20_000);

/** What comes back for bytes that are sent as they stand, until the other side closes. It has to: after them comes nothing (of a
 *  request that says `Connection: close`), the end of the connection (`cut`, which lets it close before it answers), or what is
 *  no request (`tail`, which lets it say so before it answers). */
export function rawly(
  open: () => Socket,
  pieces: readonly (string | Buffer)[],
  then: 'nothing' | 'cut' | 'tail' = 'nothing',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = open();
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(
          `no end after ${JSON.stringify(pieces.map(String).join('|').slice(0, 400))}; got ${text.slice(0, 400)}`,
        ),
      );
    }, 60_000);
    socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    for (const piece of pieces) socket.write(piece);
    if (then === 'cut') socket.end();
    else if (then === 'tail') socket.write(TAIL);
  });
}

/** The statuses of answers in their order. */
export const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
