import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECK_KINDS } from '../../src/config/checks/index.ts';
import type { ProbeResult } from '../../src/model/health.ts';
import { PACKAGES } from '../../src/setup/servers.mjs';
import { prober, settingsOf } from '../support/probe/ask.ts';
import { type Between, betweenTcp, betweenUdp, type Treatment } from '../support/servers/between.ts';
import { ELSEWHERE, MATRIX, type MatrixRow } from '../support/servers/matrix.ts';
import { type RunningServer, startServer } from '../support/servers/server.ts';

/** So long that only a machine that stands still gets there. */
const EVER_MS = 30_000;
/** Of a machine with nothing else to do, an answer takes a hundredth. */
const PATIENT_MS = 300;

describe('the matrix', () => {
  test.each(CHECK_KINDS)('has a row for %s, or says where it is tried', (kind) => {
    const rows = MATRIX.filter((row) => row.kind === kind);
    const elsewhere = ELSEWHERE[kind];
    expect(rows.length > 0).toBe(elsewhere === undefined);
    if (elsewhere !== undefined) expect(existsSync(elsewhere), elsewhere).toBe(true);
  });
  test('has a row for each package that set-up unpacks', () => {
    expect([...new Set(MATRIX.map(({ on }) => on[0]))].sort()).toEqual([...PACKAGES, 'stub'].sort());
  });
});

const nameOf = ({ kind, on: [server, how] }: MatrixRow): string =>
  `${kind} on ${server}${how === undefined ? '' : `, ${how}`}`;

const open: Between[] = [];
afterEach(() => {
  for (const between of open.splice(0)) between.close();
});
async function standBetween({ over }: MatrixRow, server: RunningServer, treat: Treatment): Promise<Between> {
  const between = await (over === 'udp' ? betweenUdp : betweenTcp)(server.port, treat);
  open.push(between);
  return between;
}

const HONEST: Treatment = (send) => ({ send });
/** Lines stay lines. */
const GARBLE: Treatment = (piece) => ({
  send: Buffer.from(piece.map((byte) => (byte === 10 || byte === 13 ? byte : byte ^ 0x55))),
});
/** Each piece takes its time. */
const SLOW: Treatment = async (send) => {
  await sleep(20);
  return { send };
};
const cutAt =
  (size: number): Treatment =>
  (piece, before) => ({ send: piece.subarray(0, Math.max(0, size - before)), end: before + piece.length >= size });

/** Cut-off answers in so many places. */
const CUTS = 16;

describe.each(MATRIX.map((row) => [nameOf(row), row] as const))('%s', (_name, row) => {
  let server: RunningServer;
  let beside: RunningServer | undefined;
  beforeAll(async () => {
    beside = row.beside && (await startServer(row.beside));
    server = await startServer(row.server(beside as RunningServer));
    row.once?.(server);
  });
  afterAll(async () => {
    await server?.stop();
    await beside?.stop();
  });

  const ask = (port: number, responseMs = EVER_MS, more: object = {}): Promise<ProbeResult> => {
    const given = { ...row.given?.(server, port), ...more };
    const target = {
      address: '127.0.0.1',
      port: beside && row.whom ? row.whom(beside) : port,
      limits: { connectMs: EVER_MS, responseMs },
    };
    return prober.probe(target, settingsOf(row.kind, given, EVER_MS), new AbortController().signal);
  };
  const good = { ok: true, evidence: expect.stringMatching(row.evidence) };
  const bad = row.handshake ? good : { ok: false };

  test('is up', async () => expect(await ask(server.port)).toMatchObject(good));

  if (row.wrong !== null) {
    const [more, outcome] = row.wrong;
    test('with a wrong answer is down', async () =>
      expect(await ask(server.port, EVER_MS, more(server.port))).toMatchObject({ ok: false, outcome }));
  }

  test('slow, but in time, is up', async () => {
    const { port, answered } = await standBetween(row, server, SLOW);
    expect(await ask(port)).toMatchObject(good);
    if (!row.handshake) await answered;
  });

  test('answering too late is down, and the late answer changes nothing', async () => {
    let letGo: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { port, answered } = await standBetween(row, server, async (send) => {
      await gate;
      return { send };
    });
    const timeout = { ...bad, outcome: 'timeout', phase: row.late ?? 'response' };
    expect(await ask(port, PATIENT_MS)).toMatchObject(row.handshake ? good : timeout);
    if (!row.handshake) await answered;
    letGo();
    expect(await ask(server.port)).toMatchObject(good);
  });

  test('garbled is down', async () => {
    const { port } = await standBetween(row, server, GARBLE);
    // A garbled length may promise more than ever comes, and a garbled datagram is nobody's.
    const found = await ask(port, PATIENT_MS);
    expect(found).toMatchObject(bad);
    expect(found.outcome).not.toBe('check-failed');
  });

  test('cut off is down, unless all that matters has come', async () => {
    const whole = await standBetween(row, server, HONEST);
    expect(await ask(whole.port)).toMatchObject(good);
    const size = whole.bytes();
    const heard: boolean[] = [];
    for (let cut = 0; cut < CUTS; cut++) {
      const { port } = await standBetween(row, server, cutAt(Math.floor((size * cut) / CUTS)));
      const { ok, outcome } = await ask(port, row.over === 'udp' ? PATIENT_MS : EVER_MS);
      expect(outcome).not.toBe('check-failed');
      if (row.over !== 'udp') expect(outcome).not.toBe('timeout');
      heard.push(ok);
    }
    const enough = heard.indexOf(true);
    expect(heard[0]).toBe(row.handshake === true);
    expect(heard).toEqual(heard.map((_, cut) => enough >= 0 && cut >= enough));
  });

  test('that hangs is down, and up once it goes on', async () => {
    server.hang();
    const found = await ask(server.port, PATIENT_MS);
    expect(found).toMatchObject(row.handshake ? good : { ...bad, outcome: 'timeout', phase: row.late ?? 'response' });
    server.goOn();
    expect(await ask(server.port)).toMatchObject(good);
  });

  test('that is gone is down', async () => {
    const { port } = server;
    await server.stop();
    expect(await ask(port)).toMatchObject({ ok: false, outcome: 'refused' });
  });
});
