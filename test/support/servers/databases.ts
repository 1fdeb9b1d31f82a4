import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe } from '../probe/ask.ts';
import type { Place, ServerRow } from './server.ts';

/** Databases, each with what a test needs to know of it. */

export const PASSWORD = 'correct horse';

export const redis = (...more: readonly string[]): ServerRow => ({
  command: ({ port, folder }) => [
    'redis-server',
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    ...more,
  ],
  ready: async ({ port }) => (await probe('tcp', port)).ok,
});

export const sentinel = (master: string, of: () => number): ServerRow => ({
  prepare: ({ folder, port }) =>
    writeFileSync(
      join(folder, 'sentinel.conf'),
      `port ${port}\nbind 127.0.0.1\nsentinel monitor ${master} 127.0.0.1 ${of()} 1\n`,
    ),
  command: ({ folder }) => ['redis-sentinel', join(folder, 'sentinel.conf')],
  ready: async ({ port }) => (await probe('tcp', port)).ok,
});

export const memcached: ServerRow = {
  command: ({ port }) => ['memcached', '-u', 'root', '-l', '127.0.0.1', '-p', `${port}`, '-m', '8'],
  ready: async ({ port }) => (await probe('tcp', port)).ok,
};

const mariadbArguments = ({ folder, port }: Place): string[] => [
  '--no-defaults',
  '--user=root',
  `--datadir=${join(folder, 'data')}`,
  `--socket=${join(folder, 'socket')}`,
  `--pid-file=${join(folder, 'pid')}`,
  `--port=${port}`,
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--innodb-buffer-pool-size=8M',
  '--innodb-log-file-size=4M',
];

/** Asks the database through its socket. */
export const sql = ({ run, folder }: Place, text: string): string =>
  run(['mariadb', '--no-defaults', '-u', 'root', `--socket=${join(folder, 'socket')}`, '-N', '-e', text]);

export const mariadb = (...more: readonly string[]): ServerRow => ({
  prepare({ run, folder }) {
    run([
      'mariadb-install-db',
      '--no-defaults',
      '--user=root',
      `--datadir=${join(folder, 'data')}`,
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
    ]);
  },
  command: (place) => ['mariadbd', ...mariadbArguments(place), ...more],
  async ready(place) {
    sql(place, 'SELECT 1');
    return true;
  },
});

const POSTGRESQL = '/usr/lib/postgresql/15/bin';

export const psql = ({ run, folder, port }: Place, text: string): string =>
  run([`${POSTGRESQL}/psql`, '-h', folder, '-p', `${port}`, '-U', 'postgres', '-tAc', text]);

const postgresCommand = ({ folder, port }: Place): string[] => [
  `${POSTGRESQL}/postgres`,
  '-D',
  join(folder, 'data'),
  '-k',
  folder,
  '-h',
  '127.0.0.1',
  '-p',
  `${port}`,
  '-c',
  'fsync=off',
  '-c',
  'shared_buffers=1MB',
  '-c',
  'wal_level=replica',
];

export const postgresql = (authentication: string, encryption = authentication): ServerRow => ({
  user: 'nobody',
  prepare({ run, folder }) {
    const data = join(folder, 'data');
    run([`${POSTGRESQL}/initdb`, '-D', data, '-U', 'postgres', '-A', 'trust', '--no-locale', '-N']);
    const rules = `local all all trust\nlocal replication all trust\nhost replication all 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 ${authentication}\n`;
    run(['sh', '-c', `cat > ${data}/pg_hba.conf`], rules);
    if (encryption === 'md5') run(['sh', '-c', `echo "password_encryption = md5" >> ${data}/postgresql.conf`]);
  },
  command: postgresCommand,
  async ready(place) {
    psql(place, 'SELECT 1');
    return true;
  },
});

export const standbyOf = (primary: () => Place): ServerRow => ({
  user: 'nobody',
  prepare({ run, folder }) {
    run([
      `${POSTGRESQL}/pg_basebackup`,
      '-h',
      '127.0.0.1',
      '-p',
      `${primary().port}`,
      '-U',
      'postgres',
      '-D',
      join(folder, 'data'),
      '-R',
      '-c',
      'fast',
      '-X',
      'stream',
    ]);
  },
  command: postgresCommand,
  async ready(place) {
    psql(place, 'SELECT 1');
    return true;
  },
});

export const SECRET = 'testing123';

export const freeradius: ServerRow = {
  prepare({ folder, port }) {
    mkdirSync(join(folder, 'log'));
    writeFileSync(
      join(folder, 'radiusd.conf'),
      `prefix = /usr
logdir = ${folder}/log
raddbdir = ${folder}
libdir = /usr/lib/freeradius
run_dir = ${folder}
pidfile = ${folder}/pid
security {
  status_server = yes
}
client test {
  ipaddr = 127.0.0.1
  secret = ${SECRET}
}
modules {
  pap {
  }
  files {
    usersfile = ${folder}/users
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
`,
    );
    writeFileSync(join(folder, 'users'), `probe Cleartext-Password := "${PASSWORD}"\n`);
  },
  command: ({ folder }) => [
    'freeradius',
    '-f',
    '-l',
    'stdout',
    '-d',
    folder,
    '-n',
    'radiusd',
    '-D',
    '/usr/share/freeradius',
  ],
  ready: async ({ port, folder }) => {
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, SECRET, { mode: 0o600 });
    return (await probe('radius', port, { secretFile }, 500)).ok;
  },
};
