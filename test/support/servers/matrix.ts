import type { CheckKind } from '../../../src/config/checks/index.ts';
import { fileWith } from '../probe/stub.ts';
import {
  freeradius,
  mariadb,
  memcached,
  PASSWORD,
  postgresql,
  psql,
  redis,
  SECRET,
  sentinel,
  sql,
} from './databases.ts';
import { dovecot, exim, haproxy, named, nginx, slapd, sshd, stub, vsftpd } from './protocols.ts';
import type { RunningServer, ServerRow } from './server.ts';

/** Every kind of check, the real servers it is tried on, and what it finds there. Each row is tried on the server as it is, on one
 *  that gives a wrong answer, one whose answers are slow, too late, garbled or cut off, on one that hangs, and on one that is
 *  gone (test/servers/matrix.test.ts). Debian has no MongoDB, gRPC or agent: those are stubs. */
export interface MatrixRow {
  readonly kind: CheckKind;
  /** Package of Debian, or `stub`, and what else sets the row apart. */
  readonly on: readonly [packageName: string, how?: string];
  readonly server: (beside: RunningServer) => ServerRow;
  /** Started before it. */
  readonly beside?: ServerRow;
  /** Once it serves. */
  readonly once?: (server: RunningServer) => void;
  /** How it is asked; files in it last for a test. `port`: the server's, or of what stands before it. */
  readonly given?: (server: RunningServer, port: number) => object;
  /** Who is probed, where it is not the server whose answers are treated. */
  readonly whom?: (beside: RunningServer) => number;
  readonly over?: 'udp';
  readonly evidence: RegExp;
  /** The same question with something else expected, and the outcome; none: it can answer in one way only. */
  readonly wrong: readonly [more: (port: number) => object, outcome: string] | null;
  /** What times out first: TLS is part of the connection. */
  readonly late?: 'connect';
  /** The kernel of the server answers alone: it stays up, whatever becomes of the program and its words. */
  readonly handshake?: true;
}

const login = (password: string) => ({ user: 'probe', passwordFile: fileWith(password) });
const secret = () => ({ secretFile: fileWith(SECRET) });
const always = (more: object) => () => more;
const wrongLogin = () => login('wrong');
const SOA_QUESTION = '0x4d2a 0100 0001 0000 0000 0000 07 6578616d706c65 04 74657374 00 0006 0001';
const overTls = ({ folder }: RunningServer) => ({ tls: { ca: `${folder}/cert.pem` } });
const READY = { body: 'is ready' };
const FROM_HAPROXY = { body: 'from haproxy' };
const sentinels = (port: number, master = 'cache') => ({
  sentinels: { master, addresses: [{ address: '127.0.0.1', port }] },
});

export const MATRIX: readonly MatrixRow[] = [
  {
    kind: 'tcp',
    on: ['nginx-light'],
    server: () => nginx(),
    evidence: /connect to .* succeeded/,
    wrong: null,
    handshake: true,
  },
  {
    kind: 'tcp',
    on: ['nginx-light', 'in TLS'],
    server: () => nginx('ssl'),
    given: overTls,
    evidence: /TLS with .* succeeded$/,
    wrong: [always({ tls: {} }), 'certificate-self-signed'],
    late: 'connect',
  },
  {
    kind: 'syn',
    on: ['nginx-light'],
    server: () => nginx(),
    evidence: /SYN to .* was answered/,
    wrong: null,
    handshake: true,
  },
  {
    kind: 'udp',
    on: ['bind9'],
    server: () => named,
    over: 'udp',
    given: () => ({ send: SOA_QUESTION, expect: '0x4d2a 8???' }),
    evidence: /was answered with \d+ bytes/,
    wrong: [always({ expect: '0x4d2a 0???' }), 'unexpected'],
  },
  {
    kind: 'http',
    on: ['nginx-light', 'the status alone'],
    server: () => nginx(),
    evidence: /answered 200$/,
    wrong: [always({ status: 204 }), 'status-200'],
  },
  {
    kind: 'http',
    on: ['nginx-light', 'a page'],
    server: () => nginx(),
    given: () => READY,
    evidence: /the expected text$/,
    wrong: [always({ body: 'not yet' }), 'body'],
  },
  {
    kind: 'http',
    on: ['nginx-light', 'in TLS'],
    server: () => nginx('ssl'),
    given: (server) => ({ ...READY, ...overTls(server) }),
    evidence: /the expected text$/,
    wrong: [always({ tls: {} }), 'certificate-self-signed'],
    late: 'connect',
  },
  {
    kind: 'http',
    on: ['haproxy', 'HTTP/1.0'],
    server: () => haproxy(),
    given: () => ({ version: '1.0', ...FROM_HAPROXY }),
    evidence: /the expected text$/,
    wrong: [always({ status: 204 }), 'status-200'],
  },
  {
    kind: 'http',
    on: ['haproxy', 'HTTP/1.1'],
    server: () => haproxy(),
    given: () => FROM_HAPROXY,
    evidence: /the expected text$/,
    wrong: [always({ status: 204 }), 'status-200'],
  },
  {
    kind: 'http',
    on: ['haproxy', 'HTTP/2'],
    server: () => haproxy('proto h2'),
    given: () => ({ version: 2, ...FROM_HAPROXY }),
    evidence: /the expected text$/,
    wrong: [always({ status: 204 }), 'status-200'],
  },
  {
    kind: 'grpc',
    on: ['stub'],
    server: () => stub('grpc'),
    evidence: /answered SERVING$/,
    wrong: [always({ service: 'shop' }), 'not-serving'],
  },
  {
    kind: 'dns',
    on: ['bind9'],
    server: () => named,
    over: 'udp',
    given: () => ({ name: 'example.test' }),
    evidence: /SOA of example\.test to .* answered NOERROR/,
    wrong: [always({ name: 'none.example.test' }), 'nxdomain'],
  },
  {
    kind: 'dns',
    on: ['bind9', 'over TCP'],
    server: () => named,
    given: () => ({ name: 'www.example.test', type: 'A', over: 'tcp', answer: '192.0.2.80' }),
    evidence: /answered NOERROR, 192\.0\.2\.80$/,
    wrong: [always({ answer: '192.0.2.81' }), 'answer'],
  },
  {
    kind: 'smtp',
    on: ['exim4-daemon-light'],
    server: () => exim,
    evidence: /greeted with "220 mail\.example\.test ESMTP Exim/,
    wrong: [wrongLogin, 'reply-535'],
  },
  {
    kind: 'ftp',
    on: ['vsftpd'],
    server: () => vsftpd(),
    evidence: /greeted with "220 .*vsFTPd/,
    wrong: [always({ user: 'somebody' }), 'reply-530'],
  },
  {
    kind: 'imap',
    on: ['dovecot-imapd'],
    server: () => dovecot('imap'),
    evidence: /greeted with "\* OK .*IMAP4rev1/,
    wrong: [wrongLogin, 'no'],
  },
  {
    kind: 'pop3',
    on: ['dovecot-pop3d'],
    server: () => dovecot('pop3'),
    evidence: /greeted with "\+OK Dovecot/,
    wrong: [wrongLogin, 'err'],
  },
  {
    kind: 'ldap',
    on: ['slapd'],
    server: () => slapd,
    given: () => ({ bind: 'cn=admin,dc=test', passwordFile: fileWith(PASSWORD) }),
    evidence: /bind to .* as cn=admin,dc=test succeeded/,
    wrong: [() => ({ passwordFile: fileWith('wrong') }), 'result-49'],
  },
  {
    kind: 'ssh',
    on: ['openssh-server'],
    server: () => sshd,
    evidence: /is "SSH-2\.0-OpenSSH/,
    wrong: [always({ banner: 'dropbear' }), 'banner'],
  },
  {
    kind: 'dialogue',
    on: ['exim4-daemon-light'],
    server: () => exim,
    given: () => ({ steps: [{ expect: '220 ' }, { send: 'NOOP\r\n', match: '250[ -].*\n' }] }),
    evidence: /as expected in 2 steps$/,
    wrong: [always({ steps: [{ expect: '220 ' }, { send: 'QUIT\r\n', expect: 'welcome' }] }), 'ended'],
  },
  {
    kind: 'mysql',
    on: ['mariadb-server'],
    server: () => mariadb(),
    once: (server) => void sql(server, `CREATE USER probe@'%' IDENTIFIED BY '${PASSWORD}'`),
    given: () => ({ ...login(PASSWORD), role: 'writable' }),
    evidence: /greeted with .*MariaDB.*, let probe in, is writable$/,
    wrong: [always({ role: 'read-only' }), 'role-writable'],
  },
  {
    kind: 'postgresql',
    on: ['postgresql-15'],
    server: () => postgresql('scram-sha-256'),
    once: (server) => void psql(server, `CREATE ROLE probe LOGIN PASSWORD '${PASSWORD}'`),
    given: () => ({ ...login(PASSWORD), role: 'primary' }),
    evidence: /let probe in, is primary$/,
    wrong: [always({ role: 'standby' }), 'role-primary'],
  },
  {
    kind: 'redis',
    on: ['redis-server'],
    server: () => redis(),
    given: () => ({ role: 'master' }),
    evidence: /answered PONG, is master$/,
    wrong: [always({ role: 'replica' }), 'role-master'],
  },
  {
    kind: 'redis',
    on: ['redis-sentinel'],
    beside: redis(),
    server: (master) => sentinel('cache', () => master.port),
    whom: (master) => master.port,
    given: (_, port) => sentinels(port),
    evidence: /answered PONG, sentinel .* calls it master$/,
    wrong: [(port) => sentinels(port, 'other'), 'sentinel'],
  },
  {
    kind: 'memcached',
    on: ['memcached'],
    server: () => memcached,
    evidence: /answered VERSION 1/,
    wrong: null,
  },
  {
    kind: 'mongodb',
    on: ['stub'],
    server: () => stub('mongod'),
    evidence: /answered ok, is primary$/,
    wrong: [always({ role: 'secondary' }), 'role-primary'],
  },
  {
    kind: 'radius',
    on: ['freeradius'],
    server: () => freeradius,
    over: 'udp',
    given: () => ({ ...secret(), ...login(PASSWORD) }),
    evidence: /Access-Request to .* answered accept$/,
    wrong: [wrongLogin, 'reject'],
  },
  {
    kind: 'agent',
    on: ['stub'],
    server: () => stub('agent'),
    given: () => ({ send: 'up' }),
    evidence: /says "up"$/,
    wrong: [always({ send: 'down' }), 'down'],
  },
];

/** Kinds that ask no server, or none that could be put between, and where they are tried. */
export const ELSEWHERE: Partial<Record<CheckKind, string>> = {
  ping: 'test/unit/probe/datagrams.test.ts',
  sctp: 'test/kernel/sctp.test.ts',
  script: 'test/unit/probe/reports.test.ts',
  file: 'test/unit/probe/reports.test.ts',
};
