import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probe } from '../support/probe/ask.ts';
import { fileWith } from '../support/probe/stub.ts';
import { mariadb, PASSWORD, sql } from '../support/servers/databases.ts';
import { type RunningServer, startServer } from '../support/servers/server.ts';

describe('mysql, against MariaDB', () => {
  let source: RunningServer;
  let replica: RunningServer;
  beforeAll(async () => {
    [source, replica] = await Promise.all([
      startServer(mariadb('--server-id=1', '--log-bin')),
      startServer(mariadb('--server-id=2', '--read-only')),
    ]);
    for (const server of [source, replica])
      sql(
        server,
        `CREATE USER probe@'%' IDENTIFIED BY '${PASSWORD}'; GRANT REPLICATION SLAVE, SLAVE MONITOR ON *.* TO probe@'%'; CREATE DATABASE shop`,
      );
    sql(source, 'RESET MASTER');
    sql(
      replica,
      `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${source.port}, MASTER_USER='probe', MASTER_PASSWORD='${PASSWORD}'; START SLAVE`,
    );
    while (!/Yes\s+Yes/.test(sql(replica, 'SHOW SLAVE STATUS').replace(/\t/g, ' '))) await sleep(100);
  });
  afterAll(async () => {
    await replica?.stop();
    await source?.stop();
  });
  const login = (password = PASSWORD) => ({ user: 'probe', passwordFile: fileWith(password) });

  test('the greeting is enough without a user', async () => {
    expect(await probe('mysql', source.port)).toMatchObject({
      ok: true,
      outcome: 'greeted',
      evidence: expect.stringContaining('MariaDB'),
    });
  });
  test('a user is let in, or not', async () => {
    expect(await probe('mysql', source.port, login())).toMatchObject({ ok: true, outcome: 'logged-in' });
    expect(await probe('mysql', source.port, { ...login(), database: 'mysql' })).toMatchObject({ ok: false });
    expect(await probe('mysql', source.port, login('wrong'))).toMatchObject({ ok: false, outcome: 'error-1045' });
    expect(await probe('mysql', source.port, { user: 'nobody' })).toMatchObject({ ok: false, outcome: 'error-1045' });
  });
  test('a writable server is told from a read-only one', async () => {
    expect(await probe('mysql', source.port, { ...login(), role: 'writable' })).toMatchObject({ ok: true });
    expect(await probe('mysql', replica.port, { ...login(), role: 'writable' })).toMatchObject({
      ok: false,
      outcome: 'role-read-only',
    });
    expect(await probe('mysql', replica.port, { ...login(), role: 'read-only' })).toMatchObject({ ok: true });
  });
  test('a replica must run and keep up', async () => {
    const check = { ...login(), maxLag: '10s' };
    expect(await probe('mysql', replica.port, check)).toMatchObject({
      ok: true,
      evidence: expect.stringMatching(/is \d s behind$/),
    });
    expect(await probe('mysql', source.port, check)).toMatchObject({ ok: false, outcome: 'not-replica' });
    sql(replica, 'STOP SLAVE');
    expect(await probe('mysql', replica.port, check)).toMatchObject({ ok: false, outcome: 'replica-stopped' });
    sql(replica, 'START SLAVE');
  });
  test('too many connections is what the server says', async () => {
    sql(source, 'SET GLOBAL max_connections = 10');
    const all = await Promise.all(Array.from({ length: 40 }, () => probe('mysql', source.port, login())));
    for (const found of all) expect(found.ok || found.outcome === 'error-1040').toBe(true);
  });
});
