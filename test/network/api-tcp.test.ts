import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as dialTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Client, type ConnectOptions, connect } from '../../src/api/client.ts';
import { main } from '../../src/cli/main.ts';
import { type ServedDirector, servedDirector } from '../support/api.ts';
import { Authority } from '../support/certificates.ts';
import { command, type Ended } from '../support/command.ts';
import { freePort } from '../support/free-port.ts';

/** The API over TCP with real TLS, on loopback. */

type Signed = Pick<ReturnType<Authority['sign']>, 'certFile' | 'keyFile'>;

const folder = mkdtempSync(join(tmpdir(), 'fairlead-tcp-'));
const tokens = join(folder, 'tokens');
let served: ServedDirector;
let authority: Authority;
let clients: Authority;
let port: number;
let host: string;

const fairlead = (...words: string[]): Promise<Ended> => command(words);

const tokenFor = async (name: string, role: string): Promise<string> => {
  const { out } = await fairlead('token', 'new', '--name', name, '--role', role, '--file', tokens);
  return out.trim();
};

const over = (options: ConnectOptions = {}): Client => connect({ host, ca: authority.pem, ...options });

function raw(headers: Record<string, string>, path = '/api/v1/director'): Promise<{ status: number; headers: object }> {
  return new Promise((resolve, reject) => {
    // Node.js compares the certificate with the Host header.
    const tls = { ca: authority.pem, agent: false, checkServerIdentity: () => undefined } as const;
    const sent = request({ host: '127.0.0.1', port, path, headers, ...tls }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
    });
    sent.on('error', reject);
    sent.end();
  });
}

beforeAll(async () => {
  authority = new Authority(folder, 'authority');
  clients = new Authority(folder, 'clients');
  const { certFile, keyFile } = authority.sign('lb1.example', 'DNS:lb1.example,IP:127.0.0.1');
  port = await freePort();
  host = `https://127.0.0.1:${port}`;
  const tls = `{ cert: ${certFile}, key: ${keyFile}, clientCa: ${clients.file} }`;
  served = await servedDirector({
    api: `{ tokens: ${tokens}, requestsPerSecond: 20, listen: [{ address: 127.0.0.1, port: ${port}, tls: ${tls} }], roles: [{ certificate: deploy, role: operator }] }`,
  });
});
afterAll(async () => {
  await served.stop();
  rmSync(folder, { recursive: true });
});

describe('tokens', () => {
  test('a token may do what its role may, and is kept as a salted hash in a file that nobody else reads', async () => {
    const [viewer, operator] = [await tokenFor('grafana', 'viewer'), await tokenFor('ci', 'operator')];
    expect(viewer).toMatch(/^fairlead_[\w-]{43}$/);
    expect(statSync(tokens).mode & 0o777).toBe(0o600);
    expect(readFileSync(tokens, 'utf8')).not.toContain(viewer);
    expect(await over({ token: viewer }).getDirector()).toMatchObject({ services: 3 });
    const drain = { service: 'web', server: 'r1' };
    await expect(over({ token: viewer }).drainServer(drain)).rejects.toMatchObject({ code: 'role-missing', exit: 4 });
    expect(await over({ token: operator }).drainServer(drain)).toMatchObject({ startedBy: 'token ci' });
    const { events } = await served.client.listEvents({ kind: 'audit' });
    const told = events.map(({ text }) => text);
    const path = 'POST /api/v1/services/web/servers/r1/drain';
    expect(told).toContain(`token grafana (viewer, 127.0.0.1): ${path}: 403 role-missing, config revision 1`);
    expect(told).toContain(`token ci (operator, 127.0.0.1): ${path}: 202, overrides revision 1`);
  });

  test('one that is revoked is worth nothing at once', async () => {
    const token = await tokenFor('passing', 'viewer');
    await over({ token }).getDirector();
    expect((await fairlead('token', 'list', '--json', '--file', tokens)).out).toContain('"name":"passing"');
    expect(await fairlead('token', 'revoke', 'passing', '--file', tokens)).toMatchObject({ code: 0 });
    await expect(over({ token }).getDirector()).rejects.toMatchObject({ code: 'unauthenticated', exit: 4 });
    expect(await fairlead('token', 'revoke', 'passing', '--file', tokens)).toMatchObject({ code: 2 });
  });

  test('a stream of events ends with its token, and the command that follows it with 4', async () => {
    const file = join(folder, 'follower');
    writeFileSync(file, await tokenFor('follower', 'viewer'));
    let out = '';
    const io = { out: (text: string) => (out += text), err: () => {}, terminal: false };
    const words = ['events', '--follow', '--host', host, '--token-file', file, '--ca', authority.file];
    const following = main(words, io);
    await vi.waitUntil(() => out !== '', { timeout: 30_000 });
    const dropped = (): number => served.director.store.counts.lettingGo.get('right-lost') ?? 0;
    const before = dropped();
    const events = over({ token: readFileSync(file, 'utf8') }).events();
    expect(await events.next()).toMatchObject({ done: false });
    await fairlead('token', 'revoke', 'follower', '--file', tokens);
    served.director.store.tell('problem', 'not for everybody');
    const heard: string[] = [];
    await expect(
      (async () => {
        for await (const { text } of events) heard.push(text);
      })(),
    ).rejects.toThrow();
    expect(heard).not.toContain('not for everybody');
    expect(await following).toBe(4);
    expect(out).not.toContain('not for everybody');
    expect(dropped()).toBe(before + 2);
  });

  test.each([
    [['--name', 'x y', '--role', 'viewer'], 'expected --name'],
    [['--name', 'x', '--role', 'root'], 'expected --role'],
    [['--name', 'grafana', '--role', 'viewer'], 'there is a token grafana already'],
  ])('new %j is refused', async (words, says) => {
    const { code, err } = await fairlead('token', 'new', ...words, '--file', tokens);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });

  test('no token of a file that others may read is believed', async () => {
    const token = await tokenFor('careful', 'viewer');
    chmodSync(tokens, 0o644);
    await expect(over({ token }).getDirector()).rejects.toMatchObject({ code: 'unauthenticated' });
    const { events } = await served.client.listEvents({ kind: 'problem' });
    expect(events.at(-1)?.text).toContain('no token is believed');
    chmodSync(tokens, 0o600);
    await over({ token }).getDirector();
  });
});

describe('who is not known', () => {
  test('may ask whether the daemon lives, and nothing else', async () => {
    expect(await over().getHealth()).toEqual({ ok: true });
    await expect(over().getDirector()).rejects.toMatchObject({ code: 'unauthenticated', problem: { status: 401 } });
    expect(await raw({})).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="fairlead"' } });
    expect(await raw({}, '/nothing')).toMatchObject({ status: 401 });
  });

  test('is answered with 429 after some failures, and who has a token is not held up by that', async () => {
    const token = await tokenFor('steady', 'viewer');
    const answers = [];
    for (let tries = 0; tries < 15; tries++) answers.push(await raw({ authorization: 'Bearer guess' }));
    expect(answers.at(-1)).toMatchObject({ status: 429, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } });
    await over({ token }).getDirector();
  });

  test('learns nothing of what runs here from headers', async () => {
    const { headers } = await raw({});
    expect(Object.keys(headers)).not.toContain('server');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control') || name === 'x-powered-by')).toEqual(
      [],
    );
  });
});

describe('client certificates', () => {
  test('give what a row says, if they are of the right authority', async () => {
    const { cert, key } = clients.sign('deploy');
    expect(await over({ cert, key }).undrainServer({ service: 'web', server: 'r2' })).toMatchObject({ name: 'r2' });
    const stranger = clients.sign('stranger');
    await expect(over({ cert: stranger.cert, key: stranger.key }).getDirector()).rejects.toMatchObject({
      code: 'role-missing',
      message: expect.stringContaining('certificate stranger is anyone'),
    });
    const forged = authority.sign('deploy');
    // The failures of other tests may have used up what an address may try.
    await expect(over({ cert: forged.cert, key: forged.key }).getDirector()).rejects.toMatchObject({
      code: expect.stringMatching(/^(unauthenticated|too-many-requests)$/),
    });
  });
});

describe('a reload', () => {
  /** One connection, and what the listener proves itself with there. */
  async function open(): Promise<{ shown: string; ask(): Promise<string> }> {
    const socket = dialTls({ port, host: '127.0.0.1', ca: authority.pem });
    sockets.push(socket);
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const ask = (): Promise<string> =>
      new Promise((resolve, reject) => {
        socket.once('data', (data) => resolve(String(data).split('\r\n', 1)[0] ?? ''));
        socket.once('close', () => reject(new Error('the connection was closed')));
        socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      });
    return { shown: socket.getPeerCertificate().fingerprint256, ask };
  }
  const sockets: TLSSocket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  const sign = () => authority.sign('lb1.example', 'DNS:lb1.example,IP:127.0.0.1');
  const printOf = (pem: string): string => new X509Certificate(pem).fingerprint256;
  const told = async (kind: 'config' | 'problem'): Promise<string[]> =>
    (await served.client.listEvents({ kind })).events.map(({ text }) => text);

  test('shows new connections the new certificate, though the file of the configuration is the same; old ones go on', async () => {
    const old = await open();
    const { cert } = sign();
    expect(printOf(cert)).not.toBe(old.shown);
    expect((await open()).shown).toBe(old.shown);
    expect(await served.director.reload()).toBe(true);
    expect((await open()).shown).toBe(printOf(cert));
    expect(await old.ask()).toBe('HTTP/1.1 200 OK');
    expect((await told('config')).filter((text) => text.includes('new certificate'))).toHaveLength(1);
    expect(await over().getHealth()).toEqual({ ok: true });
  });

  test.each([
    ['no certificate', ({ certFile }: Signed) => writeFileSync(certFile, 'nothing')],
    [
      'one of another key, as while they are being renewed',
      ({ keyFile }: Signed) => {
        writeFileSync(keyFile, clients.sign('other').key);
      },
    ],
    ['none at all', ({ certFile }: Signed) => rmSync(certFile)],
  ])('keeps the old one where there is %s, and tells it', async (_, spoil) => {
    const { cert, ...signed } = sign();
    await served.director.reload();
    const problems = (await told('problem')).length;
    spoil(signed);
    expect(await served.director.reload()).toBe(true);
    const still = await open();
    expect(still.shown).toBe(printOf(cert));
    expect(await still.ask()).toBe('HTTP/1.1 200 OK');
    expect((await told('problem')).slice(problems)).toEqual([
      expect.stringContaining('goes on with its old certificate'),
    ]);
    const { cert: mended } = sign();
    await served.director.reload();
    expect((await open()).shown).toBe(printOf(mended));
  });
});

describe('requests for somebody else', () => {
  test.each([
    ['evil.example', 421],
    ['evil.example:8443', 421],
    ['lb1.example', 200],
    ['localhost:1', 200],
    ['127.0.0.1', 200],
  ])('Host: %s is answered with %d', async (name, status) => {
    expect(await raw({ host: name }, '/healthz')).toMatchObject({ status });
  });

  test('a page of another origin gets nothing', async () => {
    expect(await raw({ origin: 'https://evil.example' }, '/healthz')).toMatchObject({ status: 403 });
    expect(await raw({ origin: host }, '/healthz')).toMatchObject({ status: 200 });
  });
});

test('who asks more than the file allows is told to wait, and others are not', async () => {
  const [greedy, other] = [await tokenFor('greedy', 'viewer'), await tokenFor('other', 'viewer')];
  const client = over({ token: greedy });
  const code = () =>
    client.getHealth().then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
  const ask = async (): Promise<string[]> => {
    const codes: string[] = [];
    for (let asked = 0; asked < 40; asked++) codes.push(await code());
    return codes;
  };
  const codes = (await Promise.all(Array.from({ length: 8 }, ask))).flat();
  expect(new Set(codes)).toEqual(new Set(['ok', 'too-many-requests']));
  await over({ token: other }).getHealth();
});

describe('clients that are slow or many', () => {
  const closed = (socket: { on(event: 'close', listener: () => void): unknown }): Promise<void> =>
    new Promise((resolve) => socket.on('close', () => resolve()));

  test('a handshake, and a request, that never comes is not waited for', async () => {
    const silent = dial(port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    const mute = dialTls({ port, host: '127.0.0.1', ca: authority.pem })
      .on('error', () => {})
      .resume();
    const unfinished = (): number => served.director.store.counts.lettingGo.get('request-unfinished') ?? 0;
    const before = unfinished();
    await Promise.all([closed(silent), closed(mute)]);
    expect(unfinished()).toBe(before + 1);
    await over().getHealth();
  });

  test('of one address only so many connections stay, and the socket still answers', async () => {
    const sockets = Array.from({ length: 140 }, () =>
      dial(port, '127.0.0.1')
        .on('error', () => {})
        .resume(),
    );
    await Promise.all(sockets.slice(-10).map(closed));
    expect(await served.client.getHealth()).toEqual({ ok: true });
    for (const socket of sockets) socket.destroy();
  });
});

test('every command takes --host and what goes with it, from the environment too', async () => {
  const token = join(folder, 'token');
  writeFileSync(token, `${await tokenFor('cli', 'operator')}\n`);
  const ways = ['--host', host, '--token-file', token, '--ca', authority.file];
  expect((await fairlead('status', '--json', ...ways)).out).toContain('"name":"web"');
  expect((await fairlead('metrics', ...ways)).out).toContain('fairlead_');
  process.env.FAIRLEAD_HOST = host;
  process.env.FAIRLEAD_TOKEN_FILE = token;
  process.env.FAIRLEAD_CA = authority.file;
  expect(await fairlead('reload')).toMatchObject({ code: 0 });
  delete process.env.FAIRLEAD_TOKEN_FILE;
  expect((await fairlead('reload')).code).not.toBe(0);
  expect((await fairlead('status', '--socket', served.socket)).code).toBe(0);
  delete process.env.FAIRLEAD_CA;
  expect(await fairlead('status')).toMatchObject({ code: 3, err: expect.stringContaining('certificate') });
  delete process.env.FAIRLEAD_HOST;
  expect(await fairlead('status', '--host', 'lb1:8443')).toMatchObject({ code: 2 });
});
