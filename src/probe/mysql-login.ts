import { constants, createHash, publicEncrypt } from 'node:crypto';
import type { CheckOf } from '../config/checks/index.ts';
import type { Channel } from './channel.ts';
import { bad, type Target } from './kind.ts';
import { Fields, mysqlError, notMysql, packet, readPacket } from './mysql-wire.ts';
import { readPassword } from './secret.ts';
import { speakTls } from './tls.ts';

/** Capability flags (mysql_com.h). */
const CLIENT = { longPassword: 1, withDatabase: 8, protocol41: 0x200, ssl: 0x800, secure: 0x8000, plugins: 0x80000 };
const UTF8 = 45;

export interface Greeting {
  readonly version: string;
  readonly capabilities: number;
  /** 20 random bytes that the password is mixed with. */
  readonly salt: Buffer;
  readonly plugin: string;
}

/** The server's first packet. An error instead (too many connections, this host is blocked) is a bad result. */
export async function readGreeting(channel: Channel): Promise<Greeting> {
  const asked = `greeting of ${channel.where}`;
  const { payload } = await readPacket(channel, asked);
  if (payload[0] === 0xff) throw mysqlError(payload, asked);
  if (payload[0] !== 10) throw notMysql(asked);
  const fields = new Fields(payload.subarray(1), asked);
  const version = fields.zeroEnded().slice(0, 60);
  fields.take(4);
  const first = fields.take(8);
  fields.take(1);
  const low = fields.take(2).readUInt16LE(0);
  fields.take(3);
  const capabilities = low + fields.take(2).readUInt16LE(0) * 0x10000;
  const saltLength = fields.take(1).readUInt8(0);
  fields.take(10);
  const second = fields.take(Math.min(fields.left, Math.max(13, saltLength - 8)));
  return { version, capabilities, salt: Buffer.concat([first, second]).subarray(0, 20), plugin: fields.zeroEnded() };
}

/** Logs in, by TLS if asked for. Answers what there is to say about the certificate. */
export async function logIn(
  channel: Channel,
  target: Target,
  check: CheckOf<'mysql'>,
  greeting: Greeting,
): Promise<string> {
  const asked = `login at ${channel.where}`;
  const { user = '', database, tls } = check;
  const password = await readPassword(check.passwordFile);
  const flags =
    CLIENT.longPassword |
    CLIENT.protocol41 |
    CLIENT.secure |
    CLIENT.plugins |
    (tls ? CLIENT.ssl : 0) |
    (database === undefined ? 0 : CLIENT.withDatabase);
  const head = Buffer.alloc(32);
  head.writeUInt32LE(flags, 0);
  head.writeUInt32LE(0x1000000, 4);
  head.writeUInt8(UTF8, 8);
  let sequence = 1;
  let note = '';
  if (tls) {
    if ((greeting.capabilities & CLIENT.ssl) === 0)
      throw bad('connect', 'no-tls', `${channel.where} does not offer TLS`);
    channel.send(packet(sequence++, head));
    note = await speakTls(channel, target, tls);
  }
  const proof = scramble(greeting.plugin, password, greeting.salt) ?? Buffer.alloc(0);
  const zero = Buffer.from([0]);
  channel.send(
    packet(
      sequence,
      Buffer.concat([
        head,
        Buffer.from(user),
        zero,
        Buffer.from([proof.length]),
        proof,
        ...(database === undefined ? [] : [Buffer.from(database), zero]),
        Buffer.from(greeting.plugin),
        zero,
      ]),
    ),
  );
  await beLetIn(channel, asked, password, greeting, tls !== undefined);
  return note;
}

/** What a server may ask before it lets anybody in: another plugin, or with caching_sha2_password the password itself. */
async function beLetIn(
  channel: Channel,
  asked: string,
  password: string,
  greeting: Greeting,
  safe: boolean,
): Promise<void> {
  let { salt } = greeting;
  for (let turn = 0; turn < 5; turn++) {
    const { sequence, payload } = await readPacket(channel, asked);
    const answer = (bytes: Buffer): void => channel.send(packet(sequence + 1, bytes));
    const secret = Buffer.from(`${password}\0`);
    switch (payload[0]) {
      case 0x00:
        return;
      case 0xff:
        throw mysqlError(payload, asked);
      case 0xfe: {
        const fields = new Fields(payload.subarray(1), asked);
        const plugin = fields.zeroEnded();
        salt = fields.rest().subarray(0, 20);
        const proof = scramble(plugin, password, salt);
        if (proof === null) throw bad('match', 'no-plugin', `${asked} wants ${plugin}, which is not known here`);
        answer(proof);
        break;
      }
      case 0x01:
        // 3: the server remembered the password, an OK follows. 4: it needs it whole. Else: its public key.
        if (payload[1] === 3) break;
        if (payload[1] === 4) answer(safe ? secret : Buffer.from([2]));
        else answer(sealed(payload.subarray(1), secret, salt, asked));
        break;
      default:
        throw notMysql(asked);
    }
  }
  throw notMysql(asked);
}

const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i % b.length] ?? 0)));
const hash = (kind: 'sha1' | 'sha256', ...parts: readonly Buffer[]): Buffer => {
  const digest = createHash(kind);
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** The proof that the password is known; null for a plugin that is not known here. */
function scramble(plugin: string, password: string, salt: Buffer): Buffer | null {
  if (plugin !== 'mysql_native_password' && plugin !== 'caching_sha2_password') return null;
  if (password === '') return Buffer.alloc(0);
  const kind = plugin === 'mysql_native_password' ? 'sha1' : 'sha256';
  const once = hash(kind, Buffer.from(password));
  const twice = hash(kind, once);
  return xor(once, kind === 'sha1' ? hash(kind, salt, twice) : hash(kind, twice, salt));
}

function sealed(key: Buffer, secret: Buffer, salt: Buffer, asked: string): Buffer {
  try {
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, xor(secret, salt));
  } catch {
    throw notMysql(asked);
  }
}
