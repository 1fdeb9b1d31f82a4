import { formatEndpoint } from '../base/ip.ts';
import type { CheckOf } from '../config/checks/index.ts';
import { headersOf } from './http.ts';
import { NOT_HTTP, notHttp, silent, TOO_LONG, unanswered } from './http-exchange.ts';
import { isStatusAll, judgeStatus } from './http-page.ts';
import { failedToConnect, type NativeKind, wordFor } from './native.ts';

type HttpCheck = CheckOf<'http'>;

/** One page whose status is all that is asked, of HTTP/1.1 over a plain connection: most checks. */
export const http: NativeKind<'http'> = {
  question({ address, port }, check) {
    if (!isPlain(check)) return null;
    const headers = Object.entries(headersOf(check, formatEndpoint(address, port), ''));
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return {
      kind: 'http',
      send: Buffer.from(`${check.method} ${check.path} HTTP/1.1\r\n${lines}\r\n${check.send ?? ''}`),
    };
  },
  finding({ address, port }, check, answer) {
    const where = formatEndpoint(address, port);
    if (answer.phase === 'connect') return failedToConnect(`connect to ${where}`, answer, 'got no answer in time');
    const asked = `${check.method} ${check.path} to ${where}`;
    switch (answer.ending) {
      case 'status':
        return judgeStatus(answer.detail, check, asked);
      case 'timeout':
        return silent(asked).finding;
      case 'not-http':
        return notHttp(asked, NOT_HTTP).finding;
      case 'too-long':
        return notHttp(asked, TOO_LONG).finding;
      default:
        return unanswered(asked, wordFor(answer)).finding;
    }
  },
};

/** Nothing that would have to be looked at for what Node.js refuses to send, either. */
const isPlain = (check: HttpCheck): boolean =>
  isStatusAll(check) &&
  check.version === '1.1' &&
  [check.tls, check.proxy, check.urls, check.user].every((setting) => setting === undefined) &&
  /^[\x21-\x7e]+$/.test(check.path) &&
  [check.host ?? '', ...(check.headers ?? [])].every((text) => /^[\x20-\x7e]*$/.test(text));
