import type { Socket } from 'node:net';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { CHECK_KINDS, CHECKS, type CheckKind } from '../../../src/config/checks/index.ts';
import { probe } from '../../support/probe/ask.ts';
import { fileWith, tcpServer, udpServer } from '../../support/probe/stub.ts';

// What a server may do to the one who asks: every kind has to end, in bounded time and memory, with a finding about the server.
const SECRET = (): string => fileWith('secret\n');

/** Settings with which a kind says as much as it can; a kind that is not here is asked with its defaults. */
const GIVEN: Partial<Record<CheckKind, () => object>> = {
  mysql: () => ({ user: 'u', passwordFile: SECRET(), role: 'writable', maxLag: '5s' }),
  postgresql: () => ({ user: 'u', passwordFile: SECRET(), role: 'standby', maxLag: '5s' }),
  redis: () => ({ passwordFile: SECRET(), role: 'replica', maxLag: '5s' }),
  smtp: () => ({ user: 'u', passwordFile: SECRET() }),
  ftp: () => ({ user: 'u', passwordFile: SECRET() }),
  imap: () => ({ user: 'u', passwordFile: SECRET() }),
  pop3: () => ({ user: 'u', passwordFile: SECRET() }),
  ldap: () => ({ bind: 'cn=u', passwordFile: SECRET() }),
  dns: () => ({ name: 'example.com', type: 'A', answer: '192.0.2.1' }),
  dialogue: () => ({ steps: [{ send: 'hello', expect: 'never said', match: '(a*)*$' }] }),
  // What no drawn answer begins with.
  udp: () => ({ expect: '0xfa1c1ead0000' }),
  radius: () => ({ secretFile: SECRET(), user: 'u', passwordFile: SECRET() }),
};
const given = (kind: CheckKind): object => GIVEN[kind]?.() ?? {};
const versionOf = (version: string): [string, CheckKind, () => object] => [
  `http ${version}`,
  'http',
  () => ({ version, body: 'never said' }),
];
const over = (transport: string): CheckKind[] => CHECK_KINDS.filter((kind) => CHECKS[kind].to === transport);
/** That the handshake is all that is asked of a server. */
const ASKS_NOTHING: ReadonlySet<CheckKind> = new Set(['tcp']);
const TCP: readonly (readonly [string, CheckKind, () => object])[] = [
  ...over('tcp')
    .filter((kind) => !ASKS_NOTHING.has(kind))
    .map((kind) => [kind, kind, () => given(kind)] as const),
  ...['1.0', '2'].map(versionOf),
];

const flood = (socket: Socket): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(Buffer.alloc(16 * 1024, 0x41)));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
};
const drip = (socket: Socket): void => {
  const timer = setInterval(() => socket.write('2'), 20);
  socket.on('close', () => clearInterval(timer));
};

describe.each(TCP)('%s', (_name, kind, settings) => {
  test.each([
    ['says nothing', () => {}],
    ['hangs up at once', (socket: Socket) => void socket.end()],
    ['resets at once', (socket: Socket) => void socket.resetAndDestroy()],
    ['never stops talking', flood],
    ['drips one byte after the other', drip],
    ['is no such server', (socket: Socket) => void socket.write('what do you want?\r\n\r\n')],
    ['sends zeros', (socket: Socket) => void socket.write(Buffer.alloc(64))],
    ['sends ones', (socket: Socket) => void socket.write(Buffer.alloc(64, 0xff))],
  ])('of a server that %s is bad', async (_, act) => {
    const found = await probe(kind, await tcpServer(act), settings(), 300);
    expect(found).toMatchObject({ ok: false });
    expect(found.outcome).not.toBe('check-failed');
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
