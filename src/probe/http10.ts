import type { Channel } from './channel.ts';
import { type HttpAnswer, type HttpRequest, MAX_HEADER_BYTES } from './http-exchange.ts';
import { bad } from './kind.ts';

/** HTTP/1.0 (RFC 1945), which Node.js does not speak as a client. */
export async function speakHttp10(
  channel: Channel,
  { method, path, headers, body }: HttpRequest,
  asked: string,
): Promise<HttpAnswer> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  channel.send(`${method} ${path} HTTP/1.0\r\n${lines.join('')}\r\n${body ?? ''}`);
  const first = await channel.line(asked, 1024);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw bad('response', 'not-http', `${asked} answered something that is not HTTP/1.0`);
  const length = await contentLength(channel, asked);
  const bare = method === 'HEAD' || /^(1..|204|304)$/.test(status);
  return { status: Number(status), body: bodyOf(channel, asked, bare ? 0 : length) };
}

/** Passes the headers over; null: the body ends with the connection. */
async function contentLength(channel: Channel, asked: string): Promise<number | null> {
  let length: number | null = null;
  for (let left = MAX_HEADER_BYTES; left > 0; ) {
    const line = await channel.line(asked, left);
    if (line === '') return length;
    const said = /^content-length:\s*(\d{1,15})\s*$/i.exec(line)?.[1];
    if (said !== undefined) length = Number(said);
    left -= line.length + 1;
  }
  throw bad('response', 'not-http', `${asked} answered more than ${MAX_HEADER_BYTES} bytes of headers`);
}

async function* bodyOf(channel: Channel, asked: string, length: number | null): AsyncGenerator<Buffer> {
  let left = length ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const part = await channel.part(asked);
    if (part.length === 0 && length === null) return;
    if (part.length === 0) throw bad('response', 'ended', `${asked} ended before the whole answer was there`);
    yield part.subarray(0, Math.min(left, part.length));
    left -= part.length;
  }
}
