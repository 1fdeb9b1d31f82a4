import type { CheckKind } from '../../../src/config/checks/index.ts';
import { LOGIN } from './hostile.ts';
import { FRAME, frame } from './http2.ts';
import { fileWith } from './stub.ts';

/** What a server of each kind says when all is well: its greeting (null: it waits to be asked), then an answer to each
 *  question. Made by hand from the documents of the protocols. What is made of it by changing bytes gets deep into a parser. */
export interface Transcript {
  readonly kind: CheckKind;
  readonly how?: string;
  readonly given?: () => object;
  readonly says: readonly (Buffer | string | null)[];
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const packet = (sequence: number, ...parts: readonly (Buffer | string)[]): Buffer => {
  const payload = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from([payload.length, 0, 0, sequence]), payload]);
};
const message = (letter: string, ...parts: readonly (Buffer | string)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(letter), length, body]);
};
const END = hex('fe 0000 0200');
/** A result of one column and one row. */
const result = (name: string, value: string): Buffer => {
  const column = Buffer.concat([
    hex('03 646566 00 00 00'),
    Buffer.from([name.length]),
    Buffer.from(name),
    hex('00 0c 2d00 10000000 fd 0000 00 0000'),
  ]);
  const row = Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  return Buffer.concat([packet(1, hex('01')), packet(2, column), packet(3, END), packet(4, row), packet(5, END)]);
};
const GREETING = packet(
  0,
  hex('0a'),
  '8.0.36\0',
  hex('01000000 3132333435363738 00 fff7 2d 0200 ffdf 15'),
  Buffer.alloc(10),
  '123456789012\0',
  'mysql_native_password\0',
);
const READY = message('Z', 'I');
const ROW = Buffer.concat([
  message('T', hex('0003'), 'a\0', Buffer.alloc(18), 'b\0', Buffer.alloc(18), 'c\0', Buffer.alloc(18)),
  message('D', hex('0003 00000001'), 't', hex('00000001'), 't', hex('00000001'), '0'),
  message('C', 'SELECT 1\0'),
  READY,
]);
const h2 = (head: string, type: string, data: string, trailers: string): Buffer =>
  Buffer.concat([
    frame(FRAME.settings, 0, 0),
    frame(FRAME.headers, 4, 1, Buffer.concat([hex(head), Buffer.from(type)])),
    frame(FRAME.data, trailers === '' ? 1 : 0, 1, hex(data)),
    ...(trailers === '' ? [] : [frame(FRAME.headers, 5, 1, hex(trailers))]),
  ]);
/** hosts, an empty array; n, an int64; isWritablePrimary; ok. */
const FIELDS = Buffer.concat([
  hex('04 686f73747300 05000000 00 12 6e00 0100000000000000 08'),
  Buffer.from('isWritablePrimary\0'),
  hex('01 01 6f6b00 000000000000f03f 00'),
]);
const int32 = (value: number): Buffer => Buffer.from([value, 0, 0, 0]);
const HELLO = Buffer.concat([
  int32(FIELDS.length + 25),
  hex('07000000 01000000 dd070000 00000000 00'),
  int32(FIELDS.length + 4),
  FIELDS,
]);
const PAGE = 'HTTP/1.1 200 OK\r\nServer: x\r\n';

export const TRANSCRIPTS: readonly Transcript[] = [
  {
    kind: 'http',
    how: 'by the engine',
    says: [null, `HTTP/1.1 103 Early\r\nA: b\r\n\r\n${PAGE}Content-Length: 5\r\n\r\nready`],
  },
  {
    kind: 'http',
    how: 'a page',
    given: () => ({ match: '^ready$' }),
    says: [null, `HTTP/1.1 100 Go on\r\n\r\n${PAGE}Content-Length: 5\r\n\r\nready`],
  },
  {
    kind: 'http',
    how: 'in chunks',
    given: () => ({ match: '^ready$' }),
    says: [null, `${PAGE}Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nre\r\n3\r\nady\r\n0\r\nA: b\r\n\r\n`],
  },
  {
    kind: 'http',
    how: 'HTTP/1.0',
    given: () => ({ version: '1.0', match: '^ready$' }),
    says: [null, 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nready'],
  },
  {
    kind: 'http',
    how: 'HTTP/2',
    given: () => ({ version: 2, match: '^ready$' }),
    says: [null, h2('88', '', '7265616479', '')],
  },
  {
    kind: 'grpc',
    says: [null, h2('88 0f10 10', 'application/grpc', '00 00000002 0801', '00 0b 677270632d737461747573 01 30')],
  },
  {
    kind: 'smtp',
    given: LOGIN,
    says: ['220-mail ESMTP\r\n220 ready\r\n', '250-mail\r\n250 AUTH PLAIN\r\n', '235 2.7.0 in\r\n', '221 bye\r\n'],
  },
  { kind: 'ftp', given: LOGIN, says: ['220-hello\r\n more\r\n220 ready\r\n', '331 and?\r\n', '230 in\r\n'] },
  { kind: 'ftp', how: 'without a user', says: ['220 ready\r\n', '200 fine\r\n'] },
  { kind: 'imap', given: LOGIN, says: ['* OK ready\r\n', '* CAPABILITY IMAP4rev1\r\na OK in\r\n'] },
  { kind: 'pop3', given: LOGIN, says: ['+OK ready\r\n', '+OK who\r\n', '+OK in\r\n'] },
  {
    kind: 'ldap',
    given: () => ({ bind: 'cn=u', passwordFile: fileWith('s') }),
    says: [null, hex('30 0f 02 01 02 61 0a 0a 01 00 04 00 04 03 616263')],
  },
  { kind: 'ssh', given: () => ({ banner: 'OpenSSH' }), says: ['hello\r\nSSH-2.0-OpenSSH_9.2\r\n'] },
  {
    kind: 'dialogue',
    given: () => ({ steps: [{ expect: '0x?a01' }, { send: 'x', match: '^ok( [0-9]+)*\n' }] }),
    says: [hex('ff8a01'), 'ok 1 22 333\n'],
  },
  {
    kind: 'mysql',
    given: () => ({ ...LOGIN(), role: 'writable', maxLag: '5s' }),
    says: [GREETING, packet(2, hex('00000002000000')), result('ro', '0'), result('Seconds_Behind_Source', '1')],
  },
  {
    kind: 'mysql',
    how: 'another plugin',
    given: LOGIN,
    says: [
      GREETING,
      packet(2, hex('fe'), 'caching_sha2_password\0', '12345678901234567890\0'),
      Buffer.concat([packet(4, hex('0103')), packet(5, hex('00000002000000'))]),
    ],
  },
  {
    kind: 'postgresql',
    given: () => ({ ...LOGIN(), role: 'standby', maxLag: '5s' }),
    says: [
      null,
      message('R', hex('00000005 01020304')),
      Buffer.concat([message('R', hex('00000000')), message('S', 'a\0b\0'), message('K', Buffer.alloc(8)), READY]),
      ROW,
    ],
  },
  { kind: 'postgresql', how: 'without a user', says: [null, message('E', 'SFATAL\0C28000\0Mno\0\0')] },
  {
    kind: 'redis',
    given: () => ({ passwordFile: fileWith('s'), role: 'replica', maxLag: '5s' }),
    says: [
      null,
      '+OK\r\n',
      '+PONG\r\n',
      '*5\r\n$5\r\nslave\r\n$1\r\nm\r\n:6379\r\n$9\r\nconnected\r\n:0\r\n',
      '$29\r\nmaster_last_io_seconds_ago:1\r\n\r\n',
    ],
  },
  { kind: 'memcached', says: [null, 'VERSION 1.6.18\r\n'] },
  {
    kind: 'mongodb',
    given: () => ({ role: 'primary' }),
    says: [null, HELLO],
  },
  { kind: 'agent', says: ['up,ready 75% maxconn:30 #fine\n'] },
];
