import type { Channel } from './channel.ts';
import { type HeaderLine, type HttpAnswer, type HttpRequest, MAX_HEADER_BYTES } from './http-exchange.ts';
import { bad } from './kind.ts';

/** HTTP/1.0 (RFC 1945), which Node.js does not speak as a client. */
export async function speakHttp10(
  channel: Channel,
  { method, path, headers, body }: HttpRequest,
  asked: string,
): Promise<HttpAnswer> {
  const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  channel.send(`${method} ${path} HTTP/1.0\r\n${sent.join('')}\r\n${body ?? ''}`);
  const first = await channel.line(asked, 1024);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw bad('response', 'not-http', `${asked} answered something that is not HTTP/1.0`);
  const lines = await headerLines(channel, asked);
  const said = lines.findLast(([name]) => name === 'content-length')?.[1] ?? '';
  const length = /^\d{1,15}$/.test(said) ? Number(said) : null;
  const bare = method === 'HEAD' || /^(1..|204|304)$/.test(status);
  return { status: Number(status), lines, body: bodyOf(channel, asked, bare ? 0 : length) };
}

async function headerLines(channel: Channel, asked: string): Promise<HeaderLine[]> {
  const lines: HeaderLine[] = [];
  for (let left = MAX_HEADER_BYTES; left > 0; ) {
    const line = await channel.line(asked, left);
    if (line === '') return lines;
    const colon = line.indexOf(':');
    if (colon > 0) lines.push([line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
    left -= line.length + 1;
  }
  throw bad('response', 'not-http', `${asked} answered more than ${MAX_HEADER_BYTES} bytes of headers`);
}

/** `length` null: it ends with the connection. */
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
