import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { CheckOf } from '../../../src/config/checks/index.ts';
import { runProgram } from '../../../src/daemon/programs/program.ts';
import { openProbeEngine } from '../../../src/kernel/probe-engine.ts';
import type { Check, CheckSettings } from '../../../src/model/desired.ts';
import { createProber } from '../../../src/probe/index.ts';

const clock = { now: () => performance.now(), wall: () => Date.now() };
const prober = createProber(clock, runProgram, openProbeEngine());
const open: { close(): unknown }[] = [];
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of open.splice(0)) server.close();
});

const settings = (check: Check, timeoutMs = 2000): CheckSettings => ({
  check,
  timeoutMs,
  everyMs: 1000,
  rise: 1,
  fall: 1,
  port: null,
});
const http = (over: Partial<CheckOf<'http'>> = {}): Check => ({
  kind: 'http',
  path: '/healthz',
  version: '1.1',
  method: 'GET',
  status: [[200, 399]],
  ...over,
});
const never = new AbortController().signal;

async function listen(server: Server | HttpServer): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return (server.address() as AddressInfo).port;
}
const raw = (onConnect: (socket: Socket) => void): Promise<number> => listen(createServer(onConnect));
const probe = (port: number, check: Check, timeoutMs?: number, signal = never) =>
  prober.probe({ address: '127.0.0.1', port }, settings(check, timeoutMs), signal);

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('tcp', () => {
  test('an open port is healthy', async () => {
    const port = await raw(() => {});
    expect(await probe(port, { kind: 'tcp' })).toMatchObject({ ok: true, outcome: 'connected', phase: 'connect' });
  });
  test('a closed port is refused, in words', async () => {
    const port = await closedPort();
    expect(await probe(port, { kind: 'tcp' })).toMatchObject({
      ok: false,
      outcome: 'refused',
      evidence: `connect to 127.0.0.1:${port} refused`,
    });
  });
  test('a deadline that fires late because this process was held up is not held against the server', async () => {
    const port = await raw(() => {});
    const found = probe(port, http({ body: 'ready' }), 50);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const end = performance.now() + 500;
    while (performance.now() < end);
    expect(await found).toMatchObject({ ok: false, outcome: 'stalled' });
  });
  test('a stopped prober ends its probes', async () => {
    expect(await probe(9, { kind: 'tcp' }, 2000, AbortSignal.abort())).toMatchObject({ ok: false, outcome: 'stopped' });
  });
});

describe('http', () => {
  test('status, method, path and host reach the server and are judged', async () => {
    const seen: string[] = [];
    const port = await listen(
      createHttp((request, response) => {
        seen.push(`${request.method} ${request.url} ${request.headers.host}`);
        response.statusCode = 204;
        response.end();
      }),
    );
    expect(await probe(port, http({ host: 'www.example.test', method: 'HEAD', path: '/up' }))).toMatchObject({
      ok: true,
      outcome: 'status-204',
    });
    expect(seen).toEqual(['HEAD /up www.example.test']);
  });
  test('a status outside the ranges fails with the status as evidence', async () => {
    const port = await listen(createHttp((_, response) => response.writeHead(503).end()));
    expect(await probe(port, http())).toMatchObject({
      ok: false,
      phase: 'match',
      outcome: 'status-503',
      evidence: `GET /healthz to 127.0.0.1:${port} answered 503`,
    });
    expect(await probe(port, http({ status: [[500, 503]] }))).toMatchObject({ ok: true });
  });
  test('the body must hold the text within its first 64 KiB', async () => {
    const body = (text: string) => listen(createHttp((_, response) => response.end(text)));
    expect(await probe(await body('all is ready here'), http({ body: 'ready' }))).toMatchObject({
      ok: true,
      phase: 'match',
    });
    expect(await probe(await body('not yet'), http({ body: 'ready' }))).toMatchObject({ ok: false, outcome: 'body' });
    expect(await probe(await body(`${'x'.repeat(70_000)}ready`), http({ body: 'ready' }))).toMatchObject({
      ok: false,
      outcome: 'body',
    });
  });
  test('an endless body costs bounded memory and ends', async () => {
    const port = await listen(
      createHttp((_, response) => {
        const pump = (): void => {
          while (!response.destroyed && response.write('x'.repeat(16_384)));
          if (!response.destroyed) response.once('drain', pump);
        };
        pump();
      }),
    );
    expect(await probe(port, http({ body: 'ready' }))).toMatchObject({ ok: false, outcome: 'body' });
  });
  test('endless headers are cut off', async () => {
    const port = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const pump = (): void => {
        while (!socket.destroyed && socket.write(`X-A: ${'y'.repeat(4000)}\r\n`));
        if (!socket.destroyed) socket.once('drain', pump);
      };
      pump();
    });
    expect(await probe(port, http())).toMatchObject({ ok: false, outcome: 'not-http' });
  });
  test('another protocol is named as such', async () => {
    const port = await raw((socket) => socket.write('220 smtp.example.test ESMTP\r\n'));
    expect(await probe(port, http())).toMatchObject({ ok: false, outcome: 'not-http' });
  });
  test('a server that accepts and says nothing runs into the deadline', async () => {
    const port = await raw(() => {});
    expect(await probe(port, http(), 100)).toMatchObject({ ok: false, outcome: 'timeout', phase: 'response' });
  });
  test('a drip of header bytes cannot outlive the deadline', async () => {
    const port = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('X'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await probe(port, http(), 150)).toMatchObject({ ok: false, outcome: 'timeout' });
  });
  test('a connection that closes without an answer is told apart from a refused one', async () => {
    const port = await raw((socket) => socket.destroy());
    expect(await probe(port, http())).toMatchObject({ ok: false, phase: 'response', outcome: 'reset' });
    expect(await probe(await closedPort(), http())).toMatchObject({ ok: false, phase: 'connect', outcome: 'refused' });
  });
});
