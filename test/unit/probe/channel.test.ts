import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { openProbeEngine } from '../../../src/kernel/probe-engine.ts';
import { Channel } from '../../../src/probe/channel.ts';

const open: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of open.splice(0)) server.close();
});

async function serve(onConnect: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnect(socket);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const channelTo = (port: number, ms = 2000): Promise<Channel> =>
  Channel.open({ address: '127.0.0.1', port, openSocket: openProbeEngine().openSocket }, AbortSignal.timeout(ms));

describe('a channel', () => {
  test('reads lines and bytes however they are cut into packets', async () => {
    const port = await serve((socket) => {
      const text = '220 ready\r\n250 ok\nabcdef';
      const next = (i: number): void => {
        if (i === text.length) return;
        socket.write(text.slice(i, i + 1));
        setImmediate(() => next(i + 1));
      };
      next(0);
    });
    await using channel = await channelTo(port);
    expect(await channel.line('greeting')).toBe('220 ready');
    expect(await channel.line('greeting')).toBe('250 ok');
    expect((await channel.exactly('body', 4)).toString()).toBe('abcd');
  });
  test('of a server that refuses, hangs, or hangs up ends with the reason in words', async () => {
    const closed = await serve(() => {});
    await new Promise((resolve) => open.pop()?.close(resolve));
    await expect(channelTo(closed)).rejects.toMatchObject({
      finding: { ok: false, phase: 'connect', outcome: 'refused', evidence: `connect to 127.0.0.1:${closed} refused` },
    });
    const silent = await channelTo(await serve(() => {}), 100);
    await expect(silent.line('HELO')).rejects.toMatchObject({
      finding: { phase: 'response', outcome: 'timeout', evidence: 'HELO got no answer in time' },
    });
    const gone = await channelTo(await serve((socket) => socket.end()));
    await expect(gone.line('HELO')).rejects.toMatchObject({ finding: { phase: 'response', outcome: 'ended' } });
    const reset = await channelTo(await serve((socket) => setTimeout(() => socket.resetAndDestroy(), 20)));
    await expect(reset.line('HELO')).rejects.toMatchObject({ finding: { phase: 'response', outcome: 'reset' } });
  });
  test('what came before the server closed is still read', async () => {
    const channel = await channelTo(await serve((socket) => socket.end('bye\r\n')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await channel.line('QUIT')).toBe('bye');
    const rest = await channelTo(await serve((socket) => socket.end('all of it')));
    expect((await rest.rest('GET')).toString()).toBe('all of it');
  });
  test('of a server that never stops talking costs bounded memory', async () => {
    const flood = (socket: Socket): void => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(16 * 1024, 120)));
        if (!socket.destroyed) socket.once('drain', more);
      };
      more();
    };
    const line = await channelTo(await serve(flood));
    await expect(line.line('HELO')).rejects.toMatchObject({ finding: { outcome: 'too-long' } });
    const bytes = await channelTo(await serve(flood));
    await expect(bytes.take('HELO', () => null)).rejects.toMatchObject({ finding: { outcome: 'too-long' } });
    const total = await channelTo(await serve(flood));
    const drink = async (): Promise<void> => {
      for (;;) await total.exactly('data', 1024);
    };
    await expect(drink()).rejects.toMatchObject({ finding: { outcome: 'too-long' } });
  });
});
