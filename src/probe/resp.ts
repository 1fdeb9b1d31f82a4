import type { Channel } from './channel.ts';
import { bad } from './kind.ts';

/** Redis' protocol, version 2 (redis.io/docs/reference/protocol-spec), as far as checks need it. */
export type Reply = string | number | null | RedisError | readonly Reply[];

/** What the server answered in place of a value: `NOAUTH Authentication required.` */
export class RedisError {
  constructor(readonly text: string) {}
}

const MAX_ITEMS = 1024;
const MAX_DEPTH = 4;

export const command = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

export async function readReply(channel: Channel, asked: string, depth = 0): Promise<Reply> {
  const line = await channel.line(asked);
  const rest = line.slice(1);
  switch (line[0]) {
    case '+':
      return rest;
    case '-':
      return new RedisError(rest.slice(0, 200));
    case ':':
      return size(rest, asked);
    case '$': {
      const length = size(rest, asked);
      if (length < 0) return null;
      const bytes = await channel.exactly(asked, length + 2);
      return bytes.subarray(0, length).toString('utf8');
    }
    case '*': {
      const count = size(rest, asked);
      if (count > MAX_ITEMS || depth >= MAX_DEPTH) throw notRedis(asked);
      const items: Reply[] = [];
      for (let i = 0; i < count; i++) items.push(await readReply(channel, asked, depth + 1));
      return count < 0 ? null : items;
    }
    default:
      throw notRedis(asked);
  }
}

const notRedis = (asked: string) => bad('response', 'not-redis', `${asked} answered something that is not Redis`);

function size(text: string, asked: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw notRedis(asked);
  return Number(text);
}
