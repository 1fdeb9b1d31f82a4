import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckKind } from '../../src/config/checks/index.ts';
import { probe } from '../support/probe/ask.ts';
import { fileWith } from '../support/probe/stub.ts';
import { PASSWORD } from '../support/servers/databases.ts';
import { dovecot, exim, named, slapd, sshd, vsftpd } from '../support/servers/protocols.ts';
import { type RunningServer, type ServerRow, startServer } from '../support/servers/server.ts';

const LOGIN = (password = PASSWORD) => ({ user: 'probe', passwordFile: fileWith(`${password}\n`) });
const trusting = ({ folder }: RunningServer) => ({ tls: { ca: `${folder}/cert.pem` }, startTls: true });

const CASES: readonly [CheckKind, ServerRow][] = [
  ['smtp', exim],
  ['ftp', vsftpd()],
  ['imap', dovecot('imap')],
  ['pop3', dovecot('pop3')],
  ['ldap', slapd],
  ['ssh', sshd],
  ['dns', named],
];

/** Who might take one of these servers for something else. */
const STRANGERS: readonly [CheckKind, object][] = [
  ...(['smtp', 'imap', 'pop3', 'ldap', 'ssh', 'http', 'grpc'] as const).map((kind): [CheckKind, object] => [kind, {}]),
  ...(['mysql', 'postgresql', 'redis', 'memcached', 'mongodb'] as const).map((kind): [CheckKind, object] => [kind, {}]),
  ['ftp', { user: 'anonymous' }],
  ['ftp', {}],
  ['agent', {}],
];

describe.each(CASES)('%s', (kind, row) => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(row);
  });
  afterAll(() => server?.stop());

  test('of another protocol than the server is bad', async () => {
    const others = STRANGERS.filter(([other]) => other !== kind);
    const found = await Promise.all(others.map(([other, settings]) => probe(other, server.port, settings, 1000)));
    for (const [index, { ok, outcome }] of found.entries()) {
      expect(ok, others[index]?.[0]).toBe(false);
      expect(outcome).not.toBe('check-failed');
    }
  });
});

describe.each<[CheckKind, ServerRow, string]>([
  ['smtp', exim, 'reply-535'],
  ['imap', dovecot('imap'), 'no'],
  ['pop3', dovecot('pop3'), 'err'],
])('%s', (kind, row, refused) => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(row);
  });
  afterAll(() => server?.stop());

  test('begins TLS, logs in, and tells a wrong password', async () => {
    const secure = trusting(server);
    expect(await probe(kind, server.port, { ...secure, ...LOGIN() }, 5000)).toMatchObject({
      ok: true,
      evidence: expect.stringContaining('let us log in'),
    });
    expect(await probe(kind, server.port, { ...secure, ...LOGIN('wrong') }, 8000)).toMatchObject({
      ok: false,
      outcome: refused,
    });
    expect(await probe(kind, server.port, { startTls: true })).toMatchObject({
      ok: false,
      outcome: 'certificate-self-signed',
    });
  });
});

test('ftp: the anonymous are let in, others are not', async () => {
  const server = await startServer(vsftpd());
  const anonymous = { user: 'anonymous' };
  expect(await probe('ftp', server.port, anonymous, 5000)).toMatchObject({
    ok: true,
    evidence: expect.stringContaining('let us log in'),
  });
  expect(await probe('ftp', server.port, LOGIN(), 8000)).toMatchObject({ ok: false, outcome: 'reply-530' });
  expect(await probe('ftp', server.port, { ...anonymous, ...trusting(server) })).toMatchObject({
    ok: false,
    outcome: 'reply-530',
  });
  await server.stop();
});

test('ftp: a server of SMTP, whose greeting is the same, is none', async () => {
  const server = await startServer(exim);
  const found = { ok: false, outcome: 'not-ftp', evidence: expect.stringMatching(/^NOOP to .* answered "250 OK/) };
  expect(await probe('ftp', server.port)).toMatchObject(found);
  await server.stop();
});

test.each(['on request', 'at once'] as const)('ftp: in TLS %s', async (when) => {
  const server = await startServer(vsftpd(when));
  const secure = { ...trusting(server), startTls: when === 'on request', user: 'anonymous' };
  expect(await probe('ftp', server.port, secure, 5000)).toMatchObject({
    ok: true,
    evidence: expect.stringContaining('let us log in'),
  });
  expect(await probe('ftp', server.port, { ...secure, user: undefined }, 5000)).toMatchObject({ ok: true });
  expect(await probe('ftp', server.port, { ...secure, tls: {} }, 5000)).toMatchObject({
    ok: false,
    outcome: 'certificate-self-signed',
  });
  await server.stop();
});

test('ldap: a name with its password, in the clear and after StartTLS', async () => {
  const server = await startServer(slapd);
  const bind = (password: string) => ({ bind: 'cn=admin,dc=test', passwordFile: fileWith(password) });
  expect(await probe('ldap', server.port, bind(PASSWORD))).toMatchObject({ ok: true });
  expect(await probe('ldap', server.port, { ...bind(PASSWORD), ...trusting(server) })).toMatchObject({ ok: true });
  expect(await probe('ldap', server.port, bind('wrong'))).toMatchObject({ ok: false, outcome: 'result-49' });
  await server.stop();
});

test('dns: records, codes, and what does not fit into a datagram', async () => {
  const server = await startServer(named);
  const dns = (given: object) => probe('dns', server.port, given);
  const www = { name: 'www.example.test', type: 'A' };
  expect(await dns({ ...www, answer: '192.0.2.80' })).toMatchObject({ ok: true });
  expect(await dns({ ...www, answer: '192.0.2.80', over: 'tcp' })).toMatchObject({ ok: true });
  expect(await dns({ ...www, answer: '192.0.2.81' })).toMatchObject({ ok: false, outcome: 'answer' });
  expect(await dns({ name: 'www.example.test', type: 'AAAA', answer: '2001:db8::80' })).toMatchObject({ ok: true });
  expect(await dns({ name: 'example.test', type: 'MX', answer: 'MAIL.example.test.' })).toMatchObject({ ok: true });
  expect(await dns({ name: 'v.example.test', type: 'TXT', answer: 'ready now' })).toMatchObject({ ok: true });
  const last = '39'.padEnd(100, 'x');
  expect(await dns({ name: 'big.example.test', type: 'TXT', answer: last })).toMatchObject({ ok: true });
  expect(await dns({ name: 'none.example.test' })).toMatchObject({ ok: false, outcome: 'nxdomain' });
  expect(await dns({ name: 'none.example.test', rcode: ['NXDOMAIN'] })).toMatchObject({ ok: true });
  await server.stop();
});
