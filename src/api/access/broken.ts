import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HTTP_LIMITS } from './limits.ts';

const UNFINISHED = 'ERR_HTTP_REQUEST_TIMEOUT';

/** What HTTP's own refusals are answered with; other errors of its parser are 400. */
const REFUSALS: Readonly<Record<string, { readonly status: number; readonly title: string; readonly detail: string }>> =
  {
    [UNFINISHED]: {
      status: 408,
      title: 'Request Timeout',
      detail: `a request has to be there within ${HTTP_LIMITS.requestTimeout / 1000} s, its headers within ${HTTP_LIMITS.headersTimeout / 1000} s`,
    },
    HPE_HEADER_OVERFLOW: {
      status: 431,
      title: 'Request Header Fields Too Large',
      detail: `headers have at most ${HTTP_LIMITS.maxHeaderSize / 1024} KB`,
    },
    HPE_CHUNK_EXTENSIONS_OVERFLOW: {
      status: 413,
      title: 'Content Too Large',
      detail: 'chunks have too many extensions',
    },
  };

/** For 'clientError' of a listener: what arrives is no request, or not in time. It is answered, unless an answer to another has
 *  begun, and the client let go. */
export function refusingBroken(onUnfinished: () => void): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    const { code = '' } = error;
    if (code === UNFINISHED) onUnfinished();
    const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null };
    // What fails below HTTP, in TLS or TCP, has nobody to answer.
    if (/^(HPE|ERR_HTTP)_/.test(code) && socket.writable && !answer?.headersSent) socket.write(answerTo(code));
    socket.destroy();
  };
}

function answerTo(code: string): string {
  const { status, title, detail } = REFUSALS[code] ?? { status: 400, title: 'Bad Request', detail: `no HTTP: ${code}` };
  const body = JSON.stringify({ type: 'urn:fairlead:usage', title, status, code: 'usage', detail });
  const headers = `Connection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}`;
  return `HTTP/1.1 ${status} ${title}\r\n${headers}\r\n\r\n${body}`;
}
