import { decodeDocument, encodeDocument } from './bson.ts';
import { Channel } from './channel.ts';
import { bad, type CheckRunner, good } from './kind.ts';
import { speakTls } from './tls.ts';

/** OP_MSG (MongoDB wire protocol): length, request id, response to, opcode, flags, one section of kind 0. */
const OP_MSG = 2013;
const HEAD = 16;
const MAX_MESSAGE = 48 * 1024;
const REQUEST_ID = 1;

/** `hello`, which needs no login. */
export const probeMongodb: CheckRunner<'mongodb'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const note = check.tls ? await speakTls(channel, target, check.tls) : '';
  const asked = `hello to ${channel.where}`;
  channel.send(encodeHello());
  const head = await channel.exactly(asked, HEAD);
  const length = head.readInt32LE(0);
  const notMongodb = bad('response', 'not-mongodb', `${asked} answered something that is not MongoDB`);
  if (head.readInt32LE(12) !== OP_MSG || head.readInt32LE(8) !== REQUEST_ID) throw notMongodb;
  if (length < HEAD + 5 || length > MAX_MESSAGE) throw notMongodb;
  const body = await channel.exactly(asked, length - HEAD);
  const answer = body[4] === 0 ? decodeDocument(body.subarray(5)) : null;
  if (answer === null) throw notMongodb;
  if (answer.get('ok') !== 1)
    throw bad(
      'match',
      `error-${String(answer.get('code') ?? 0)}`,
      `${asked} answered ${String(answer.get('errmsg') ?? 'no').slice(0, 160)}`,
    );
  const role =
    answer.get('isWritablePrimary') === true ? 'primary' : answer.get('secondary') === true ? 'secondary' : 'neither';
  if (check.role !== 'any' && check.role !== role)
    throw bad(
      'match',
      `role-${role}`,
      `${asked} answered ${role === 'neither' ? 'neither primary nor secondary' : role} and not ${check.role}`,
    );
  return good('match', 'hello', `${asked} answered ok${role === 'neither' ? '' : `, is ${role}`}${note}`);
};

function encodeHello(): Buffer {
  const document = encodeDocument({ hello: 1, $db: 'admin' });
  const head = Buffer.alloc(HEAD + 5);
  head.writeInt32LE(HEAD + 5 + document.length, 0);
  head.writeInt32LE(REQUEST_ID, 4);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, document]);
}
