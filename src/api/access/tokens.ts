import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { GIVEN_ROLES, type GivenRole } from '../../model/role.ts';
import type { Caller } from '../handlers/parts.ts';

/** Tokens are 256 bits of chance, so nobody finds one by trying, however fast its hash is: SHA-256 protects the file as well as
 *  scrypt would, which is made for what people can remember and would cost each request 50 ms. The salt keeps two files from
 *  telling that they hold the same token. */

export interface TokenRow {
  readonly name: string;
  readonly role: GivenRole;
  /** Hexadecimal. */
  readonly salt: string;
  readonly hash: string;
  /** Day it was made, such as 2026-11-29. */
  readonly made: string;
}

const PREFIX = 'fairlead_';
export const TOKEN_FORM = /^fairlead_[A-Za-z0-9_-]{43}$/;
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const LINE = /^(\S+) (\S+) sha256:([0-9a-f]{32}):([0-9a-f]{64}) (\d{4}-\d\d-\d\d)$/;
/** More is no list of tokens. */
const LARGEST_FILE = 1024 * 1024;

const hashOf = (salt: string, token: string): Buffer =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(token).digest();

/** A new token, which is told once, and the row that knows it again. */
export function makeToken(name: string, role: GivenRole, made: string): { token: string; row: TokenRow } {
  const token = PREFIX + randomBytes(32).toString('base64url');
  const salt = randomBytes(16).toString('hex');
  return { token, row: { name, role, salt, hash: hashOf(salt, token).toString('hex'), made } };
}

export const renderTokens = (rows: readonly TokenRow[]): string =>
  `# Tokens of the admin API, by \`fairlead token\`: NAME ROLE sha256:SALT:HASH DAY\n${rows
    .map(({ name, role, salt, hash, made }) => `${name} ${role} sha256:${salt}:${hash} ${made}\n`)
    .join('')}`;

/** Throws an Error that names the line. */
export function parseTokens(text: string): TokenRow[] {
  const rows = text.split('\n').flatMap((line, index): TokenRow[] => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [, name = '', role = '', salt = '', hash = '', made = ''] = LINE.exec(line) ?? [];
    if (!TOKEN_NAME.test(name) || !(GIVEN_ROLES as readonly string[]).includes(role))
      throw new Error(`line ${index + 1} is not NAME ROLE sha256:SALT:HASH DAY`);
    return [{ name, role: role as GivenRole, salt, hash, made }];
  });
  const twice = rows.find(({ name }, index) => rows.findIndex((row) => row.name === name) < index);
  if (twice) throw new Error(`${twice.name} is there twice`);
  return rows;
}

/** Reads a file of tokens; one that is not there holds none. Throws an Error for a file that others may read or change. */
export function readTokens(path: string): TokenRow[] {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    const { mode, uid, size } = stats;
    if (!stats.isFile()) throw new Error('it is no file');
    if ((mode & 0o077) !== 0)
      throw new Error(`expected mode 0600, got 0${(mode & 0o777).toString(8)}: \`chmod 600 ${path}\``);
    if (uid !== 0 && uid !== process.geteuid?.()) throw new Error(`it belongs to uid ${uid}: \`chown root ${path}\``);
    if (size > LARGEST_FILE) throw new Error(`it has ${size} bytes`);
    return parseTokens(readFileSync(fd, 'utf8'));
  } finally {
    closeSync(fd);
  }
}

/** Knows tokens by a file, as it is at the time of asking: a token that is taken out of it is worth nothing from then on. */
export class Tokens {
  readonly #path: () => string;
  readonly #onProblem: (text: string) => void;
  #version = '';
  #rows: readonly TokenRow[] = [];

  constructor(path: () => string, onProblem: (text: string) => void) {
    this.#path = path;
    this.#onProblem = onProblem;
  }

  /** Whose token it is; undefined when nobody's. Takes as long whichever row it is. */
  callerOf(token: string): Caller | undefined {
    if (!TOKEN_FORM.test(token)) return undefined;
    let found: TokenRow | undefined;
    for (const row of this.#current()) {
      if (timingSafeEqual(hashOf(row.salt, token), Buffer.from(row.hash, 'hex'))) found = row;
    }
    return found && { name: `token ${found.name}`, role: found.role };
  }

  #current(): readonly TokenRow[] {
    const path = this.#path();
    const version = versionOf(path);
    if (version === this.#version) return this.#rows;
    this.#version = version;
    try {
      this.#rows = readTokens(path);
    } catch (error) {
      // What cannot be trusted lets nobody in.
      this.#rows = [];
      this.#onProblem(`no token is believed: ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return this.#rows;
  }
}

function versionOf(path: string): string {
  try {
    const { dev, ino, size, mode, uid, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [path, dev, ino, size, mode, uid, mtimeNs, ctimeNs].join();
  } catch (error) {
    return `${path},${(error as NodeJS.ErrnoException).code}`;
  }
}
