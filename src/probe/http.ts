import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { formatEndpoint } from '../base/ip.ts';
import type { CheckOf } from '../config/checks/index.ts';
import { connectTo } from './connect.ts';
import { type CheckRunner, type Finding, outcomeOf } from './kind.ts';
import { phasesOf } from './phases.ts';

/** A server that talks for ever costs this much and no more. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 64 * 1024;

/** The server answers one HTTP/1.1 request with an accepted status and, if asked for, the text in its body. */
export const probeHttp: CheckRunner<'http'> = (target, check, deadline) =>
  new Promise((resolve) => {
    const where = formatEndpoint(target.address, target.port);
    const asked = `${check.method} ${check.path} to ${where}`;
    let phase: Finding['phase'] = 'connect';
    let sent: ClientRequest | undefined;
    let done = false;
    const { signal, responding, end } = phasesOf(target, deadline);
    const finish = (finding: Finding): void => {
      if (done) return;
      done = true;
      signal.removeEventListener('abort', onAbort);
      end();
      resolve(finding);
      sent?.destroy();
    };
    const onAbort = (): void =>
      finish({ ok: false, phase, outcome: 'timeout', evidence: timeoutText(phase, asked, where) });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) return onAbort();

    sent = request({
      createConnection: () => connectTo(target),
      path: check.path,
      method: check.method,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: { host: check.host ?? where, 'user-agent': 'fairlead', connection: 'close', accept: '*/*' },
    });
    sent.once('socket', (socket) =>
      socket.once('connect', () => {
        phase = 'response';
        responding();
      }),
    );
    sent.on('error', (error) => finish(failed(error, phase, asked, where)));
    sent.once(
      'response',
      (response) =>
        void readResponse(response, check, asked).then(finish, (error: unknown) =>
          finish(failed(error, 'response', asked, where)),
        ),
    );
    sent.end();
  });

async function readResponse(response: IncomingMessage, check: CheckOf<'http'>, asked: string): Promise<Finding> {
  const status = response.statusCode ?? 0;
  const answered = `${asked} answered ${status}`;
  if (!check.status.some(([from, to]) => status >= from && status <= to)) {
    return { ok: false, phase: 'match', outcome: `status-${status}`, evidence: answered };
  }
  if (check.body === undefined) return { ok: true, phase: 'response', outcome: `status-${status}`, evidence: answered };
  const body = await readSome(response);
  if (body.includes(check.body))
    return { ok: true, phase: 'match', outcome: `status-${status}`, evidence: `${answered} with the expected text` };
  return {
    ok: false,
    phase: 'match',
    outcome: 'body',
    evidence: `${answered} without ${JSON.stringify(check.body)} in its first ${body.length} bytes`,
  };
}

async function readSome(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MAX_BODY_BYTES);
}

function failed(error: unknown, phase: Finding['phase'], asked: string, where: string): Finding {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('HPE_')) {
    const what =
      code === 'HPE_HEADER_OVERFLOW'
        ? `more than ${MAX_HEADER_BYTES} bytes of headers`
        : 'something that is not HTTP/1.1';
    return { ok: false, phase: 'response', outcome: 'not-http', evidence: `${asked} answered ${what}` };
  }
  const outcome = outcomeOf(error);
  if (phase === 'connect') return { ok: false, phase, outcome, evidence: `connect to ${where} ${outcome}` };
  return { ok: false, phase, outcome, evidence: `${asked} ended without an answer (${outcome})` };
}

const timeoutText = (phase: Finding['phase'], asked: string, where: string): string =>
  phase === 'connect' ? `connect to ${where} got no answer` : `${asked} got no answer in time`;
