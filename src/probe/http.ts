import type { CheckOf } from '../config/checks/index.ts';
import { Channel } from './channel.ts';
import { failed, type HttpAnswer, type HttpRequest, inTime, MAX_HEADER_BYTES } from './http-exchange.ts';
import { judgePage, MAX_DIGEST_BYTES, type Page } from './http-page.ts';
import { speakHttp2, speakHttp2Tls } from './http2.ts';
import { speakHttp10 } from './http10.ts';
import { speakHttp11 } from './http11.ts';
import type { CheckRunner, Finding, Target } from './kind.ts';
import { readPassword } from './secret.ts';
import { speakTls } from './tls.ts';

type HttpCheck = CheckOf<'http'>;

/** The longest body that is read, its headers, and what HTTP/2 puts around them. */
const MAX_TOTAL_BYTES = MAX_DIGEST_BYTES + 64 * MAX_HEADER_BYTES;

const SPEAK: Readonly<
  Record<HttpCheck['version'], (channel: Channel, request: HttpRequest, asked: string) => Promise<HttpAnswer>>
> = { '1.0': speakHttp10, '1.1': speakHttp11, '2': speakHttp2 };

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
  await using channel = await Channel.open(target, signal, MAX_TOTAL_BYTES);
  const note = await secure(channel, target, check);
  const asked = `${check.method} ${page.path} to ${channel.where}`;
  const request = {
    method: check.method,
    path: page.path,
    headers: headersOf(check, channel.where, secret),
    body: check.send,
    secure: check.tls !== undefined,
  };
  const exchange = SPEAK[check.version](channel, request, asked).then((answer) => judgePage(answer, page, asked));
  const found = await inTime(channel.signal, asked, exchange).catch((error: unknown) => failed(error, asked));
  return found.ok && note !== '' ? { ...found, evidence: found.evidence + note } : found;
}

async function secure(channel: Channel, target: Target, { tls, version }: HttpCheck): Promise<string> {
  if (tls === undefined) return '';
  return version === '2'
    ? speakHttp2Tls(channel, target, tls)
    : speakTls(channel, target, tls, { ALPNProtocols: ['http/1.1'] });
}

/** Ours first, so that those of the file take their place. */
export function headersOf(check: HttpCheck, where: string, secret: string): Record<string, string> {
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
