import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { PhaseLimits, ProbeSource } from '../../../src/model/desired.ts';
import { probe, prober, settingsOf } from '../../support/probe/ask.ts';
import { tcpServer } from '../../support/probe/stub.ts';

const redis = (seen: (socket: Socket) => void, answer: () => string) =>
  tcpServer((socket) => {
    seen(socket);
    socket.on('data', () => socket.write(answer()));
  });
const calls = (port: number, name = '127.0.0.1') =>
  `*2\r\n$${name.length}\r\n${name}\r\n$${`${port}`.length}\r\n${port}\r\n`;

async function ask(from?: ProbeSource, limits?: PhaseLimits) {
  const peers: string[] = [];
  const note = ({ remoteAddress, remotePort }: Socket) => void peers.push(`${remoteAddress}:${remotePort}`);
  const master: number = await redis(note, () => '+PONG\r\n');
  const silent = await tcpServer(note);
  const knows = await redis(note, () => calls(master));
  const addresses = [silent, knows].map((port) => ({ address: '127.0.0.1', port }));
  const settings = settingsOf('redis', { sentinels: { master: 'cache', addresses } }, 60_000);
  const target = { address: '127.0.0.1', port: master, ...(from && { from }), limits: { responseMs: 100, ...limits } };
  return { found: await prober.probe(target, settings, new AbortController().signal), peers };
}

test('sentinels: each has the time of a phase, so that a silent one leaves some for the next', async () => {
  expect((await ask()).found).toMatchObject({ ok: true, evidence: expect.stringContaining('calls it master') });
});

test.each<[string, ProbeSource]>([
  ['an address', { address: '127.0.0.5' }],
  ['an interface', { address: '127.0.0.6', interface: 'lo' }],
  ['a mark', { address: '127.0.0.7', mark: 7 }],
])('sentinels are asked from where the server is asked: %s', async (_, from) => {
  const { found, peers } = await ask(from);
  expect(found).toMatchObject({ ok: true });
  expect(peers.map((peer) => peer.replace(/:\d+$/, ''))).toEqual([from.address, from.address, from.address]);
});

test('the port that probes come from is that of the connection to the server', async () => {
  for (const more of [{}, { interface: 'lo' }]) {
    const { found, peers } = await ask({ address: '127.0.0.8', port: 40_917, ...more });
    expect(found).toMatchObject({ ok: true });
    expect(peers[0]).toBe('127.0.0.8:40917');
    expect(peers.slice(1).every((peer) => peer.startsWith('127.0.0.8:') && !peer.endsWith(':40917'))).toBe(true);
  }
});

test('a sentinel that tells names means the server that has the name', async () => {
  const nobody = (): void => {};
  const port = await redis(nobody, () => '+PONG\r\n');
  const asked = async (name: string, at = port) => {
    const sentinel = await redis(nobody, () => calls(at, name));
    const sentinels = { master: 'cache', addresses: [{ address: '127.0.0.1', port: sentinel }] };
    return await probe('redis', port, { sentinels }, 60_000);
  };
  expect(await asked('127.0.0.1')).toMatchObject({ ok: true });
  expect(await asked('localhost')).toMatchObject({ ok: true });
  expect(await asked('localhost', 1)).toMatchObject({ ok: false, outcome: 'not-master' });
  expect(await asked('127.0.0.2')).toMatchObject({ ok: false, outcome: 'not-master' });
  expect(await asked('no name')).toMatchObject({
    ok: false,
    outcome: 'sentinel',
    evidence: expect.stringMatching(/calls no name master, and that name cannot be found: /),
  });
});
