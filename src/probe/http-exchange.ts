import { bad, Ended, type Finding, outcomeOf } from './kind.ts';

/** What is asked over any version of HTTP. Names of headers are in lower case; `host` is among them. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
  readonly secure: boolean;
}

/** A header, its name in lower case. */
export type HeaderLine = readonly [name: string, value: string];

/** The head of an answer, and its body as it comes. */
export interface HttpAnswer {
  readonly status: number;
  readonly lines: readonly HeaderLine[];
  readonly body: AsyncIterable<Buffer>;
}

/** A server that talks for ever costs this much and no more. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** What comes of an exchange, or that time ran out: whatever the exchange itself waits for. */
export function inTime<T>(signal: AbortSignal, asked: string, exchange: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(silent(asked));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    exchange.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The finding about an exchange that failed with `error`. */
export function failed(error: unknown, asked: string): Finding {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (error instanceof Ended) return error.finding;
  if (cause instanceof Ended) return cause.finding;
  const strange = STRANGE.find(([pattern]) => pattern.test(String(code)));
  return strange ? notHttp(asked, strange[1]).finding : unanswered(asked, outcomeOf(error)).finding;
}

export const silent = (asked: string): Ended => bad('response', 'timeout', `${asked} got no answer in time`);
export const notHttp = (asked: string, what: string): Ended => bad('response', 'not-http', `${asked} answered ${what}`);
export const unanswered = (asked: string, outcome: string): Ended =>
  bad('response', outcome, `${asked} ended without an answer (${outcome})`);

export const TOO_LONG = `more than ${MAX_HEADER_BYTES} bytes of headers`;
export const NOT_HTTP = 'something that is not HTTP/1.1';

const STRANGE: readonly (readonly [RegExp, string])[] = [
  [/^HPE_HEADER_OVERFLOW$/, TOO_LONG],
  [/^HPE_/, NOT_HTTP],
  [/^ERR_HTTP2_ERROR$/, 'something that is not HTTP/2'],
];
