import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probe } from '../support/probe/ask.ts';
import { fileWith } from '../support/probe/stub.ts';
import { PASSWORD, redis, sentinel } from '../support/servers/databases.ts';
import { type RunningServer, startServer } from '../support/servers/server.ts';

const cli = (server: RunningServer, ...words: string[]): string =>
  server.run(['redis-cli', '-p', `${server.port}`, ...words]);

describe('redis', () => {
  let master: RunningServer;
  let replica: RunningServer;
  let watcher: RunningServer;
  beforeAll(async () => {
    master = await startServer(redis());
    replica = await startServer(redis('--replicaof', `127.0.0.1 ${master.port}`));
    watcher = await startServer(sentinel('cache', () => master.port));
    while (!cli(replica, 'ROLE').includes('connected')) await sleep(50);
  });
  afterAll(async () => {
    for (const server of [watcher, replica, master]) await server?.stop();
  });

  test('PING is answered', async () => {
    expect(await probe('redis', master.port)).toMatchObject({
      ok: true,
      evidence: `PING to 127.0.0.1:${master.port} answered PONG`,
    });
  });
  test('roles are told apart', async () => {
    expect(await probe('redis', master.port, { role: 'master' })).toMatchObject({ ok: true });
    expect(await probe('redis', master.port, { role: 'replica' })).toMatchObject({ ok: false, outcome: 'role-master' });
    expect(await probe('redis', replica.port, { role: 'replica', maxLag: '30s' })).toMatchObject({ ok: true });
    expect(await probe('redis', replica.port, { role: 'master' })).toMatchObject({
      ok: false,
      outcome: 'role-replica',
    });
  });
  test('the sentinel names the master', async () => {
    const sentinels = {
      master: 'cache',
      addresses: [
        { address: '127.0.0.1', port: 1 },
        { address: '127.0.0.1', port: watcher.port },
      ],
    };
    expect(await probe('redis', master.port, { sentinels })).toMatchObject({ ok: true });
    expect(await probe('redis', replica.port, { sentinels })).toMatchObject({ ok: false, outcome: 'not-master' });
    const unknown = { ...sentinels, master: 'other' };
    expect(await probe('redis', master.port, { sentinels: unknown })).toMatchObject({ ok: false, outcome: 'sentinel' });
  });
  test('a replica that lost its master is bad', async () => {
    const alone = await startServer(redis('--replicaof', '127.0.0.1 1'));
    expect(await probe('redis', alone.port, { role: 'replica' })).toMatchObject({
      ok: false,
      outcome: 'replica-disconnected',
    });
    await alone.stop();
    expect(await probe('redis', alone.port)).toMatchObject({ ok: false, outcome: 'refused' });
  });
  test('a password is asked for and given', async () => {
    const locked = await startServer(redis('--requirepass', PASSWORD));
    expect(await probe('redis', locked.port)).toMatchObject({ ok: false, outcome: 'noauth' });
    const passwordFile = fileWith(`${PASSWORD}\n`);
    expect(await probe('redis', locked.port, { passwordFile })).toMatchObject({ ok: true });
    expect(await probe('redis', locked.port, { user: 'default', passwordFile })).toMatchObject({ ok: true });
    expect(await probe('redis', locked.port, { passwordFile: fileWith('wrong') })).toMatchObject({
      ok: false,
      outcome: 'wrongpass',
    });
    const open = await probe('redis', locked.port, { passwordFile: fileWith(PASSWORD, 0o644) });
    expect(open).toMatchObject({ ok: false, outcome: 'no-secret', evidence: expect.stringContaining('chmod 600') });
    await locked.stop();
  });
  test('TLS is verified, by name and by authority', async () => {
    const folder = fileWith('').replace(/file$/, '');
    const files = { key: `${folder}key.pem`, certificate: `${folder}cert.pem` };
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      files.key,
      '-out',
      files.certificate,
      '-days',
      '3',
      '-subj',
      '/CN=cache',
      '-addext',
      'subjectAltName=DNS:cache.test',
    ]);
    expect(made.status).toBe(0);
    const secure = await startServer(
      redis(
        '--port',
        '0',
        '--tls-port',
        '16399',
        '--tls-cert-file',
        files.certificate,
        '--tls-key-file',
        files.key,
        '--tls-auth-clients',
        'no',
      ),
      { port: 16399 },
    );
    const tls = { ca: files.certificate, serverName: 'cache.test' };
    expect(await probe('redis', secure.port, { tls })).toMatchObject({
      ok: true,
      evidence: expect.stringMatching(/; its certificate ends in [23] days$/),
    });
    expect(await probe('redis', secure.port, { tls: { ...tls, serverName: 'other.test' } })).toMatchObject({
      ok: false,
      outcome: 'certificate-of-another-name',
    });
    expect(await probe('redis', secure.port, { tls: {} })).toMatchObject({
      ok: false,
      outcome: 'certificate-self-signed',
    });
    expect(await probe('redis', secure.port, { tls: { verify: false } })).toMatchObject({ ok: true });
    expect(await probe('redis', secure.port)).toMatchObject({ ok: false });
    await secure.stop();
  });
});
