import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { limitAnswers } from '../../../src/api/access/limits.ts';
import type { LetGo } from '../../../src/metrics/counts.ts';
import type { Connection } from '../../../src/model/connection.ts';
import { type ServedDirector, servedDirector } from '../../support/api.ts';

/** Clients that take nothing of their answer, or give nothing of their question: let go, counted, and others are answered. */

let served: ServedDirector;
beforeAll(async () => {
  served = await servedDirector();
});
afterAll(() => served.stop());

const letGo = (reason: LetGo): number => served.director.store.counts.lettingGo.get(reason) ?? 0;

/** Asks and reads nothing of the answer. */
function askAndWait(path: string, headers = ''): Socket {
  const socket = connect(served.socket).on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
  return socket;
}

describe.concurrent('who reads nothing is let go, and counted', () => {
  test('of events', { timeout: 60_000 }, async () => {
    const socket = askAndWait('/api/v1/events?kind=operator', 'Accept: text/event-stream\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    const before = letGo('events-unread');
    let told = 0;
    await vi.waitUntil(
      () => {
        for (let i = 0; i < 20; i++, told++) served.director.store.tell('operator', 'x'.repeat(10_000));
        return letGo('events-unread') > before;
      },
      { timeout: 50_000, interval: 5 },
    );
    // What waits for a reader is what is kept for all of them, and a buffer.
    expect(told).toBeLessThan(2000);
    socket.destroy();
  });

  test('of lines', { timeout: 60_000 }, async () => {
    const row: Connection = {
      protocol: 'tcp',
      client: '192.0.2.1',
      clientPort: 1,
      virtual: '10.0.0.100',
      virtualPort: 80,
      destination: '10.0.0.11',
      destinationPort: 80,
      state: 'ESTABLISHED',
      expiresS: 10,
      engine: null,
    };
    served.kernel.ipvs.connectionTable = Array.from({ length: 100_000 }, () => row);
    const before = letGo('lines-unread');
    const socket = askAndWait('/api/v1/connections?limit=100000&timeLimitMs=30000');
    await vi.waitUntil(() => letGo('lines-unread') > before, { timeout: 50_000, interval: 100 });
    socket.destroy();
    served.kernel.ipvs.connectionTable = [];
  });

  test('of a whole answer, of which no more was made than is on its way', async () => {
    const server = fastify();
    let gone = 0;
    let made = 0;
    limitAnswers(server, () => gone++, 200);
    server.get('/', (_, reply) => {
      const pieces = (function* () {
        for (; made < 10_000; made++) yield 'x'.repeat(10_000);
      })();
      return reply.type('text/plain').send(Readable.from(pieces, { objectMode: false }));
    });
    const path = join(tmpdir(), `fairlead-slow-${process.pid}.sock`);
    await server.listen({ path });
    const socket = connect(path).on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await vi.waitUntil(() => gone === 1, { timeout: 30_000 });
    expect(made).toBeLessThan(1000);
    socket.destroy();
    await server.close();
  });
});

test('who sends a body drop by drop is let go, and has changed nothing', { timeout: 60_000 }, async () => {
  const before = served.director.store.get().overrides;
  const unfinished = letGo('request-unfinished');
  const body = `{"reason":"${'a'.repeat(1000)}"}`;
  const head = `Host: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  const socket = connect(served.socket).on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.write(`POST /api/v1/services/web/servers/r1/drain HTTP/1.1\r\n${head}\r\n`);
  let sent = 0;
  const drops = setInterval(() => socket.write(body[sent++] ?? ''), 300);
  await closed;
  clearInterval(drops);
  expect(sent).toBeLessThan(body.length);
  expect(served.director.store.get().overrides).toBe(before);
  expect(answer).toMatch(/^HTTP\/1.1 408 .*"code":"usage","detail":"a request has to be there within 15 s/s);
  expect(letGo('request-unfinished')).toBe(unfinished + 1);
  const status = await new Promise((resolve, reject) => {
    request({ socketPath: served.socket, path: '/healthz' }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

test.each([
  ['headers that are too long', `GET / HTTP/1.1\r\nHost: ${'a'.repeat(9000)}\r\n\r\n`, 431],
  ['no HTTP', 'HELO there\r\n\r\n', 400],
])('%s are a problem too, and nobody who was slow', async (_, text, status) => {
  const unfinished = letGo('request-unfinished');
  const socket = connect(served.socket).on('error', () => {});
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(text);
  await closed;
  const [head, body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json`, 's'));
  expect(JSON.parse(body)).toMatchObject({ status, code: 'usage' });
  expect(letGo('request-unfinished')).toBe(unfinished);
});
