import type { Channel } from './channel.ts';
import { bad, type Ended } from './kind.ts';

/** Packets of MySQL's client/server protocol (dev.mysql.com, "MySQL Internals: Client/Server Protocol"), little endian:
 *
 *      0       1       2       3       4
 *      +-------+-------+-------+-------+----
 *      |     length            |  seq  | payload
 */
const MAX_PACKET = 32 * 1024;

export const notMysql = (asked: string): Ended =>
  bad('response', 'not-mysql', `${asked} answered something that is not MySQL`);

export async function readPacket(channel: Channel, asked: string): Promise<{ sequence: number; payload: Buffer }> {
  const head = await channel.exactly(asked, 4);
  const length = head.readUIntLE(0, 3);
  if (length === 0 || length > MAX_PACKET) throw notMysql(asked);
  return { sequence: head.readUInt8(3), payload: await channel.exactly(asked, length) };
}

export function packet(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head.writeUInt8(sequence & 0xff, 3);
  return Buffer.concat([head, payload]);
}

/** An error packet as an end: `SELECT to 10.0.0.5:3306 answered 1045: Access denied`. */
export function mysqlError(payload: Buffer, asked: string): Ended {
  const code = payload.length >= 3 ? payload.readUInt16LE(1) : 0;
  const text = payload
    .subarray(3)
    .toString('utf8')
    .replace(/^#.{5}/, '')
    .slice(0, 160);
  return bad('match', `error-${code}`, `${asked} answered ${code}: ${text}`);
}

/** Reads fields one after the other; what would reach past the end is no MySQL. */
export class Fields {
  #at = 0;
  constructor(
    readonly bytes: Buffer,
    readonly asked: string,
  ) {}

  take(count: number): Buffer {
    if (count < 0 || this.#at + count > this.bytes.length) throw notMysql(this.asked);
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  /** Text up to a NUL, or to the end where none follows. */
  zeroEnded(): string {
    const end = this.bytes.indexOf(0, this.#at);
    const text = this.take((end < 0 ? this.bytes.length : end) - this.#at).toString('utf8');
    if (end >= 0) this.take(1);
    return text;
  }

  /** Length-encoded text; null is NULL. */
  counted(): string | null {
    const first = this.take(1).readUInt8(0);
    if (first === 0xfb) return null;
    const width = first === 0xfc ? 2 : first === 0xfd ? 3 : first === 0xfe ? 8 : 0;
    if (width === 8) throw notMysql(this.asked);
    return this.take(width === 0 ? first : this.take(width).readUIntLE(0, width)).toString('utf8');
  }

  rest(): Buffer {
    return this.take(this.bytes.length - this.#at);
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }
}
