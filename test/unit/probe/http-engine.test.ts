import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import type { ProbeResult } from '../../../src/model/health.ts';
import { probeHttp } from '../../../src/probe/http.ts';
import { Ended } from '../../../src/probe/kind.ts';
import { engine, probe, settingsOf } from '../../support/probe/ask.ts';
import { tcpServer } from '../../support/probe/stub.ts';

/** HTTP over a plain connection is asked by the engine, the rest here: both must come to the same. */

type Found = Pick<ProbeResult, 'ok' | 'phase' | 'outcome' | 'evidence'>;

/** Every connection gets the same bytes, once the request came, and its end. */
const answering = (answer: string, end = true): Promise<number> =>
  tcpServer((socket) => {
    socket.once('data', () => {
      socket.write(answer, 'latin1');
      if (end) socket.end();
    });
  });

async function asBoth(port: number, timeoutMs = 2000): Promise<readonly [Found, Found]> {
  const target = { address: '127.0.0.1', port, openSocket: engine.openSocket };
  const { check } = settingsOf('http');
  const tools = { run: () => Promise.reject(), timeoutMs, stop: new AbortController().signal } as never;
  const here = probeHttp(target, check as never, AbortSignal.timeout(timeoutMs), tools).catch((error: unknown) => {
    if (error instanceof Ended) return error.finding;
    throw error;
  });
  const { ok, phase, outcome, evidence } = await probe('http', port, {}, timeoutMs);
  return [{ ok, phase, outcome, evidence }, await here];
}

const status = fc.oneof(fc.integer({ min: 200, max: 599 }).map(String), fc.constantFrom('20', '2000', 'abc', ''));
const piece = fc.oneof(
  status.map((code) => `HTTP/1.1 ${code} Fine\r\n`),
  fc.constantFrom('HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n'),
  fc.constantFrom('Content-Length: 0\r\n', 'A: b\r\n', 'A:\r\n', 'no colon\r\n', ': b\r\n', 'A b: c\r\n', '\r\n', 'x'),
);
property.prop([fc.array(piece, { maxLength: 5 })], { numRuns: 300 })('whatever a server answers', async (pieces) => {
  const [engines, ours] = await asBoth(await answering(pieces.join('')));
  expect(engines).toEqual(ours);
});

describe('also of', () => {
  test.each([
    ['silence', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nA: b\r\n'],
    ['too many headers', `HTTP/1.1 200 OK\r\n${'A: bcdefgh\r\n'.repeat(3000)}`],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3000)],
    ['another protocol', '220 smtp.example.test ESMTP\r\n'],
    ['a server error', 'HTTP/1.1 503 Busy\r\n\r\n'],
  ])('%s', async (_, answer) => {
    const [engines, ours] = await asBoth(await answering(answer, false), 300);
    expect(engines).toEqual(ours);
  });
});

test('the request is the same to the letter', async () => {
  const heard: string[] = [];
  const port = await tcpServer((socket) => {
    socket.once('data', (bytes) => {
      heard.push(bytes.toString('latin1'));
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
  });
  await asBoth(port);
  expect(heard).toHaveLength(2);
  expect(heard[0]).toBe(heard[1]);
});
