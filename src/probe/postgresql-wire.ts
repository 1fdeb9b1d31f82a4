import type { Channel } from './channel.ts';
import { bad, type Ended } from './kind.ts';

/** Messages of PostgreSQL's protocol 3.0 (documentation, "Message Formats"), big endian: one letter, the length including
 *  itself, the body. Requests before the login have no letter. */
const MAX_BODY = 32 * 1024;

export const notPostgresql = (asked: string): Ended =>
  bad('response', 'not-postgresql', `${asked} answered something that is not PostgreSQL`);

export interface Message {
  readonly letter: string;
  readonly body: Buffer;
}

export async function readMessage(channel: Channel, asked: string): Promise<Message> {
  const head = await channel.exactly(asked, 5);
  const length = head.readUInt32BE(1);
  if (length < 4 || length > MAX_BODY) throw notPostgresql(asked);
  return { letter: String.fromCharCode(head[0] ?? 0), body: await channel.exactly(asked, length - 4) };
}

export function message(letter: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(letter, 'latin1'), length, body]);
}

export const zeroEnded = (text: string): Buffer => Buffer.from(`${text}\0`);

/** 16-bit halves of the request codes (pqcomm.h): protocol 3.0, and SSLRequest. */
export const PROTOCOL_3 = 0x00030000;
export const SSL_REQUEST = 80877103;

export function request(code: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(code);
  return message('', Buffer.concat([number, body]));
}

/** Fields of an ErrorResponse by their letter: C is the SQLSTATE, M the text. */
export function errorFields(body: Buffer): ReadonlyMap<string, string> {
  return new Map(
    body
      .toString('utf8')
      .split('\0')
      .filter(Boolean)
      .map((field) => [field.charAt(0), field.slice(1, 200)] as const),
  );
}

export function postgresqlError(body: Buffer, asked: string): Ended {
  const fields = errorFields(body);
  const state = fields.get('C') ?? 'unknown';
  return bad('match', `error-${state.toLowerCase()}`, `${asked} answered ${state}: ${fields.get('M') ?? ''}`);
}
