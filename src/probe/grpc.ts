import { Channel } from './channel.ts';
import { failed, inTime } from './http-exchange.ts';
import { type Http2Answer, speakHttp2, speakHttp2Tls } from './http2.ts';
import { bad, type CheckRunner, type Finding, good } from './kind.ts';

/** gRPC health checking protocol (grpc/grpc, doc/health-checking.md), over gRPC's HTTP/2 mapping (doc/PROTOCOL-HTTP2.md). */
const PATH = '/grpc.health.v1.Health/Check';
const STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const CODES: Readonly<Record<string, string>> = {
  5: 'does not know the service',
  12: 'has no health service',
  14: 'is unavailable',
  16: 'asks for credentials',
};
const MAX_MESSAGE = 1024;

export const probeGrpc: CheckRunner<'grpc'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const note = check.tls ? await speakHttp2Tls(channel, target, check.tls) : '';
  const { service = '' } = check;
  const asked = `health${service === '' ? '' : ` of ${service}`} at ${channel.where}`;
  const headers = {
    host: check.host ?? channel.where,
    'content-type': 'application/grpc',
    'user-agent': 'fairlead',
    te: 'trailers',
  };
  const request = {
    method: 'POST',
    path: PATH,
    headers,
    body: encodeRequest(service),
    secure: check.tls !== undefined,
  };
  const exchange = speakHttp2(channel, request, asked).then((answer) => judge(answer, asked));
  const found = await inTime(channel.signal, asked, exchange).catch((error: unknown) => failed(error, asked));
  return found.ok ? { ...found, evidence: found.evidence + note } : found;
};

async function judge(answer: Http2Answer, asked: string): Promise<Finding> {
  const type = String(answer.headers['content-type'] ?? '');
  if (answer.status !== 200 || !type.startsWith('application/grpc'))
    throw bad('match', 'not-grpc', `${asked} answered ${answer.status} and not gRPC`);
  const message = await read(answer, asked);
  const code = answer.trailers['grpc-status'] ?? answer.headers['grpc-status'];
  if (code !== '0') {
    const said = String(answer.trailers['grpc-message'] ?? answer.headers['grpc-message'] ?? '').slice(0, 160);
    const words = CODES[String(code)] ?? 'failed';
    throw bad(
      'match',
      `grpc-${code ?? 'none'}`,
      `${asked} ${words} (status ${code ?? 'missing'}${said && `: ${said}`})`,
    );
  }
  const state = message === null ? null : decodeResponse(message);
  if (state === null) throw bad('match', 'not-grpc', `${asked} answered something that is no HealthCheckResponse`);
  const word = STATES[state] ?? `status ${state}`;
  const evidence = `${asked} answered ${word}`;
  return state === 1
    ? good('match', 'serving', evidence)
    : bad('match', word.toLowerCase().replace(/[_ ]/g, '-'), evidence).finding;
}

/** The one message of the answer, without its prefix: a flag (compressed, which we did not offer) and the length. */
async function read({ body }: Http2Answer, asked: string): Promise<Buffer | null> {
  let held = Buffer.alloc(0);
  for await (const part of body) {
    held = Buffer.concat([held, part]);
    if (held.length > MAX_MESSAGE)
      throw bad('response', 'too-long', `${asked} answered more than ${MAX_MESSAGE} bytes`);
  }
  return held.length >= 5 && held[0] === 0 && held.readUInt32BE(1) === held.length - 5 ? held.subarray(5) : null;
}

/** HealthCheckRequest { string service = 1; }, in its frame. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const field = name.length === 0 ? [] : [Buffer.from([0x0a]), varint(name.length), name];
  const message = Buffer.concat(field);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}

/** HealthCheckResponse { ServingStatus status = 1; }; 0 is left out on the wire. Fields that are not known are passed over;
 *  null: no such message. */
export function decodeResponse(message: Buffer): number | null {
  let at = 0;
  let status = 0;
  const number = (): number | null => {
    let value = 0;
    for (let scale = 1; at < message.length && scale < 2 ** 49; scale *= 0x80) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (at < message.length) {
    const tag = number();
    const kind = tag === null ? -1 : tag % 8;
    const value = kind === 0 || kind === 2 ? number() : kind === 1 ? 8 : kind === 5 ? 4 : null;
    if (tag === null || tag < 8 || value === null) return null;
    if (tag === 8) status = value;
    else if (kind !== 0) at += value;
  }
  return at === message.length ? status : null;
}
