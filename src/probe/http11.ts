import { type IncomingMessage, request as send } from 'node:http';
import type { Channel } from './channel.ts';
import { type HttpAnswer, type HttpRequest, MAX_HEADER_BYTES } from './http-exchange.ts';

export const speakHttp11 = (channel: Channel, { method, path, headers, body }: HttpRequest): Promise<HttpAnswer> =>
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
    sent.once('response', (response: IncomingMessage) => {
      response.on('error', reject);
      resolve({ status: response.statusCode ?? 0, body: response });
    });
    sent.end(body);
  });
