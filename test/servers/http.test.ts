import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { probe } from '../support/probe/ask.ts';
import { grpcHealth } from '../support/probe/grpc.ts';
import { fileWith } from '../support/probe/stub.ts';
import { PASSWORD } from '../support/servers/databases.ts';
import { haproxy, nginx } from '../support/servers/protocols.ts';
import { type RunningServer, type ServerRow, startServer } from '../support/servers/server.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});
async function start(row: ServerRow): Promise<RunningServer> {
  const server = await startServer(row);
  running.push(server);
  return server;
}

const READY = 'location / { return 200 "all is ready\\n"; }';

describe('nginx', () => {
  test('bodies: text, pattern, digest, and further pages', async () => {
    const { port } = await start(nginx());
    const digest = createHash('md5').update('all is ready\n').digest('hex');
    expect(await probe('http', port, { body: 'is ready', match: '^all (\\w+) ready', digest })).toMatchObject({
      ok: true,
    });
    expect(await probe('http', port, { match: 'not yet' })).toMatchObject({ ok: false, outcome: 'body' });
    expect(await probe('http', port, { digest: '0'.repeat(32) })).toMatchObject({ ok: false, outcome: 'digest' });
    expect(
      await probe('http', port, {
        urls: [
          { path: '/a', digest },
          { path: '/b', status: 404 },
        ],
      }),
    ).toMatchObject({
      ok: false,
      outcome: 'status-200',
    });
    expect(await probe('http', port, { urls: [{ path: '/a', digest }] })).toMatchObject({ ok: true });
  });
  test('methods, headers and basic authentication arrive', async () => {
    const { port } = await start(
      nginx(
        '',
        `location / { return 200 "$request_method $host $http_x_probe $content_length"; }
         location /secret { auth_basic x; auth_basic_user_file passwords; try_files /none =204; }`,
      ),
    );
    const seen = { method: 'PUT', host: 'www.example.test', headers: ['X-Probe: yes'], send: 'hello' };
    expect(await probe('http', port, { ...seen, body: 'PUT www.example.test yes 5' })).toMatchObject({ ok: true });
    const login = (password: string) => ({ path: '/secret', user: 'probe', passwordFile: fileWith(password) });
    expect(await probe('http', port, login(PASSWORD))).toMatchObject({ ok: true, outcome: 'status-204' });
    expect(await probe('http', port, login('wrong'))).toMatchObject({ ok: false, outcome: 'status-401' });
  });
  test('headers that must be there, and what must not', async () => {
    const { port } = await start(nginx('', `add_header X-Ready yes; ${READY}`));
    const server = { name: 'Server', match: '^nginx/' };
    expect(await probe('http', port, { answerHeaders: [server, { name: 'X-Ready', value: 'yes' }] })).toMatchObject({
      ok: true,
    });
    expect(await probe('http', port, { answerHeaders: [{ ...server, not: true }] })).toMatchObject({
      ok: false,
      outcome: 'header',
    });
    expect(await probe('http', port, { notBody: 'is ready' })).toMatchObject({ ok: false, outcome: 'body' });
    expect(await probe('http', port, { notMatch: 'maintenance' })).toMatchObject({ ok: true });
  });
  test('https: whom it trusts, under which name, and how long the certificate lasts', async () => {
    const { port, folder } = await start(nginx('ssl', undefined, 10));
    const tls = { ca: `${folder}/cert.pem` };
    expect(await probe('http', port, { tls })).toMatchObject({
      ok: true,
      evidence: expect.stringMatching(/certificate ends in \d+ days$/),
      certificate: { endsAt: expect.any(Number), warning: expect.stringMatching(/^its certificate ends in \d+ days$/) },
    });
    expect(await probe('http', port, { tls: { ...tls, serverName: 'localhost', warnBefore: '1d' } })).toMatchObject({
      ok: true,
      evidence: expect.not.stringContaining('certificate'),
      certificate: { warning: '' },
    });
    const other = { ...tls, serverName: 'other.test' };
    expect(await probe('http', port, { tls: other })).toMatchObject({
      ok: false,
      outcome: 'certificate-of-another-name',
    });
    expect(await probe('http', port, { tls: {} })).toMatchObject({ ok: false, outcome: 'certificate-self-signed' });
    expect(await probe('http', port, { tls: { verify: false } })).toMatchObject({ ok: true });
    expect(await probe('http', port)).toMatchObject({ ok: false, outcome: 'status-400' });
  });
  test('HTTP/2, agreed on in TLS or known before, and HTTP/1.0', async () => {
    const says = 'location / { return 200 "by $server_protocol from $proxy_protocol_addr"; }';
    const { port: clear } = await start(nginx('http2', says));
    expect(await probe('http', clear, { version: 2, body: 'by HTTP/2.0' })).toMatchObject({ ok: true });
    expect(await probe('http', clear)).toMatchObject({ ok: false, outcome: 'not-http' });
    const { port: both, folder } = await start(nginx('ssl http2', says, 10));
    const tls = { ca: `${folder}/cert.pem` };
    expect(await probe('http', both, { version: 2, tls, body: 'by HTTP/2.0' })).toMatchObject({
      ok: true,
      evidence: expect.stringContaining('certificate ends in'),
    });
    expect(await probe('http', both, { version: '1.1', tls, body: 'by HTTP/1.1' })).toMatchObject({ ok: true });
    expect(await probe('http', both, { version: 1.0, tls, body: 'by HTTP/1.0' })).toMatchObject({ ok: true });
    const proxied = await start(nginx('http2 proxy_protocol', says));
    expect(await probe('http', proxied.port, { version: 2, proxy: 'v1', body: 'from 127.0.0.1' })).toMatchObject({
      ok: true,
    });
    const old = await start(nginx('ssl', says));
    expect(await probe('http', old.port, { version: 2, tls: { verify: false } })).toMatchObject({
      ok: false,
      phase: 'connect',
      outcome: 'no-common-protocol',
    });
  });
  test('https: a certificate of ours is asked for, and a version of TLS', async () => {
    const strict = await start(nginx('ssl', `ssl_verify_client on; ssl_client_certificate cert.pem; ${READY}`));
    const files = { certificate: `${strict.folder}/cert.pem`, key: `${strict.folder}/key.pem` };
    const ca = `${strict.folder}/cert.pem`;
    expect(await probe('http', strict.port, { tls: { ca, ...files } })).toMatchObject({ ok: true });
    expect(await probe('http', strict.port, { tls: { ca } })).toMatchObject({ ok: false, outcome: 'status-400' });
    const old = await start(nginx('ssl', `ssl_protocols TLSv1.2; ${READY}`));
    const trusted = { ca: `${old.folder}/cert.pem` };
    expect(await probe('http', old.port, { tls: { ...trusted, minVersion: 1.2 } })).toMatchObject({ ok: true });
    expect(await probe('http', old.port, { tls: { ...trusted, minVersion: 1.3 } })).toMatchObject({
      ok: false,
      phase: 'connect',
      outcome: 'tls-version',
    });
  });
  test('the PROXY protocol is spoken', async () => {
    const { port } = await start(nginx('proxy_protocol', 'location / { return 200 "from $proxy_protocol_addr"; }'));
    expect(await probe('http', port, { proxy: 'v1', body: 'from 127.0.0.1' })).toMatchObject({ ok: true });
    expect(await probe('http', port, { proxy: 'v2' })).toMatchObject({ ok: true });
    expect(await probe('http', port)).toMatchObject({ ok: false });
  });
  test('the PROXY protocol is spoken by other kinds, before TLS as well', async () => {
    const says = 'location / { return 200 "from $proxy_protocol_addr"; }';
    const { port, folder } = await start(nginx('ssl proxy_protocol', says));
    const asks = {
      tls: { ca: `${folder}/cert.pem` },
      steps: [{ send: 'GET / HTTP/1.0\r\n\r\n', expect: 'from 127.0.0.1' }],
    };
    expect(await probe('dialogue', port, { ...asks, proxy: 'v1' })).toMatchObject({ ok: true });
    expect(await probe('dialogue', port, asks)).toMatchObject({ ok: false });
    for (const proxy of ['v1', 'v2'])
      expect(await probe('tcp', port, { tls: asks.tls, proxy })).toMatchObject({ ok: true, certificate: {} });
    expect(await probe('tcp', port, { tls: asks.tls })).toMatchObject({ ok: false, phase: 'connect' });
  });
});

test('grpc, through nginx and TLS', async () => {
  const health = await grpcHealth({ '': 'SERVING', shop: 'NOT_SERVING' });
  const server = await start(nginx('ssl http2', `location / { grpc_pass grpc://127.0.0.1:${health}; }`));
  const tls = { ca: `${server.folder}/cert.pem` };
  expect(await probe('grpc', server.port, { tls })).toMatchObject({ ok: true, outcome: 'serving' });
  expect(await probe('grpc', server.port, { tls, service: 'shop' })).toMatchObject({ outcome: 'not-serving' });
  expect(await probe('grpc', server.port, { tls, service: 'none' })).toMatchObject({ outcome: 'grpc-5' });
  expect(await probe('grpc', server.port, { tls: {} })).toMatchObject({ outcome: 'certificate-self-signed' });
});

test('grpc: a web server is none', async () => {
  const { port } = await start(nginx('http2'));
  expect(await probe('grpc', port)).toMatchObject({ ok: false, outcome: 'not-grpc' });
});

describe('haproxy', () => {
  test('the PROXY protocol of its makers', async () => {
    const { port } = await start(haproxy('accept-proxy'));
    for (const proxy of ['v1', 'v2']) {
      expect(await probe('http', port, { proxy, body: 'from haproxy' })).toMatchObject({ ok: true });
    }
    expect(await probe('http', port, {}, 500)).toMatchObject({ ok: false });
  });
});
