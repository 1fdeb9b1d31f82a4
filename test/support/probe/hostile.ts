import type { Socket } from 'node:net';
import type { CheckKind } from '../../../src/config/checks/index.ts';
import { FRAME, frame } from './http2.ts';
import { fileWith } from './stub.ts';

/** What a hostile server may do, kind by kind. */

const SECRET = (): string => fileWith('secret\n');
export const LOGIN = (): object => ({ user: 'u', passwordFile: SECRET() });

/** Settings with which a kind says as much as it can; a kind that is not here is asked with its defaults. */
export const GIVEN: Partial<Record<CheckKind, () => object>> = {
  http: () => ({ body: 'never said' }),
  mysql: () => ({ ...LOGIN(), role: 'writable', maxLag: '5s' }),
  postgresql: () => ({ ...LOGIN(), role: 'standby', maxLag: '5s' }),
  redis: () => ({ passwordFile: SECRET(), role: 'replica', maxLag: '5s' }),
  smtp: LOGIN,
  ftp: LOGIN,
  imap: LOGIN,
  pop3: LOGIN,
  ldap: () => ({ bind: 'cn=u', passwordFile: SECRET() }),
  dns: () => ({ name: 'example.com', type: 'A', answer: '192.0.2.1' }),
  dialogue: () => ({ steps: [{ send: 'hello', expect: 'never said', match: '(a*)*$' }] }),
  // What no drawn answer begins with.
  udp: () => ({ expect: '0xfa1c1ead0000' }),
  radius: () => ({ secretFile: SECRET(), ...LOGIN() }),
};
export const given = (kind: CheckKind): object => GIVEN[kind]?.() ?? {};

export type Act = (socket: Socket) => void;

/** Says it again and again, as fast as it is taken. */
export const endlessly =
  (...parts: readonly (Buffer | string)[]): Act =>
  (socket) => {
    const [first = '', rest = first] = parts;
    const bytes = Buffer.concat(Array.from({ length: 50 }, () => Buffer.from(rest as string)));
    socket.write(first);
    const more = (): void => {
      while (!socket.destroyed && socket.write(bytes));
      if (!socket.destroyed) socket.once('drain', more);
    };
    more();
  };
const once =
  (...parts: readonly (Buffer | string)[]): Act =>
  (socket) =>
    void socket.write(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
/** Goes on once it was asked something. */
export const asked =
  (act: Act): Act =>
  (socket) =>
    socket.once('data', () => act(socket));
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

export interface HostileRow {
  readonly kind: CheckKind;
  readonly does: string;
  readonly act: Act;
  readonly outcome: string | RegExp;
  /** In place of those of the kind. */
  readonly given?: () => object;
  /** Most bytes that we may read of it, where it is not what a channel may hold and one read. */
  readonly most?: number;
}

const KIB = 1024;
/** A whole of many parts, and one read more. */
const MANY_PARTS = 320 * KIB;
const [OLD, NEW] = [
  { version: '1.0', body: 'x' },
  { version: 2, body: 'x' },
];
const h2 = (...parts: Buffer[]): Buffer => Buffer.concat([frame(FRAME.settings, 0, 0), ...parts]);
/** 4000 bytes that enter the dynamic table once (RFC 7541 6.2.1) and come out again for every byte 0xbe. */
const BOMB = Buffer.concat([hex('88 40 01 61 7f a1 1e'), Buffer.alloc(4000, 0x62), Buffer.alloc(10_000, 0xbe)]);
const GRPC_HEAD = Buffer.concat([hex('88 0f10 10'), Buffer.from('application/grpc')]);
/** Zeros behind gzip: a thousandth on the wire. */
const GZIP = hex('1f8b0800000000000003');

/** Endless banners and headers, lengths that lie, and what swells when it is unpacked. */
export const HOSTILE: readonly HostileRow[] = [
  {
    kind: 'http',
    does: 'endless headers',
    act: endlessly('HTTP/1.1 200 OK\r\n', 'A: bcdefgh\r\n'),
    outcome: 'not-http',
  },
  { kind: 'http', does: 'an endless header', act: endlessly('HTTP/1.1 200 OK\r\nA: ', 'bcdefgh'), outcome: 'not-http' },
  {
    kind: 'http',
    does: 'endless interim answers',
    act: endlessly('', 'HTTP/1.1 100 Go on\r\n\r\n'),
    outcome: 'not-http',
  },
  {
    kind: 'http',
    does: 'an endless body',
    act: endlessly('HTTP/1.1 200 OK\r\n\r\n', 'abcdefgh'),
    outcome: 'body',
    most: MANY_PARTS,
  },
  {
    kind: 'http',
    does: 'a chunk of 2^64 bytes',
    act: endlessly('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n', 'abcdefgh'),
    outcome: /not-http|body/,
    most: MANY_PARTS,
  },
  {
    kind: 'http',
    does: 'endless extensions of a chunk',
    act: endlessly('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;', 'abcdefgh'),
    outcome: /not-http|reset/,
    most: MANY_PARTS,
  },
  {
    kind: 'http',
    does: 'endless trailers',
    act: endlessly('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'A: bcdefgh\r\n'),
    outcome: /not-http|reset/,
    most: MANY_PARTS,
  },
  {
    kind: 'http',
    does: 'a length of 15 digits',
    act: endlessly('HTTP/1.1 200 OK\r\ncontent-length: 999999999999999\r\n\r\n', 'abcdefgh'),
    outcome: 'body',
    most: MANY_PARTS,
  },
  {
    kind: 'http',
    does: 'a body that swells a thousand times',
    act: endlessly(
      Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n'), GZIP]),
      Buffer.alloc(512),
    ),
    outcome: 'body',
    most: MANY_PARTS,
  },
  {
    kind: 'http',
    does: 'endless headers',
    given: () => OLD,
    act: endlessly('HTTP/1.0 200 OK\r\n', 'A: bcdefgh\r\n'),
    outcome: 'not-http',
  },
  {
    kind: 'http',
    does: 'an endless body',
    given: () => OLD,
    act: endlessly('HTTP/1.0 200 OK\r\n\r\n', 'abcdefgh'),
    outcome: 'body',
    most: MANY_PARTS,
  },
  {
    kind: 'http',
    does: 'headers that swell a thousand times',
    given: () => NEW,
    act: once(h2(frame(FRAME.headers, 4, 1, BOMB))),
    outcome: /not-http|reset|ended/,
  },
  {
    kind: 'http',
    does: 'a frame of 16 MiB',
    given: () => NEW,
    act: endlessly(h2(frame(FRAME.headers, 4, 1, hex('88')), frame(FRAME.data, 0, 1, undefined, 0xffffff)), 'abcdefgh'),
    outcome: /not-http|reset/,
    most: MANY_PARTS,
  },
  {
    kind: 'grpc',
    does: 'headers that swell a thousand times',
    act: once(h2(frame(FRAME.headers, 4, 1, BOMB))),
    outcome: /not-http|reset|ended/,
  },
  {
    kind: 'grpc',
    does: 'a message of 4 GiB',
    act: once(
      h2(
        frame(FRAME.headers, 4, 1, GRPC_HEAD),
        frame(FRAME.data, 0, 1, hex('00 ffffffff 0801')),
        frame(FRAME.data, 0, 1, Buffer.alloc(8000)),
      ),
    ),
    outcome: 'too-long',
  },
  {
    kind: 'grpc',
    does: 'a message that swells a thousand times',
    act: once(
      h2(
        frame(FRAME.headers, 4, 1, GRPC_HEAD),
        frame(FRAME.data, 0, 1, Buffer.concat([hex('01 0000000a'), GZIP])),
        frame(FRAME.headers, 5, 1, Buffer.concat([hex('00 0b'), Buffer.from('grpc-status'), hex('01 30')])),
      ),
    ),
    outcome: 'not-grpc',
  },
  { kind: 'smtp', does: 'an endless greeting', act: endlessly('', '220-more\r\n'), outcome: 'too-long' },
  { kind: 'smtp', does: 'an endless line', act: endlessly('220 ', 'more'), outcome: 'too-long' },
  { kind: 'ftp', does: 'an endless greeting', act: endlessly('', '220-more\r\n'), outcome: 'too-long' },
  { kind: 'ftp', does: 'an endless line', act: endlessly('220 ', 'more'), outcome: 'too-long' },
  {
    kind: 'imap',
    does: 'endless news',
    act: endlessly('* OK ready\r\n', '* 7 EXISTS\r\n'),
    outcome: 'too-long',
    most: MANY_PARTS,
  },
  { kind: 'imap', does: 'an endless line', act: endlessly('* OK ', 'more'), outcome: 'too-long' },
  { kind: 'pop3', does: 'an endless line', act: endlessly('+OK ', 'more'), outcome: 'too-long' },
  { kind: 'ldap', does: 'a length of 4 GiB', act: endlessly(hex('30 84 ffffffff'), 'abcdefgh'), outcome: 'too-long' },
  { kind: 'ldap', does: 'a length of lengths', act: once(hex('30 ff ffff')), outcome: 'not-ldap' },
  { kind: 'ssh', does: 'an endless greeting', act: endlessly('', 'hello\r\n'), outcome: 'not-ssh' },
  { kind: 'ssh', does: 'an endless line', act: endlessly('SSH-2.0-', 'more'), outcome: 'too-long' },
  { kind: 'dialogue', does: 'what is never expected', act: endlessly('', 'aaaaaaaab\r\n'), outcome: 'too-long' },
  { kind: 'mysql', does: 'a packet of 16 MiB', act: endlessly(hex('ffffff 00'), 'abcdefgh'), outcome: 'not-mysql' },
  {
    kind: 'mysql',
    does: 'a greeting without end',
    act: endlessly(hex('ff7f00 00 0a'), 'abcdefgh'),
    outcome: 'not-mysql',
  },
  {
    kind: 'postgresql',
    does: 'a message of 4 GiB',
    act: endlessly(hex('52 ffffffff'), 'abcdefgh'),
    outcome: 'not-postgresql',
  },
  {
    kind: 'postgresql',
    does: 'endless parameters',
    act: endlessly('', hex('53 00000008 61006200')),
    outcome: 'not-postgresql',
  },
  {
    kind: 'postgresql',
    does: 'endless long notices',
    act: endlessly('', Buffer.concat([hex('4e 00007000'), Buffer.alloc(0x6ffc, 0x61)])),
    outcome: 'too-long',
    most: MANY_PARTS,
  },
  {
    kind: 'redis',
    does: 'a text of a terabyte',
    act: endlessly('$1099511627776\r\n', 'abcdefgh'),
    outcome: 'too-long',
  },
  {
    kind: 'redis',
    does: 'a list of a thousand million',
    act: endlessly('*1000000000\r\n', ':1\r\n'),
    outcome: 'not-redis',
  },
  { kind: 'redis', does: 'lists in lists in lists', act: endlessly('', '*1\r\n'), outcome: 'not-redis' },
  {
    kind: 'redis',
    does: 'a million short words',
    act: endlessly('', '*1024\r\n*1024\r\n*1024\r\n:1\r\n:1\r\n'),
    outcome: /not-redis|too-long/,
    most: MANY_PARTS,
  },
  { kind: 'redis', does: 'an endless line', act: endlessly('+', 'PONG'), outcome: 'too-long' },
  { kind: 'memcached', does: 'an endless line', act: endlessly('VERSION ', '1.6'), outcome: 'too-long' },
  {
    kind: 'mongodb',
    does: 'a message of 2 GiB',
    act: endlessly(hex('ffffff7f 07000000 01000000 dd070000'), 'abcdefgh'),
    outcome: 'not-mongodb',
  },
  {
    kind: 'mongodb',
    does: 'a negative length',
    act: once(hex('ffffffff 07000000 01000000 dd070000')),
    outcome: 'not-mongodb',
  },
  {
    kind: 'mongodb',
    does: 'a text that is longer than its document',
    act: once(hex('29000000 07000000 01000000 dd070000 00000000 00 14000000 02 6100 ffffff7f 00000000 0000 0000 00')),
    outcome: 'not-mongodb',
  },
  { kind: 'agent', does: 'an endless line', act: endlessly('up ', '75% '), outcome: 'too-long' },
  {
    kind: 'dns',
    does: 'endless bytes behind a length',
    given: () => ({ ...given('dns'), over: 'tcp' }),
    act: asked(endlessly(hex('ffff'), 'abcdefgh')),
    outcome: 'not-dns',
  },
];
