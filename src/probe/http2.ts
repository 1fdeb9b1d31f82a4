import { type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import type { TlsSettings } from '../config/checks/tls.ts';
import type { Channel } from './channel.ts';
import { type HeaderLine, type HttpAnswer, type HttpRequest, MAX_HEADER_BYTES } from './http-exchange.ts';
import { streamOf } from './http2-stream.ts';
import { bad, type Target } from './kind.ts';
import { speakTls } from './tls.ts';

export interface Http2Answer extends HttpAnswer {
  readonly headers: IncomingHttpHeaders;
  /** Complete once the body has ended. */
  readonly trailers: IncomingHttpHeaders;
}

/** Of a connection and not of a request: HTTP/2 forbids them (RFC 9113 8.2.2). */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  ...['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'http2-settings', 'host'],
]);

const SETTINGS = { enablePush: false, maxHeaderListSize: MAX_HEADER_BYTES, initialWindowSize: 65_535 };

/** TLS in which the server agrees to HTTP/2; answers what there is to say of the certificate. */
export async function speakHttp2Tls(channel: Channel, target: Target, tls: TlsSettings): Promise<string> {
  const note = await speakTls(channel, target, tls, { ALPNProtocols: ['h2'] });
  if (channel.agreed !== 'h2')
    throw bad('connect', 'no-common-protocol', `TLS with ${channel.where} did not agree on HTTP/2`);
  return note;
}

/** One request over HTTP/2, which the server expects (prior knowledge) or agreed to in TLS. */
export function speakHttp2(channel: Channel, request: HttpRequest, asked: string): Promise<Http2Answer> {
  const { method, path, headers, body, secure } = request;
  const session = connect('http://server.invalid', {
    createConnection: () => streamOf(channel, asked),
    settings: SETTINGS,
    // In megabytes.
    maxSessionMemory: 1,
  });
  return new Promise<Http2Answer>((resolve, reject) => {
    session.on('error', reject);
    session.on('goaway', (code: number) => {
      if (code !== constants.NGHTTP2_NO_ERROR)
        reject(bad('response', 'goaway', `${asked} was answered with GOAWAY, ${errorName(code)}`));
    });
    const stream = session.request(
      {
        ...Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name))),
        ':method': method,
        ':path': path,
        ':scheme': secure ? 'https' : 'http',
        ':authority': headers.host ?? channel.where,
      },
      { endStream: body === undefined },
    );
    stream.on('error', (error) => reject('code' in error && error.code === RESET ? resetError(stream, asked) : error));
    stream.on('close', () => reject(resetError(stream, asked)));
    const trailers: IncomingHttpHeaders = {};
    stream.on('trailers', (more) => Object.assign(trailers, more));
    stream.once('response', (head) =>
      resolve({
        status: Number(head[':status']),
        headers: head,
        lines: linesOf(head),
        trailers,
        body: bodyOf(stream, asked),
      }),
    );
    if (body !== undefined) stream.end(body);
  });
}

/** Node.js has joined those of one name already; pseudo-headers (RFC 9113 8.3) are none. */
const linesOf = (head: IncomingHttpHeaders): HeaderLine[] =>
  Object.entries(head)
    .filter(([name]) => !name.startsWith(':'))
    .flatMap(([name, value]) => [value ?? []].flat().map((one): HeaderLine => [name, one]));

const RESET = 'ERR_HTTP2_STREAM_ERROR';

/** A connection that breaks off ends the stream as if all had come. */
async function* bodyOf(stream: ClientHttp2Stream, asked: string): AsyncGenerator<Buffer> {
  yield* stream as AsyncIterable<Buffer>;
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw resetError(stream, asked);
}

const resetError = ({ rstCode }: ClientHttp2Stream, asked: string) =>
  rstCode === constants.NGHTTP2_NO_ERROR || rstCode === constants.NGHTTP2_CANCEL
    ? bad('response', 'ended', `${asked} ended before the whole answer was there`)
    : bad('response', 'reset', `${asked} was reset by the server, ${errorName(rstCode)}`);

/** RFC 9113 7, by number. */
const ERRORS = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
  ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
];
const errorName = (code: number): string => ERRORS[code] ?? `error ${code}`;
