import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { CheckOf } from '../config/checks/index.ts';
import { exchange } from './datagram.ts';
import { bad, type CheckRunner, good } from './kind.ts';
import { readPassword, readSecret } from './secret.ts';

/** RFC 2865 and 5997: code, identifier, length, authenticator, attributes. */
const HEAD = 20;
const MAX_LENGTH = 4096;
const CODE = { accessRequest: 1, accept: 2, reject: 3, challenge: 11, statusServer: 12 };
const ANSWERS: Readonly<Record<number, string>> = { 2: 'accept', 3: 'reject', 11: 'challenge' };
const ATTRIBUTE = { userName: 1, userPassword: 2, nasIdentifier: 32, messageAuthenticator: 80 };

/** One signed request. Answers that are not signed with the secret are nobody's, and are passed over. */
export const probeRadius: CheckRunner<'radius'> = async (target, check, signal) => {
  const secret = Buffer.from(await readSecret(check.secretFile));
  const password = await readPassword(check.passwordFile);
  const request = encodeRequest(check, secret, password);
  let forged = 0;
  const answer = await exchange(target, request, signal, (bytes) => {
    const mine = isSigned(bytes, request, secret);
    if (!mine) forged++;
    return mine;
  });
  const asked = `${check.user === undefined ? 'Status-Server' : 'Access-Request'} to ${answer.where}`;
  if (answer.bytes === null) {
    const why = forged > 0 ? `got ${forged} answers that the secret did not sign` : 'got no answer in time';
    throw bad('response', forged > 0 ? 'not-signed' : 'timeout', `${asked} ${why}`);
  }
  const code = answer.bytes[0] ?? 0;
  const word = ANSWERS[code] ?? `code ${code}`;
  if (code === CODE.accept || check.accept === 'any') return good('match', word, `${asked} answered ${word}`);
  throw bad('match', word, `${asked} answered ${word}`);
};

function encodeRequest({ user, identifier }: CheckOf<'radius'>, secret: Buffer, password: string): Buffer {
  const authenticator = randomBytes(16);
  const login =
    user === undefined
      ? []
      : [
          attribute(ATTRIBUTE.userName, Buffer.from(user)),
          attribute(ATTRIBUTE.userPassword, hide(password, authenticator, secret)),
        ];
  const body = Buffer.concat([
    attribute(ATTRIBUTE.messageAuthenticator, Buffer.alloc(16)),
    ...login,
    attribute(ATTRIBUTE.nasIdentifier, Buffer.from(identifier)),
  ]);
  const head = Buffer.alloc(4);
  head.writeUInt8(user === undefined ? CODE.statusServer : CODE.accessRequest, 0);
  head.writeUInt8(randomInt(256), 1);
  head.writeUInt16BE(HEAD + body.length, 2);
  const packet = Buffer.concat([head, authenticator, body]);
  createHmac('md5', secret)
    .update(packet)
    .digest()
    .copy(packet, HEAD + 2);
  return packet;
}

const attribute = (type: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, Math.min(255, value.length + 2)]), value.subarray(0, 253)]);

/** RFC 2865 5.2: the password in blocks of 16, each mixed with a digest of the secret and the block before. */
function hide(password: string, authenticator: Buffer, secret: Buffer): Buffer {
  const plain = Buffer.alloc(Math.max(16, Math.ceil(Math.min(128, Buffer.byteLength(password)) / 16) * 16));
  plain.write(password);
  const blocks: Buffer[] = [];
  let before = authenticator;
  for (let at = 0; at < plain.length; at += 16) {
    const key = createHash('md5').update(secret).update(before).digest();
    before = Buffer.from(plain.subarray(at, at + 16).map((byte, i) => byte ^ (key[i] ?? 0)));
    blocks.push(before);
  }
  return Buffer.concat(blocks);
}

function isSigned(answer: Buffer, request: Buffer, secret: Buffer): boolean {
  if (answer.length < HEAD || answer.length > MAX_LENGTH || answer[1] !== request[1]) return false;
  const length = answer.readUInt16BE(2);
  if (length < HEAD || length > answer.length) return false;
  const digest = createHash('md5')
    .update(answer.subarray(0, 4))
    .update(request.subarray(4, HEAD))
    .update(answer.subarray(HEAD, length))
    .update(secret)
    .digest();
  return timingSafeEqual(digest, answer.subarray(4, HEAD));
}
