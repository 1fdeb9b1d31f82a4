import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { probe } from '../../support/probe/ask.ts';
import { FRAME, frame, http2Server } from '../../support/probe/http2.ts';
import { dialogue, tcpServer } from '../../support/probe/stub.ts';

const ask = (port: number, given: object = {}, timeoutMs?: number) =>
  probe('http', port, { version: 2, ...given }, timeoutMs);

describe('HTTP/2 in the clear', () => {
  test('method, path, host, headers and body arrive, and the status is judged', async () => {
    const seen: unknown[] = [];
    const port = await http2Server((stream, headers) => {
      const { ':method': method, ':path': path, ':authority': host, 'x-probe': own, connection } = headers;
      stream.on('data', (part) => seen.push(`${method} ${path} ${host} ${own} ${connection} ${part}`));
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    const given = {
      method: 'PUT',
      path: '/up',
      host: 'www.test',
      headers: ['X-Probe: yes', 'Upgrade: x'],
      send: 'all',
    };
    expect(await ask(port, given)).toMatchObject({ ok: true, outcome: 'status-204' });
    expect(seen).toEqual(['PUT /up www.test yes undefined all']);
    expect(await ask(port, { status: 200 })).toMatchObject({ ok: false, phase: 'match', outcome: 'status-204' });
  });
  test('bodies: text, digest of more than a window, and further pages', async () => {
    const body = Buffer.alloc(3_000_000, 'all is ready ');
    const port = await http2Server((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(body);
    });
    const digest = createHash('md5').update(body).digest('hex');
    expect(await ask(port, { body: 'is ready', digest, urls: [{ path: '/b', match: '^all' }] })).toMatchObject({
      ok: true,
    });
    expect(await ask(port, { body: 'not yet' })).toMatchObject({ ok: false, outcome: 'body' });
  });
  test('an answer that breaks off is no answer', async () => {
    const port = await http2Server((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('all is rea');
      setImmediate(() => stream.session?.destroy());
    });
    expect(await ask(port, { body: 'ready' })).toMatchObject({ ok: false, phase: 'response' });
  });
});

const greeting = frame(FRAME.settings, 0, 0);
const again = (parts: () => Buffer) => (socket: Socket) => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(parts()));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
};
const once =
  (...parts: Buffer[]) =>
  (socket: Socket) =>
    void socket.write(Buffer.concat(parts));
const code = (number: number): Buffer => Buffer.from([0, 0, 0, number]);
const many = (one: Buffer): Buffer => Buffer.concat(Array.from({ length: 200 }, () => one));

describe('HTTP/2 with a server that', () => {
  test.each<[string, (socket: Socket) => void, string]>([
    ['says GOAWAY', once(frame(FRAME.goaway, 0, 0, Buffer.concat([code(0), code(11)]))), 'goaway'],
    ['refuses the request', once(frame(FRAME.reset, 0, 1, code(7))), 'reset'],
    ['announces a frame of 16 MiB', once(frame(FRAME.data, 0, 1, undefined, 0xffffff)), 'not-http'],
    ['sends more than we take', again(() => frame(FRAME.data, 0, 1, Buffer.alloc(16_384))), 'not-http'],
    ['sends headers that are none', once(frame(FRAME.headers, 4, 1, Buffer.alloc(40, 0xff))), 'not-http'],
    ['speaks HTTP/1.1', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'not-http'],
    ['pings without end', again(() => many(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))), 'not-http'],
    ['sends frames that nobody knows', again(() => frame(0xfa, 0, 0, Buffer.alloc(16_384))), 'too-long'],
    ['gives back credit without end', again(() => many(frame(FRAME.window, 0, 1, code(1)))), 'too-long'],
  ])('%s is bad', async (_, act, outcome) => {
    const port = await tcpServer((socket) => {
      socket.write(greeting);
      socket.once('data', () => act(socket));
    });
    expect(await ask(port, {}, 5000)).toMatchObject({ ok: false, phase: 'response', outcome });
  });
  test('never ends its headers is cut off', async () => {
    // A literal header without indexing, again and again: name "a", a value of 100 bytes.
    const field = Buffer.concat([Buffer.from([0x00, 1, 0x61, 100]), Buffer.alloc(100, 0x62)]);
    const block = Buffer.concat(Array.from({ length: 100 }, () => field));
    const port = await tcpServer((socket) => {
      socket.write(greeting);
      socket.once('data', () => {
        socket.write(frame(FRAME.headers, 0, 1, Buffer.concat([Buffer.from([0x88]), block])));
        again(() => frame(FRAME.continuation, 0, 1, block))(socket);
      });
    });
    expect(await ask(port, {}, 5000)).toMatchObject({ ok: false, phase: 'response' });
  });
  test('drips its answer runs into the deadline', async () => {
    const port = await tcpServer((socket) => {
      socket.write(greeting);
      const timer = setInterval(() => socket.write(frame(FRAME.ping, 0, 0, Buffer.alloc(8))), 5);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await ask(port, {}, 200)).toMatchObject({ ok: false, phase: 'response', outcome: 'timeout' });
  });
});

describe('HTTP/1.0', () => {
  const old = (port: number, given: object = {}, timeoutMs?: number) =>
    probe('http', port, { version: 1.0, ...given }, timeoutMs);
  const heard = async (answer: string, given: object = {}) => {
    let request = '';
    const port = await tcpServer((socket) =>
      socket.on('data', (data) => {
        request += String(data);
        socket.end(answer);
      }),
    );
    return { found: await old(port, given), request: () => request };
  };

  test('is what is sent', async () => {
    const { found, request } = await heard('HTTP/1.0 200 OK\r\n\r\n', { path: '/up', host: 'www.test', send: 'hi' });
    expect(found).toMatchObject({ ok: true, outcome: 'status-200' });
    expect(request()).toMatch(/^GET \/up HTTP\/1\.0\r\nhost: www\.test\r\n(.+\r\n)+content-length: 2\r\n\r\nhi$/);
  });
  test('a body ends with the connection, or where it was said to end', async () => {
    const body = { match: '^ready$' };
    expect((await heard('HTTP/1.1 200 OK\r\nServer: x\r\n\r\nready', body)).found).toMatchObject({ ok: true });
    expect(await old(await dialogue(null, 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nready'), body)).toMatchObject({
      ok: true,
    });
    expect((await heard('HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nready', body)).found).toMatchObject({
      ok: false,
      outcome: 'ended',
    });
    expect(
      (await heard('HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n', { ...body, method: 'HEAD' })).found,
    ).toMatchObject({ ok: false, outcome: 'body' });
  });
  test('another protocol and endless headers are told as such', async () => {
    expect((await heard('220 mail ESMTP\r\n')).found).toMatchObject({ ok: false, outcome: 'not-http' });
    const port = await tcpServer((socket) => {
      socket.write('HTTP/1.0 200 OK\r\n');
      again(() => Buffer.from(`X-A: ${'y'.repeat(1000)}\r\n`))(socket);
    });
    expect(await old(port)).toMatchObject({ ok: false, outcome: 'not-http' });
  });
});

/** Every version of an answer with the same headers and the body `all is ready`. */
const AS: readonly (readonly [version: string, serve: () => Promise<number>])[] = [
  ['1.0', () => dialogue(null, `HTTP/1.0 200 OK\r\n${HEAD}`)],
  ['1.1', () => dialogue(null, `HTTP/1.1 200 OK\r\n${HEAD}`)],
  [
    '2',
    () =>
      http2Server((stream) => {
        const lists = { 'x-list': ['a', 'b'], 'set-cookie': ['a=1', 'b=2, 3'] };
        stream.respond({ ':status': 200, 'x-ready': 'yes', 'x-empty': '', ...lists });
        stream.end('all is ready');
      }),
  ],
];
const HEAD =
  'X-Ready: yes\r\nX-Empty:\r\nX-List: a\r\nX-List: b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2, 3\r\nContent-Length: 12\r\n\r\nall is ready';

describe.each(AS)('what an answer of HTTP/%s must have, or must not', (version, serve) => {
  test.each<[header: object, wrong: RegExp | null]>([
    [{ name: 'X-Ready' }, null],
    [{ name: 'x-READY', value: 'yes' }, null],
    [{ name: 'X-Ready', value: 'ye' }, /with the header X-Ready: "yes" where "ye" was expected$/],
    [{ name: 'X-Ready', match: '^y' }, null],
    [{ name: 'X-Ready', match: '^e' }, /with the header X-Ready: "yes" where \/\^e\/ was expected$/],
    [{ name: 'X-Ready', not: true }, /with the header X-Ready: "yes"$/],
    [{ name: 'X-Ready', match: 'no', not: true }, null],
    [{ name: 'X-None' }, /without the header X-None$/],
    [{ name: 'X-None', not: true }, null],
    [{ name: 'X-None', value: '', not: true }, null],
    [{ name: 'X-Empty', value: '' }, null],
    [{ name: 'X-List', value: 'a, b' }, null],
    [{ name: 'X-List', value: 'a' }, /"a, b" where "a" was expected$/],
    [{ name: 'Set-Cookie', value: 'b=2, 3' }, null],
    [{ name: 'Set-Cookie', match: '^a=', not: true }, /with the header Set-Cookie: "a=1"$/],
  ])('the header %j', async (header, wrong) => {
    const found = await probe('http', await serve(), { version, answerHeaders: [{ name: 'X-Ready' }, header] });
    expect(found).toMatchObject(
      wrong === null
        ? {
            ok: true,
            outcome: 'status-200',
            evidence: expect.stringMatching(/answered 200 with the expected headers$/),
          }
        : { ok: false, phase: 'match', outcome: 'header', evidence: expect.stringMatching(wrong) },
    );
  });
  test('the body', async () => {
    const about = async (given: object) => (await probe('http', await serve(), { version, ...given })).outcome;
    expect(await about({ notBody: 'not yet', notMatch: '^ready' })).toBe('status-200');
    expect(await about({ body: 'all', notBody: 'ready' })).toBe('body');
    expect(await about({ match: 'all', notMatch: 'rea?dy$' })).toBe('body');
    expect(await about({ urls: [{ path: '/b', notBody: 'ready' }] })).toBe('body');
  });
});

test('a body that must hold nothing of something may be empty', async () => {
  const port = await dialogue(null, 'HTTP/1.1 204 Fine\r\n\r\n');
  expect(await probe('http', port, { notBody: 'x', notMatch: 'y' })).toMatchObject({ ok: true, outcome: 'status-204' });
});

test('a status other than some is what stands beside them', async () => {
  const port = await dialogue(null, 'HTTP/1.1 503 Busy\r\n\r\n');
  expect(await probe('http', port, { status: ['100-502', '504-599'] })).toMatchObject({
    outcome: 'status-503',
    ok: false,
  });
});
