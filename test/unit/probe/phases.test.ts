import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { runProgram } from '../../../src/daemon/programs/program.ts';
import { OUR_OWN_TROUBLE } from '../../../src/health/own-trouble.ts';
import { openProbeEngine } from '../../../src/kernel/probe-engine.ts';
import type { PhaseLimits, ProbeSource } from '../../../src/model/desired.ts';
import { createProber } from '../../../src/probe/index.ts';
import { phasesOf } from '../../../src/probe/phases.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

const prober = createProber({ now: () => performance.now(), wall: () => Date.now() }, runProgram, openProbeEngine());
const http = { kind: 'http', path: '/', version: '1.1', method: 'GET', status: [[200, 200]] } as const;

/** Asks a server that takes connections and never says a word, with a minute for the whole probe. */
async function ask(kind: 'tcp' | 'http', limits?: PhaseLimits, from?: ProbeSource) {
  let peer = '';
  const server = createServer((socket) => {
    peer = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.on('error', () => {});
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const target = { address: '127.0.0.1', port, ...(limits && { limits }), ...(from && { from }) };
  const check = kind === 'tcp' ? { kind } : http;
  const settings = { check, port: null, everyMs: 60_000, timeoutMs: 60_000, rise: 1, fall: 1 };
  const result = await prober.probe(target, settings, new AbortController().signal);
  await new Promise((resolve) => setImmediate(resolve));
  return { result, peer };
}

test('a response has a limit of its own', async () => {
  const { result } = await ask('http', { responseMs: 50 });
  expect(result).toMatchObject({ ok: false, phase: 'response', outcome: 'timeout' });
});

test('the limit of the connection does not count once it stands', async () => {
  const { result } = await ask('http', { connectMs: 50, responseMs: 150 });
  expect(result).toMatchObject({ phase: 'response', outcome: 'timeout' });
  expect((await ask('tcp', { connectMs: 1000 })).result.ok).toBe(true);
});

test('a connection that does not come about in its time ends the probe', async () => {
  const phases = phasesOf({ address: '10.0.0.1', port: 80, limits: { connectMs: 20 } }, new AbortController().signal);
  await new Promise((resolve) => phases.signal.addEventListener('abort', resolve));
  expect(phases.signal.aborted).toBe(true);
});

test('the deadline of the whole ends every phase', () => {
  const whole = new AbortController();
  const phases = phasesOf({ address: '10.0.0.1', port: 80, limits: { connectMs: 60_000 } }, whole.signal);
  whole.abort();
  expect(phases.signal.aborted).toBe(true);
  phases.end();
});

test('probes come from the address and port that are asked for', async () => {
  expect((await ask('http', { responseMs: 50 }, { address: '127.0.0.9', port: 40_901 })).peer).toBe('127.0.0.9:40901');
  expect((await ask('http', { responseMs: 50 }, { address: '127.0.0.8' })).peer).toMatch(/^127\.0\.0\.8:/);
});

test('probes leave by the interface that is asked for, and one that is not there is our own trouble', async () => {
  expect((await ask('http', { responseMs: 50 }, { interface: 'lo', address: '127.0.0.7' })).peer).toMatch(
    /^127\.0\.0\.7:/,
  );
  const { result } = await ask('http', {}, { interface: 'fl-nowhere' });
  expect(result).toMatchObject({ ok: false, outcome: 'no-interface' });
  expect(OUR_OWN_TROUBLE.has(result.outcome)).toBe(true);
});
