import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeTarget } from '../../../src/model/ports.ts';
import { engine, prober, settingsOf } from '../../support/probe/ask.ts';

/** Half-open checks on loopback. What needs hosts of their own is in test/network/half-open.test.ts. */

const ask = (target: ProbeTarget) => prober.probe(target, settingsOf('syn'), new AbortController().signal);
const connected: string[] = [];
const listen = (address: string): Promise<{ readonly server: Server; readonly port: number }> =>
  new Promise((resolve) => {
    const server = createServer(() => connected.push(address));
    server.listen(0, address, () => resolve({ server, port: (server.address() as { port: number }).port }));
  });

describe.each(['127.0.0.1', '::1'])('at %s', (address) => {
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    ({ server, port } = await listen(address));
  });
  afterAll(() => server.close());

  test('a listener answers and never hears of a connection; a closed port refuses', async () => {
    const shown = address.includes(':') ? `[${address}]` : address;
    for (let round = 0; round < 20; round++)
      expect(await ask({ address, port })).toMatchObject({
        ok: true,
        outcome: 'answered',
        evidence: `SYN to ${shown}:${port} was answered`,
      });
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await ask({ address, port })).toMatchObject({
      ok: false,
      phase: 'connect',
      outcome: 'refused',
      evidence: `SYN to ${shown}:${port}: refused`,
    });
    expect(connected).toEqual([]);
  });

  test('from an address of this machine', async () => {
    expect(await ask({ address, port: 1, from: { address } })).toMatchObject({ outcome: 'refused' });
  });
});

test('from an address that is not ours nothing is sent', async () => {
  expect(await ask({ address: '127.0.0.1', port: 1, from: { address: '192.0.2.1' } })).toMatchObject({
    ok: false,
    outcome: 'no-local-port',
  });
});

test('nothing came that was not asked for', () => expect(engine.refused()).toBe(0));
