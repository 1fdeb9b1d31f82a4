import { type IncomingMessage, request as send } from 'node:http';
import type { Channel } from './channel.ts';
import {
  type HeaderLine,
  type HttpAnswer,
  type HttpRequest,
  MAX_HEADER_BYTES,
  notHttp,
  TOO_LONG,
} from './http-exchange.ts';

/** At least so much is a head, whatever else is in it. */
const LEAST_HEAD = 'HTTP/1.1 100\r\n\r\n'.length;

export const speakHttp11 = (
  channel: Channel,
  { method, path, headers, body }: HttpRequest,
  asked: string,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const sent = send({
      createConnection: () => channel.handOver(),
      path,
      method,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers,
    });
    // It is read from only once somebody listens.
    sent.once('socket', (socket) => socket.resume());
    sent.on('error', reject);
    // Node.js limits each head, and not how many interim ones (1xx) a server may send.
    let left = MAX_HEADER_BYTES;
    sent.on('information', ({ statusMessage, rawHeaders }) => {
      left -= LEAST_HEAD + statusMessage.length + rawHeaders.join(': ').length;
      if (left < 0) reject(notHttp(asked, TOO_LONG));
    });
    sent.once('response', (response: IncomingMessage) => {
      response.on('error', reject);
      resolve({ status: response.statusCode ?? 0, lines: linesOf(response), body: response });
    });
    sent.end(body);
  });

/** Node.js lists names and values by turns. */
const linesOf = ({ rawHeaders }: IncomingMessage): HeaderLine[] =>
  rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? '']] : []));
