import type { Socket } from 'node:net';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { CHECK_KINDS, CHECKS, type CheckKind } from '../../../src/config/checks/index.ts';
import { probe } from '../../support/probe/ask.ts';
import { heard } from '../../support/probe/heard.ts';
import { type Act, endlessly, given, HOSTILE } from '../../support/probe/hostile.ts';
import { tcpServer, udpServer } from '../../support/probe/stub.ts';

// What a server may do to the one who asks: every kind has to end, in bounded time and memory, with a finding about the server.
const versionOf = (version: string): [string, CheckKind, () => object] => [
  `http ${version}`,
  'http',
  () => ({ version, body: 'never said' }),
];
const over = (transport: string): CheckKind[] => CHECK_KINDS.filter((kind) => CHECKS[kind].to === transport);
/** That the handshake is all that is asked of a server. */
const ASKS_NOTHING: ReadonlySet<CheckKind> = new Set(['tcp', 'syn']);
const TCP: readonly (readonly [string, CheckKind, () => object])[] = [
  ...over('tcp')
    .filter((kind) => !ASKS_NOTHING.has(kind))
    .map((kind) => [kind, kind, () => given(kind)] as const),
  ...['1.0', '2'].map(versionOf),
];

/** What is held of a server at a time, and one read more (of 64 KiB). */
const MOST_HELD = 128 * 1024;
/** So long that only a machine that stands still gets there. */
const EVER_MS = 30_000;

const drip = (socket: Socket): void => {
  const timer = setInterval(() => socket.write('2'), 20);
  socket.on('close', () => clearInterval(timer));
};

describe.each(TCP)('%s', (_name, kind, settings) => {
  test.each<[string, Act]>([
    ['says nothing', () => {}],
    ['hangs up at once', (socket) => void socket.end()],
    ['resets at once', (socket) => void socket.resetAndDestroy()],
    ['is no such server', (socket) => void socket.write('what do you want?\r\n\r\n')],
    ['sends zeros', (socket) => void socket.write(Buffer.alloc(64))],
    ['sends ones', (socket) => void socket.write(Buffer.alloc(64, 0xff))],
    ['speaks TLS, and says that it fails', (socket) => void socket.write(Buffer.from('15030300020228', 'hex'))],
  ])('of a server that %s is bad', async (_, act) => {
    const found = await probe(kind, await tcpServer(act), settings(), 300);
    expect(found).toMatchObject({ ok: false });
    expect(found.outcome).not.toBe('check-failed');
  });
  test.each<[string, Act]>([
    ['never stops talking', endlessly('', 'A')],
    ['never stops a line', endlessly('2', '2')],
    ['sends zeros without end', endlessly('', Buffer.alloc(1024))],
    ['sends ones without end', endlessly('', Buffer.alloc(1024, 0xff))],
  ])('of a server that %s is bad before its time is over, and little is read of it', async (_, act) => {
    const found = await probe(kind, await tcpServer(act), settings(), EVER_MS);
    expect(found).toMatchObject({ ok: false });
    expect(['check-failed', 'timeout']).not.toContain(found.outcome);
    expect(heard()).toBeLessThanOrEqual(MOST_HELD);
  });
  test('of a server that drips one byte after the other is bad when its time is over, or before', async () => {
    const found = await probe(kind, await tcpServer(drip), settings(), 300);
    expect(found).toMatchObject({ ok: false });
    expect(found.outcome).not.toBe('check-failed');
    expect(heard()).toBeLessThan(1024);
  });
  test('of a closed port is refused', async () => {
    expect(await probe(kind, 9, settings())).toMatchObject({ ok: false, phase: 'connect', outcome: 'refused' });
  });
  property.prop([fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 })], { numRuns: 60 })(
    'ends whatever a server sends',
    async (parts) => {
      const port = await tcpServer((socket) => {
        for (const part of parts) socket.write(part);
        socket.end();
      });
      expect((await probe(kind, port, settings())).outcome).not.toBe('check-failed');
    },
  );
});

describe.each(HOSTILE.map((row) => [row.kind, row.does, row] as const))('%s', (kind, does, row) => {
  test(`of a server with ${does} is bad before its time is over, and little is read of it`, async () => {
    const settings = row.given?.() ?? given(kind);
    const { ok, outcome } = await probe(kind, await tcpServer(row.act), settings, EVER_MS);
    expect({ ok, outcome }).toEqual({
      ok: false,
      outcome: typeof row.outcome === 'string' ? row.outcome : expect.stringMatching(row.outcome),
    });
    expect(heard()).toBeLessThanOrEqual(row.most ?? MOST_HELD);
  });
});

test.each(TCP.map(([, kind]) => kind))('%s has a row of its own among the hostile', (kind) => {
  expect(HOSTILE.some((row) => row.kind === kind)).toBe(true);
});

describe.each(over('udp'))('%s', (kind) => {
  test('of a server that is silent, and of a closed port', async () => {
    expect(await probe(kind, await udpServer(() => null), given(kind), 200)).toMatchObject({
      ok: false,
      outcome: 'timeout',
    });
    expect(await probe(kind, 9, given(kind))).toMatchObject({ ok: false, outcome: 'refused' });
  });
  property.prop([fc.uint8Array({ maxLength: 120 })], { numRuns: 30 })('ends whatever a server sends', async (bytes) => {
    const found = await probe(kind, await udpServer(() => Buffer.from(bytes)), given(kind), 40);
    expect(found).toMatchObject({ ok: false });
    expect(found.outcome).not.toBe('check-failed');
  });
});
