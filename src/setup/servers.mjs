import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackClosureInto } from './apt.mjs';
import { CACHE } from './system.mjs';

/** The real servers that health checks are tried on. Nothing of it is installed, no service starts: the tests lay the folder
 *  over the machine's in a mount namespace of their own. */

const FOLDER = join(CACHE, 'servers');
const STAMP = join(FOLDER, 'packages.sha256');

const PACKAGES = ['redis-server', 'redis-sentinel', 'memcached', 'mariadb-server', 'postgresql-15', 'freeradius'];

const wanted = createHash('sha256').update(PACKAGES.join()).digest('hex');

export const serversMissing = () =>
  !(existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) && `${PACKAGES.join(', ')} are to be checked`;

export async function unpackServers() {
  // What an interruption leaves must not look whole.
  rmSync(`${FOLDER}.part`, { recursive: true, force: true });
  await unpackClosureInto(`${FOLDER}.part`, PACKAGES);
  writeFileSync(join(`${FOLDER}.part`, 'packages.sha256'), wanted);
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(`${FOLDER}.part`, FOLDER);
}
