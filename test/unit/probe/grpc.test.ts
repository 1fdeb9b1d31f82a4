import { describe, expect, test } from 'vitest';
import { decodeResponse } from '../../../src/probe/grpc.ts';
import { probe } from '../../support/probe/ask.ts';
import { answer, grpcHealth } from '../../support/probe/grpc.ts';
import { http2Server } from '../../support/probe/http2.ts';

describe('grpc', () => {
  test('a server, and each of its services, is as it says', async () => {
    const port = await grpcHealth({
      '': 'SERVING',
      shop: 'NOT_SERVING',
      'old.Shop': 'SERVICE_UNKNOWN',
      new: 'UNKNOWN',
    });
    const of = (service: string) => probe('grpc', port, { service });
    expect(await probe('grpc', port)).toMatchObject({
      ok: true,
      outcome: 'serving',
      evidence: `health at 127.0.0.1:${port} answered SERVING`,
    });
    expect(await of('shop')).toMatchObject({
      ok: false,
      phase: 'match',
      outcome: 'not-serving',
      evidence: `health of shop at 127.0.0.1:${port} answered NOT_SERVING`,
    });
    expect(await of('old.Shop')).toMatchObject({ ok: false, outcome: 'service-unknown' });
    expect(await of('new')).toMatchObject({ ok: false, outcome: 'unknown' });
    expect(await of('none')).toMatchObject({
      ok: false,
      outcome: 'grpc-5',
      evidence: `health of none at 127.0.0.1:${port} does not know the service (status 5: unknown service)`,
    });
  });
  test('the host that is asked for arrives', async () => {
    const seen: unknown[] = [];
    const port = await http2Server((stream, headers) => {
      seen.push(headers[':authority']);
      answer(stream, Buffer.from([8, 1]));
    });
    expect(await probe('grpc', port, { host: 'shop.test' })).toMatchObject({ ok: true });
    expect(seen).toEqual(['shop.test']);
  });
  test.each<[string, Parameters<typeof http2Server>[0], string]>([
    ['is a web server', (stream) => stream.respond({ ':status': 404 }, { endStream: true }), 'not-grpc'],
    ['answers with a web page', (stream) => stream.respond({ ':status': 200 }, { endStream: true }), 'not-grpc'],
    ['sends what is compressed', (stream) => answer(stream, Buffer.from([8, 1]), 1), 'not-grpc'],
    ['sends what is no message', (stream) => answer(stream, Buffer.from([0xff, 0xff])), 'not-grpc'],
    ['sends a message without end', (stream) => answer(stream, Buffer.alloc(100_000)), 'too-long'],
    [
      'forgets its status',
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
      },
      'grpc-none',
    ],
  ])('a server that %s is bad', async (_, act, outcome) => {
    expect(await probe('grpc', await http2Server(act))).toMatchObject({ ok: false, outcome });
  });
});

describe('a HealthCheckResponse', () => {
  test.each([
    ['', 0],
    ['0801', 1],
    // Fields of a later version beside it, of every type.
    ['1003 0801 1a027878 2500000000 290000000000000000', 1],
    ['08808004', 65_536],
    ['08', null],
    ['1a7f78', null],
    ['0b', null],
    ['00', null],
    ['ffffffffffffffffffff01', null],
  ])('%j is read as %j', (hex, status) => {
    expect(decodeResponse(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toBe(status);
  });
});
