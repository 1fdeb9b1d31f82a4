import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { probe } from '../probe/ask.ts';
import { PASSWORD } from './databases.ts';
import type { Place, ServerRow } from './server.ts';

/** Servers of application protocols, each with as little configuration as it takes. */

const open = async ({ port }: Place): Promise<boolean> => (await probe('tcp', port)).ok;

/** A certificate for localhost and 127.0.0.1 that signs itself, valid for so many days. */
export function certificate(folder: string, days = 100): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', `${days}`];
  execFileSync('openssl', [...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

/** `listen`: what follows the port; `body`: what is inside of the server block. */
export const nginx = (listen = '', body = 'location / { return 200 "all is ready\\n"; }', days = 100): ServerRow => ({
  prepare({ folder, port }) {
    const { cert, key } = certificate(folder, days);
    writeFileSync(join(folder, 'passwords'), `probe:{PLAIN}${PASSWORD}\n`);
    const tls = listen.includes('ssl') ? `ssl_certificate ${cert}; ssl_certificate_key ${key};` : '';
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${folder}/t;`);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; user root; pid ${folder}/pid; error_log stderr; events {}
http { access_log off; ${temp.join(' ')} server { listen 127.0.0.1:${port} ${listen}; ${tls} ${body} } }\n`,
    );
  },
  command: ({ folder }) => ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')],
  ready: open,
});

/** `file` answers what is in its file. */
export const haproxyOf = (file: (place: Place) => string): ServerRow => ({
  prepare: (place) => writeFileSync(join(place.folder, 'haproxy.cfg'), file(place)),
  command: ({ folder }) => ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')],
  ready: open,
});

export const haproxy = (bind = ''): ServerRow =>
  haproxyOf(
    ({ port }) => `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend f
  bind 127.0.0.1:${port} ${bind}
  http-request return status 200 content-type text/plain string "from haproxy"
`,
  );

export const named: ServerRow = {
  prepare({ folder, port }) {
    writeFileSync(
      join(folder, 'named.conf'),
      `options { directory "${folder}"; pid-file none; session-keyfile none; listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; }; recursion no; dnssec-validation no; };
controls {};
zone "example.test" { type primary; file "zone"; };\n`,
    );
    const big = Array.from({ length: 40 }, (_, index) => `big TXT "${`${index}`.padEnd(100, 'x')}"`).join('\n');
    writeFileSync(
      join(folder, 'zone'),
      `$TTL 60\n@ SOA ns root 1 60 60 60 60\n@ NS ns\n@ MX 10 mail\nns A 192.0.2.53\nwww A 192.0.2.80\nwww AAAA 2001:db8::80\nmail A 192.0.2.25\nv TXT "ready" " now"\n${big}\n`,
    );
  },
  command: ({ folder }) => ['named', '-g', '-n', '1', '-c', join(folder, 'named.conf')],
  ready: async ({ port }) => (await probe('dns', port, { name: 'example.test' }, 500)).ok,
};

export const exim: ServerRow = {
  prepare({ folder }) {
    mkdirSync(join(folder, 'spool'));
    // It gives up root before it opens its log.
    for (const each of [folder, join(folder, 'spool')]) chmodSync(each, 0o777);
    const { cert, key } = certificate(folder);
    chmodSync(key, 0o644);
    writeFileSync(
      join(folder, 'exim.conf'),
      `spool_directory = ${folder}/spool
log_file_path = ${folder}/log-%s
pid_file_path = ${folder}/pid
primary_hostname = mail.example.test
tls_advertise_hosts = *
tls_certificate = ${cert}
tls_privatekey = ${key}
host_lookup =
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if and{{eq{$auth2}{probe}}{eq{$auth3}{${PASSWORD}}}}}
  server_set_id = $auth2
`,
      { mode: 0o644 },
    );
  },
  command: ({ folder, port }) => ['exim4', '-bdf', '-q1h', '-oX', `127.0.0.1.${port}`, '-C', join(folder, 'exim.conf')],
  ready: async ({ port }) => (await probe('smtp', port)).ok,
};

/** `tls`: on request, or `at once` (implicit, as of port 990). The anonymous are a user whose home is there. */
export const vsftpd = (tls?: 'on request' | 'at once'): ServerRow => ({
  prepare({ folder, port }) {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'pub'));
    chmodSync(join(folder, 'pub'), 0o555);
    const { cert, key } = certificate(folder);
    const secure = `ssl_enable=YES\nallow_anon_ssl=YES\nrsa_cert_file=${cert}\nrsa_private_key_file=${key}\nssl_ciphers=HIGH
implicit_ssl=${tls === 'at once' ? 'YES' : 'NO'}\n`;
    writeFileSync(
      join(folder, 'vsftpd.conf'),
      `listen=YES\nlisten_address=127.0.0.1\nlisten_port=${port}\nbackground=NO\nanonymous_enable=YES\nlocal_enable=NO
ftp_username=daemon\nnopriv_user=nobody\nanon_root=${folder}/pub\nsecure_chroot_dir=${folder}/empty\nseccomp_sandbox=NO\nxferlog_enable=NO\n${tls ? secure : ''}`,
    );
  },
  command: ({ folder }) => ['vsftpd', join(folder, 'vsftpd.conf')],
  ready: tls === 'at once' ? open : async ({ port }) => (await probe('ftp', port)).ok,
});

export const dovecot = (protocol: 'imap' | 'pop3'): ServerRow => ({
  prepare({ folder, port }) {
    const { cert, key } = certificate(folder);
    writeFileSync(join(folder, 'users'), `probe:{PLAIN}${PASSWORD}\n`);
    const other = protocol === 'imap' ? 'imaps' : 'pop3s';
    writeFileSync(
      join(folder, 'dovecot.conf'),
      `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = /dev/stderr
protocols = ${protocol}
listen = 127.0.0.1
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
ssl = yes
ssl_cert = <${cert}
ssl_key = <${key}
disable_plaintext_auth = no
mail_location = maildir:${folder}/mail
service ${protocol}-login {
  chroot =
  inet_listener ${protocol} {
    port = ${port}
  }
  inet_listener ${other} {
    port = 0
  }
}
service anvil {
  chroot =
}
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=${folder}/mail
}
`,
    );
  },
  command: ({ folder }) => ['dovecot', '-F', '-c', join(folder, 'dovecot.conf')],
  ready: async ({ port }) => (await probe(protocol, port)).ok,
});

export const slapd: ServerRow = {
  prepare({ folder }) {
    mkdirSync(join(folder, 'db'));
    const { cert, key } = certificate(folder);
    writeFileSync(
      join(folder, 'slapd.conf'),
      `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/pid
TLSCertificateFile ${cert}
TLSCertificateKeyFile ${key}
database mdb
suffix "dc=test"
rootdn "cn=admin,dc=test"
rootpw ${JSON.stringify(PASSWORD)}
directory ${folder}/db
`,
    );
  },
  command: ({ folder, port }) => [
    'slapd',
    '-d',
    '0',
    '-h',
    `ldap://127.0.0.1:${port}/`,
    '-f',
    join(folder, 'slapd.conf'),
  ],
  ready: async ({ port }) => (await probe('ldap', port)).ok,
};

export const sshd: ServerRow = {
  prepare({ folder, run }) {
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host')]);
    writeFileSync(join(folder, 'sshd_config'), `HostKey ${folder}/host\nPidFile none\nUsePAM no\n`);
  },
  command: ({ folder, port }) => [
    ...['sh', '-c', 'mkdir -p /run/sshd; exec "$@"', 'sh'],
    ...['/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'sshd_config'), '-o', `ListenAddress=127.0.0.1:${port}`],
  ],
  ready: async ({ port }) => (await probe('ssh', port)).ok,
};

const STUB = fileURLToPath(new URL('stub.mjs', import.meta.url));

export const stub = (name: 'mongod' | 'agent' | 'grpc'): ServerRow => ({
  command: ({ port }) => [process.execPath, STUB, name, `${port}`],
  ready: open,
});
