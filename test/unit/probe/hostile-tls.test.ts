import { describe, expect, test } from 'vitest';
import { CHECK_KINDS, CHECKS, type CheckKind } from '../../../src/config/checks/index.ts';
import { probe } from '../../support/probe/ask.ts';
import { heard } from '../../support/probe/heard.ts';
import { type Act, asked, endlessly } from '../../support/probe/hostile.ts';
import { tcpServer } from '../../support/probe/stub.ts';

/** Servers that do not speak TLS where it is expected, or never finish with it. */
const EVER_MS = 30_000;
const MOST_HELD = 128 * 1024;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const inTls = { tls: { verify: false } };
const steps = [{ expect: 'x' }];
/** How each kind gets to TLS: at once, or by words that come before it. */
const WAYS: Partial<Record<CheckKind, readonly (readonly [how: string, given: object, before: readonly string[]])[]>> =
  {
    tcp: [['at once', {}, []]],
    http: ['1.0', '1.1', '2'].map((version) => [`HTTP/${version}`, { version }, []] as const),
    grpc: [['at once', {}, []]],
    smtp: [
      ['at once', {}, []],
      ['on request', { startTls: true }, ['220 ready\r\n', '250 mail\r\n', '220 go on\r\n']],
    ],
    ftp: [
      ['at once', {}, []],
      ['on request', { startTls: true }, ['220 ready\r\n', '234 go on\r\n']],
    ],
    imap: [
      ['at once', {}, []],
      ['on request', { startTls: true }, ['* OK ready\r\n', 'a OK go on\r\n']],
    ],
    pop3: [
      ['at once', {}, []],
      ['on request', { startTls: true }, ['+OK ready\r\n', '+OK go on\r\n']],
    ],
    ldap: [
      ['at once', {}, []],
      ['on request', { startTls: true }, ['', '300c02010178070a010004000400']],
    ],
    dialogue: [['at once', { steps }, []]],
    mysql: [
      [
        'on request',
        { user: 'u' },
        [
          `47000000${'0a382e3000010000003132333435363738 00 ffff 2d 0200 ffdf 15'.replaceAll(' ', '')}${'00'.repeat(10)}${'31'.repeat(12)}00${Buffer.from('mysql_native_password').toString('hex')}00`,
        ],
      ],
    ],
    postgresql: [['on request', {}, ['', '53']]],
    redis: [['at once', {}, []]],
    mongodb: [['at once', {}, []]],
  };
const BINARY: ReadonlySet<CheckKind> = new Set(['ldap', 'mysql', 'postgresql']);

/** Says what comes before TLS, an answer to each packet, then does as it likes with the first packet of TLS. */
const behind =
  (kind: CheckKind, before: readonly string[], act: Act): Act =>
  (socket) => {
    const words = before.map((word) => Buffer.from(word, BINARY.has(kind) ? 'hex' : 'latin1'));
    const next = (): void => {
      const word = words.shift();
      if (word !== undefined && word.length > 0) socket.write(word);
      socket.once('data', words.length === 0 ? () => act(socket) : next);
    };
    if (words.length === 0) asked(act)(socket);
    else next();
  };

const ALL = Object.entries(WAYS).flatMap(([kind, ways]) =>
  ways.map(([how, given, before]) => [`${kind}, ${how}`, kind as CheckKind, { ...inTls, ...given }, before] as const),
);

test('every kind that has TLS is here', () => {
  const able = CHECK_KINDS.filter((kind) => 'tls' in CHECKS[kind].settings.shape);
  expect(Object.keys(WAYS).sort()).toEqual([...able].sort());
});

describe.each(ALL)('%s', (_, kind, settings, before) => {
  test.each<[string, Act, string | RegExp]>([
    ['goes on in the clear', (socket) => void socket.write('220 what do you want?\r\n'), 'not-tls'],
    ['says that TLS fails', (socket) => void socket.end(hex('15 0303 0002 0228')), /tls|ssl|reset|ended/],
    ['hangs up', (socket) => void socket.end(), /ended|reset/],
    ['sends zeros without end', endlessly('', Buffer.alloc(1024)), /tls|ssl/],
    ['sends random records without end', endlessly('', hex('16 0303 4000'), Buffer.alloc(0x4000, 0x5a)), /tls|ssl/],
    // ServerHello with a length of 16 MiB, in records of 16 KiB.
    [
      'greets without end',
      endlessly(hex('16 0303 4000 02 ffffff 0303'), hex(`16 0303 4000 ${'5a'.repeat(0x4000)}`)),
      /tls|ssl/,
    ],
    ['warns without end', endlessly('', hex('15 0303 0002 0100')), /tls|ssl|ended|reset/],
  ])('of a server that %s is bad before its time is over, and little is read of it', async (_does, act, outcome) => {
    const found = await probe(kind, await tcpServer(behind(kind, before, act)), settings, EVER_MS);
    expect(found).toMatchObject({ ok: false, phase: 'connect', outcome: expect.stringMatching(outcome) });
    expect(heard()).toBeLessThanOrEqual(MOST_HELD);
  });
  test('of a server that drips a record is bad when its time is over', async () => {
    const act: Act = (socket) => {
      socket.write(hex('16 0303 4000 02 003ffc'));
      const timer = setInterval(() => socket.write('Z'), 20);
      socket.on('close', () => clearInterval(timer));
    };
    const found = await probe(kind, await tcpServer(behind(kind, before, act)), settings, 300);
    expect(found).toMatchObject({ ok: false, phase: 'connect', outcome: 'timeout' });
    expect(heard()).toBeLessThan(1024);
  });
});
