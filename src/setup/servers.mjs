import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackClosureInto } from './apt.mjs';
import { CACHE } from './system.mjs';

/** The real servers that health checks are tried on. Nothing of it is installed, no service starts: the tests lay the folder
 *  over the machine's in a mount namespace of their own. */

const FOLDER = join(CACHE, 'servers');
const STAMP = join(FOLDER, 'packages.sha256');

export const PACKAGES = [
  ...['redis-server', 'redis-sentinel', 'memcached', 'mariadb-server', 'postgresql-15', 'freeradius'],
  ...['nginx-light', 'haproxy', 'bind9', 'exim4-daemon-light', 'vsftpd', 'dovecot-imapd', 'dovecot-pop3d', 'slapd'],
  'openssh-server',
];

const wanted = createHash('sha256').update(PACKAGES.join()).digest('hex');

export const serversMissing = () =>
  !(existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) && `${PACKAGES.join(', ')} are to be checked`;

export async function unpackServers() {
  // What an interruption leaves must not look whole.
  rmSync(`${FOLDER}.part`, { recursive: true, force: true });
  await unpackClosureInto(`${FOLDER}.part`, PACKAGES);
  addUsers(`${FOLDER}.part`);
  writeFileSync(join(`${FOLDER}.part`, 'packages.sha256'), wanted);
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(`${FOLDER}.part`, FOLDER);
}

/** Users that installing would have made and without which these programs do not start; this machine gets none of them.
 *  @param {string} folder */
export function addUsers(folder) {
  const add = (/** @type {string} */ file, /** @type {string[]} */ lines) => {
    const present = readFileSync(`/etc/${file}`, 'utf8');
    const missing = lines.filter((line) => !present.includes(`\n${line.split(':')[0]}:`));
    writeFileSync(join(folder, 'etc', file), `${present.trimEnd()}\n${missing.join('\n')}\n`);
  };
  add('passwd', [
    'Debian-exim:x:64001:64001::/nonexistent:/usr/sbin/nologin',
    'sshd:x:64002:65534::/run/sshd:/usr/sbin/nologin',
  ]);
  add('group', ['Debian-exim:x:64001:']);
}
