import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { probe } from '../support/probe/ask.ts';
import { fileWith } from '../support/probe/stub.ts';
import { PASSWORD, postgresql, psql, standbyOf } from '../support/servers/databases.ts';
import { type RunningServer, startServer } from '../support/servers/server.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };
const withUser = (server: RunningServer) => psql(server, `CREATE ROLE probe LOGIN PASSWORD '${PASSWORD}'`);
const login = (password = PASSWORD) => ({ user: 'probe', passwordFile: fileWith(password) });

describe('postgresql', () => {
  let primary: RunningServer;
  let standby: RunningServer;
  beforeAll(async () => {
    primary = await startServer(postgresql('scram-sha-256'));
    withUser(primary);
    standby = await startServer(standbyOf(() => primary));
  });
  afterAll(async () => {
    await standby?.stop();
    await primary?.stop();
  });

  test('that it would talk is enough without a user', async () => {
    expect(await probe('postgresql', primary.port)).toMatchObject({ ok: true, outcome: 'talks' });
  });
  test('SCRAM lets a user in, or not', async () => {
    expect(await probe('postgresql', primary.port, login())).toMatchObject({ ok: true, outcome: 'logged-in' });
    expect(await probe('postgresql', primary.port, login('wrong'))).toMatchObject({
      ok: false,
      outcome: 'error-28p01',
    });
    expect(await probe('postgresql', primary.port, { ...login(), database: 'none' })).toMatchObject({
      ok: false,
      outcome: 'error-3d000',
    });
  });
  test.each(['md5', 'password'])('so does %s', async (method) => {
    const server = await startServer(postgresql(method, method === 'md5' ? 'md5' : 'scram-sha-256'));
    withUser(server);
    expect(await probe('postgresql', server.port, login())).toMatchObject({ ok: true, outcome: 'logged-in' });
    expect(await probe('postgresql', server.port, login('wrong'))).toMatchObject({ ok: false, outcome: 'error-28p01' });
    await server.stop();
  });
  test('the primary is told from a standby', async () => {
    expect(await probe('postgresql', primary.port, { ...login(), role: 'primary' })).toMatchObject({ ok: true });
    expect(await probe('postgresql', standby.port, { ...login(), role: 'primary' })).toMatchObject({
      ok: false,
      outcome: 'role-standby',
    });
    expect(await probe('postgresql', standby.port, { ...login(), role: 'standby', maxLag: '60s' })).toMatchObject({
      ok: true,
    });
  });
  test('a standby must keep up', async () => {
    psql(standby, 'SELECT pg_wal_replay_pause()');
    psql(primary, 'CREATE TABLE late (n int)');
    psql(primary, 'SELECT pg_switch_wal()');
    await sleep(2500);
    expect(await probe('postgresql', standby.port, { ...login(), role: 'standby', maxLag: '1s' })).toMatchObject({
      ok: false,
      outcome: 'replica-lag',
    });
    psql(standby, 'SELECT pg_wal_replay_resume()');
  });
  test('no TLS where none is offered', async () => {
    expect(await probe('postgresql', primary.port, { tls: {} })).toMatchObject({ ok: false, outcome: 'no-tls' });
  });
  test('a standby that lost its primary ages, although it has replayed all it received', async () => {
    const ask = () => probe('postgresql', standby.port, { ...login(), role: 'standby', maxLag: '1s' });
    psql(primary, 'CREATE TABLE quiet (n int)');
    await vi.waitUntil(async () => (await ask()).ok, PATIENCE);
    const old = `SELECT now() - pg_last_xact_replay_timestamp() > '2 s'`;
    await vi.waitUntil(() => psql(standby, old).trim() === 't', PATIENCE);
    // Nothing happens there, and it hears of that.
    expect(await ask()).toMatchObject({ ok: true });
    await primary.stop();
    await vi.waitUntil(async () => !(await ask()).ok, PATIENCE);
    const lost = await ask();
    expect(lost.outcome).toBe('replica-disconnected');
    expect(lost.evidence).toMatch(/hears from no primary, and its last transaction is \d+ s old$/);
    // Without maxLag it is a standby like any other.
    expect(await probe('postgresql', standby.port, { ...login(), role: 'standby' })).toMatchObject({ ok: true });
  });
});
