import { mkdtempSync, rmSync } from 'node:fs';
import { connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as dialTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServedDirector, servedDirector } from '../support/api.ts';
import { Authority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { rawly, statusesIn } from '../support/raw.ts';

/** Bytes on the wire that no client library would send, at each kind of listener. Over the unix socket whoever sends them may
 *  do everything. */

const folder = mkdtempSync(join(tmpdir(), 'fairlead-raw-'));
let served: ServedDirector;
/** Asked by one who may look and no more. */
let watched: ServedDirector;
let authority: Authority;
const ports = { plain: 0, tls: 0 };

beforeAll(async () => {
  authority = new Authority(folder, 'authority');
  const { certFile, keyFile } = authority.sign('lb1.example', 'DNS:lb1.example,IP:127.0.0.1');
  for (const kind of ['plain', 'tls'] as const) ports[kind] = await freePort();
  const plain = `{ address: 127.0.0.1, port: ${ports.plain} }`;
  const tls = `{ address: 127.0.0.1, port: ${ports.tls}, tls: { cert: ${certFile}, key: ${keyFile} } }`;
  served = await servedDirector({ api: `{ requestsPerSecond: 1000000, listen: [${plain}, ${tls}] }` });
  watched = await servedDirector({
    api: '{ requestsPerSecond: 1000000 }',
    peerOf: () => ({ pid: 1, uid: 54321, gid: 54321, groups: [] }),
  });
}, 60_000);
afterAll(async () => {
  await watched.stop();
  await served.stop();
  rmSync(folder, { recursive: true });
});

const LISTENERS: Readonly<Record<string, () => Socket>> = {
  socket: () => dial(served.socket),
  plain: () => dial(ports.plain, '127.0.0.1'),
  tls: () => dialTls({ port: ports.tls, host: '127.0.0.1', ca: authority.pem }),
};
const NAMES = Object.keys(LISTENERS);
const send = (listener: string, ...pieces: readonly (string | Buffer)[]) =>
  rawly(LISTENERS[listener] as () => Socket, pieces);

function stateOf({ director, kernel }: ServedDirector): string {
  const { overrides, revision } = director.store.get();
  return JSON.stringify([[...overrides.rows], revision, kernel.state({ stats: false })]);
}

const DRAIN = '/api/v1/services/web/servers/r1/drain';
const HOST = 'Host: 127.0.0.1\r\nConnection: close\r\n';
const GET = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const HIDDEN = `POST ${DRAIN} HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`;
/** A change that is none, for what is wrong with its head. */
const post = (headers: string, body = ''): string => `POST ${DRAIN} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;

/** What is sent; none of it may change anything, whoever sends it. */
const BROKEN: readonly (readonly [string, ...(string | Buffer)[]])[] = [
  ['nothing', ''],
  ['half a request line', 'POST /api/v1/serv'],
  ['half a head', `POST ${DRAIN} HTTP/1.1\r\nHost: 127`],
  ['half a body', post('Content-Type: application/json\r\nContent-Length: 50\r\n', '{"reason":"a"')],
  ['half a body in chunks', post('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n', 'a\r\n{"reason"')],
  ['two lengths', post('Content-Length: 0\r\nContent-Length: 5\r\n', 'abcde')],
  ['a length and chunks', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['chunks and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['chunked with something after it', post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['an unknown encoding of the transfer', post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['a length with a sign', post('Content-Length: +0\r\n')],
  ['a length below nothing', post('Content-Length: -1\r\n')],
  ['a length beyond all numbers', post('Content-Length: 99999999999999999999\r\n')],
  ['a length in hexadecimal', post('Content-Length: 0x0\r\n')],
  [
    'a chunk of no number',
    post('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n'),
  ],
  [
    'a chunk too long',
    post('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n'),
  ],
  ['a blank before a colon', post('Content-Length : 0\r\n')],
  ['a folded line', post('X: a\r\n b\r\nContent-Length: 0\r\nContent-Length: 1\r\n', 'x')],
  ['a header without a name', post(': a\r\n')],
  ['a header without a colon', post('abc\r\n')],
  ['a zero byte in a header', post('X: a\0b\r\n')],
  ['a name with a letter of no token', post('X(y): a\r\n')],
  ['a head of 9 KB', post(`X: ${'x'.repeat(9000)}\r\n`)],
  ['5,000 headers', post('X: y\r\n'.repeat(5000))],
  ['no Host', `POST ${DRAIN} HTTP/1.1\r\n\r\n`],
  ['HTTP 0.9', `POST ${DRAIN}\r\n\r\n`],
  ['HTTP 3.7', `POST ${DRAIN} HTTP/3.7\r\n${HOST}\r\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])],
  ['CONNECT', `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${HOST}\r\n`],
  ['a method of no name', `DRAIN ${DRAIN} HTTP/1.1\r\n${HOST}\r\n`],
  ['an asterisk', `POST * HTTP/1.1\r\n${HOST}\r\n`],
  ['a path with a blank', `POST ${DRAIN} x HTTP/1.1\r\n${HOST}\r\n`],
  ['a path outside of ASCII', Buffer.from(`POST ${DRAIN}\xff\xfe HTTP/1.1\r\n${HOST}\r\n`, 'latin1')],
  ['a path whose escapes are broken', `POST /api/v1/services/%zz/servers/%/drain HTTP/1.1\r\n${HOST}\r\n`],
  ['a path of 7 KB', `POST /${'a/'.repeat(3500)} HTTP/1.1\r\n${HOST}\r\n`],
  [
    'a body that is compressed',
    post('Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n', '{}'),
  ],
  ['a body of another type', post('Content-Type: text/html\r\nContent-Length: 2\r\n', '{}')],
  ['an expectation of no meaning', post('Expect: the-unexpected\r\nContent-Length: 2\r\n', '{}')],
  ['zero bytes', Buffer.alloc(4096)],
  ['the beginning of a TLS handshake', Buffer.from('160301020001000001fc0303', 'hex'), Buffer.alloc(500, 7)],
  ['lines of nothing', '\r\n'.repeat(3000)],
];

describe.concurrent.each(NAMES)('at %s', (listener) => {
  test.each(BROKEN.map(([name, ...pieces]) => ({ name, pieces })))(
    '$name changes nothing',
    async ({ pieces }) => {
      const before = stateOf(served);
      const statuses = statusesIn(await send(listener, ...pieces));
      expect(stateOf(served)).toBe(before);
      expect(statuses.filter((status) => status >= 500 && status !== 505)).toEqual([]);
      expect(statuses.length).toBeLessThan(2);
      expect(await served.client.getHealth()).toEqual({ ok: true });
    },
    90_000,
  );

  test('requests that come in one go are answered each, in their order', async () => {
    const last = `GET /healthz HTTP/1.1\r\n${HOST}\r\n`;
    expect(statusesIn(await send(listener, GET.repeat(20) + last))).toEqual(Array.from({ length: 21 }, () => 200));
  });

  test('a request byte by byte is a request', async () => {
    const text = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    expect(statusesIn(await send(listener, ...text))).toEqual([200]);
  });
});

test('what is not broken is done for whoever may', async () => {
  const text = post('Content-Length: 0\r\n');
  expect(statusesIn(await send('socket', text))).toEqual([202]);
  // What failed before may have used up what an address may try.
  expect([401, 429]).toContain(statusesIn(await send('plain', text))[0]);
  await served.client.clearOverrides();
});

test('a request for another place in full is for us, and over TCP only under our name', async () => {
  const asked = (host: string) => `GET http://${host}/healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  expect(statusesIn(await send('plain', asked('evil.example')))).not.toContain(200);
});

test('what is no TLS gets nothing at a listener with TLS', async () => {
  const open = (): Socket => dial(ports.tls, '127.0.0.1');
  for (const piece of [GET, Buffer.alloc(3000, 1), Buffer.from('160301ffff', 'hex'), ''])
    expect(statusesIn(await rawly(open, [piece], 'cut'))).toEqual([]);
  expect(await served.client.getHealth()).toEqual({ ok: true });
});

const RUNS = Number(process.env.API_RUNS ?? 200);
const whole = `POST ${DRAIN} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nIf-Match: "99"\r\nContent-Length: 14\r\n\r\n{"reason":"x"}`;
const edit = fc.record({
  at: fc.integer({ min: 0, max: whole.length }),
  cut: fc.integer({ min: 0, max: 6 }),
  put: fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 6 }),
    fc.constantFrom('\r\n', '\r', '\n', '\0', ':', ' ', '\t', ',', '\r\n\r\n', 'Transfer-Encoding: chunked\r\n'),
  ),
});

test('a request that is broken anywhere makes nobody fail or wait, and changes nothing', {
  timeout: 300_000,
}, async () => {
  const before = stateOf(watched);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      let text = whole;
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
      const statuses = statusesIn(await rawly(() => dial(watched.socket), [text], 'tail'));
      for (const status of statuses) seen.add(status);
      expect(statuses).not.toContain(500);
      expect(stateOf(watched)).toBe(before);
    }),
    { numRuns: RUNS },
  );
  // Some are broken for the parser, some only for us.
  expect([...seen]).toEqual(expect.arrayContaining([400]));
  expect(await watched.client.getHealth()).toEqual({ ok: true });
});
