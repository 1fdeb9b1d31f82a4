import type { ServerHttp2Stream } from 'node:http2';
import { http2Server } from './http2.ts';

/** A gRPC server written from its documents (doc/PROTOCOL-HTTP2.md, doc/health-checking.md), which shares nothing with the
 *  check that asks it. */

const STATES = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;
export type ServingState = keyof typeof STATES;

/** Says of each service how it is; '' is the whole server. */
export const grpcHealth = (services: Readonly<Record<string, ServingState>>): Promise<number> =>
  http2Server((stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      if (headers[':path'] !== '/grpc.health.v1.Health/Check') return refuse(stream, 12, 'unknown method');
      const request = Buffer.concat(parts);
      if (headers.te !== 'trailers' || request.readUInt32BE(1) !== request.length - 5)
        return refuse(stream, 13, 'broken');
      // Field 1, a string: its tag, its length (of one byte here), its text.
      const message = request.subarray(5);
      const state = services[message.length === 0 ? '' : message.subarray(2).toString()];
      if (state === undefined) return refuse(stream, 5, 'unknown service');
      answer(stream, STATES[state] === 0 ? Buffer.alloc(0) : Buffer.from([0x08, STATES[state]]));
    });
  });

/** Headers, the message in its frame, and trailers. */
export function answer(stream: ServerHttp2Stream, message: Buffer, compressed = 0): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  const prefix = Buffer.from([compressed, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  // In two pieces: nothing says that a message comes in one.
  stream.write(prefix);
  stream.end(message);
}

/** Trailers alone. */
const refuse = (stream: ServerHttp2Stream, code: number, text: string): void =>
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': `${code}`, 'grpc-message': text },
    { endStream: true },
  );
