import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { CheckOf } from '../config/checks/index.ts';
import { Channel } from './channel.ts';
import { judgePage, type Page } from './http-page.ts';
import { type CheckRunner, Ended, type Finding, outcomeOf, type Target } from './kind.ts';
import { proxyHeader } from './proxy.ts';
import { readPassword } from './secret.ts';
import { speakTls } from './tls.ts';

type HttpCheck = CheckOf<'http'>;

/** A server that talks for ever costs this much and no more. */
const MAX_HEADER_BYTES = 16 * 1024;

/** The server answers a request with an accepted status and what else is asked of the page; so for each further page, each on
 *  a connection of its own. Bodies are never decompressed, so there is nothing to blow up. */
export const probeHttp: CheckRunner<'http'> = async (target, check, signal) => {
  const secret = await readPassword(check.passwordFile);
  const pages: readonly Page[] = [check, ...(check.urls ?? [])];
  let found: Finding | undefined;
  for (const page of pages) {
    found = await probePage(target, check, page, secret, signal);
    if (!found.ok) return found;
  }
  if (found === undefined) throw new Error('a check without a page');
  return pages.length === 1
    ? found
    : { ...found, evidence: `${pages.length} pages are right, the last: ${found.evidence}` };
};

async function probePage(
  target: Target,
  check: HttpCheck,
  page: Page,
  secret: string,
  signal: AbortSignal,
): Promise<Finding> {
  await using channel = await Channel.open(target, signal);
  if (check.proxy) channel.send(proxyHeader(check.proxy, channel.ends));
  const note = check.tls ? await speakTls(channel, target, check.tls, { ALPNProtocols: ['http/1.1'] }) : '';
  const asked = `${check.method} ${page.path} to ${channel.where}`;
  const found = await ask(channel, check, page, secret, asked);
  return found.ok && note !== '' ? { ...found, evidence: found.evidence + note } : found;
}

/** Ours first, so that those of the file take their place. */
function headersOf(check: HttpCheck, where: string, secret: string): Record<string, string> {
  const headers: Record<string, string> = {
    host: check.host ?? where,
    'user-agent': 'fairlead',
    connection: 'close',
    accept: '*/*',
    'accept-encoding': 'identity',
  };
  if (check.user !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${check.user}:${secret}`).toString('base64')}`;
  }
  if (check.send !== undefined) headers['content-length'] = String(Buffer.byteLength(check.send));
  for (const line of check.headers ?? []) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

function ask(channel: Channel, check: HttpCheck, page: Page, secret: string, asked: string): Promise<Finding> {
  return new Promise((resolve) => {
    let sent: ClientRequest | undefined;
    const { signal } = channel;
    const finish = (finding: Finding): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(finding);
      sent?.destroy();
    };
    const onAbort = (): void =>
      finish({ ok: false, phase: 'response', outcome: 'timeout', evidence: `${asked} got no answer in time` });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) return onAbort();
    sent = request({
      createConnection: () => channel.handOver(),
      path: page.path,
      method: check.method,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: headersOf(check, channel.where, secret),
    });
    // It is read from only once somebody listens.
    sent.once('socket', (socket) => socket.resume());
    sent.on('error', (error) => finish(failed(error, asked)));
    sent.once('response', (response: IncomingMessage) => {
      judgePage(response, page, asked).then(finish, (error: unknown) => finish(failed(error, asked)));
    });
    sent.end(check.send);
  });
}

function failed(error: unknown, asked: string): Finding {
  if (error instanceof Ended) return error.finding;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('HPE_')) {
    const what =
      code === 'HPE_HEADER_OVERFLOW'
        ? `more than ${MAX_HEADER_BYTES} bytes of headers`
        : 'something that is not HTTP/1.1';
    return { ok: false, phase: 'response', outcome: 'not-http', evidence: `${asked} answered ${what}` };
  }
  const outcome = outcomeOf(error);
  return { ok: false, phase: 'response', outcome, evidence: `${asked} ended without an answer (${outcome})` };
}
