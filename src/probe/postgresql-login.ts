import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Channel } from './channel.ts';
import { bad } from './kind.ts';
import { message, notPostgresql, postgresqlError, readMessage, zeroEnded } from './postgresql-wire.ts';

/** Kinds of authentication (documentation, "AuthenticationOk" and the messages after it). */
const AUTH = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 };
/** More rounds than this would be an attack on us; so many take some 50 ms, for which nobody here should wait. */
const MAX_ROUNDS = 100_000;
const derive = promisify(pbkdf2);

/** Answers the server's questions until it says that the user is in and it is ready. */
export async function beLetIn(channel: Channel, user: string, password: string): Promise<void> {
  const asked = `login at ${channel.where}`;
  let scram: Scram | undefined;
  for (let turn = 0; turn < 100; turn++) {
    const { letter, body } = await readMessage(channel, asked);
    if (letter === 'E') throw postgresqlError(body, asked);
    if (letter === 'Z') return;
    if (letter !== 'R') {
      // Parameters, notices, the key for cancelling.
      if ('SNK'.includes(letter)) continue;
      throw notPostgresql(asked);
    }
    if (body.length < 4) throw notPostgresql(asked);
    const rest = body.subarray(4);
    const answer = (bytes: Buffer): void => channel.send(message('p', bytes));
    switch (body.readUInt32BE(0)) {
      case AUTH.ok:
        break;
      case AUTH.cleartext:
        answer(zeroEnded(password));
        break;
      case AUTH.md5:
        answer(
          zeroEnded(`md5${md5(Buffer.concat([Buffer.from(md5(Buffer.from(password + user))), rest.subarray(0, 4)]))}`),
        );
        break;
      case AUTH.sasl: {
        if (!rest.toString('latin1').split('\0').includes('SCRAM-SHA-256')) throw noWay(asked, 'a SASL mechanism');
        scram = new Scram(password, asked);
        const first = Buffer.from(scram.first);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(first.length);
        answer(Buffer.concat([zeroEnded('SCRAM-SHA-256'), length, first]));
        break;
      }
      case AUTH.saslContinue:
        answer(Buffer.from(await (scram ?? notAsked(asked)).final(rest.toString('utf8'))));
        break;
      case AUTH.saslFinal:
        (scram ?? notAsked(asked)).verify(rest.toString('utf8'));
        break;
      default:
        throw noWay(asked, `authentication ${body.readUInt32BE(0)}`);
    }
  }
  throw notPostgresql(asked);
}

const noWay = (asked: string, what: string) =>
  bad('match', 'no-plugin', `${asked} wants ${what} that is not known here`);
const notAsked = (asked: string): never => {
  throw notPostgresql(asked);
};
const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

/** SCRAM-SHA-256 (RFC 7677, RFC 5802) without channel binding. */
class Scram {
  readonly #nonce = randomBytes(18).toString('base64');
  readonly #password: string;
  readonly #asked: string;
  #signature = '';

  constructor(password: string, asked: string) {
    this.#password = password;
    this.#asked = asked;
  }

  get first(): string {
    return `n,,${this.#bare}`;
  }

  get #bare(): string {
    return `n=,r=${this.#nonce}`;
  }

  async final(serverFirst: string): Promise<string> {
    const [, nonce = '', salt = '', rounds = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
    const count = Number(rounds);
    if (!nonce.startsWith(this.#nonce) || !(count >= 1 && count <= MAX_ROUNDS)) throw notPostgresql(this.#asked);
    const salted = await derive(this.#password.normalize('NFKC'), Buffer.from(salt, 'base64'), count, 32, 'sha256');
    const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
    const clientKey = hmac(salted, 'Client Key');
    const stored = createHash('sha256').update(clientKey).digest();
    const without = `c=biws,r=${nonce}`;
    const all = `${this.#bare},${serverFirst},${without}`;
    const proof = hmac(stored, all).map((byte, i) => byte ^ (clientKey[i] ?? 0));
    this.#signature = hmac(hmac(salted, 'Server Key'), all).toString('base64');
    return `${without},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** The server must know the password as well. */
  verify(serverFinal: string): void {
    if (!serverFinal.startsWith(`v=${this.#signature}`))
      throw bad('match', 'impostor', `${this.#asked} was signed by a server that does not know the password`);
  }
}
