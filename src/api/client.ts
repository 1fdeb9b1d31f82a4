import { request } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import { ERRORS, type ErrorCode, FairleadError, failure } from '../base/errors.ts';
import { DEFAULT_SOCKET } from '../base/paths.ts';
import { OPERATIONS, type OperationName, type Operations, type Problem } from './operations.ts';

export type * from './operations.ts';

/** Where a daemon is. */
export interface ConnectOptions {
  /** Its unix socket; /run/fairlead/fairlead.sock. */
  readonly socket?: string;
  /** In place of the socket: `https://lb1:8443`. */
  readonly host?: string;
  /** What says who asks, with `host`. */
  readonly token?: string;
  /** Who may vouch for the host, PEM; the authorities that Node.js knows when absent. */
  readonly ca?: string;
  /** A client certificate and its key, PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Longest wait for an answer; 60,000. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** A change is refused (`revision-stale`) when what it changes is at another revision by now. */
  readonly ifRevision?: number;
  /** The same key again gets the answer of the first time and no second action. */
  readonly idempotencyKey?: string;
}

/** Answers with an ETag, as they came: who asks again and is told that nothing changed has it from here. */
type Remembered = Map<string, { readonly etag: string; readonly text: string }>;
const MOST_REMEMBERED = 64;

type Args<N extends OperationName> = Operations[N]['args'];
type Answer<N extends OperationName> = Operations[N] extends { readonly line: infer Line }
  ? AsyncGenerator<Line, void, undefined>
  : Operations[N] extends { readonly answer: infer Whole }
    ? Promise<Whole>
    : never;
type Call<N extends OperationName> =
  Record<never, never> extends Args<N>
    ? (args?: Args<N>, options?: CallOptions) => Answer<N>
    : (args: Args<N>, options?: CallOptions) => Answer<N>;
/** Operations with one answer; the others give theirs line by line. */
type Question = { [N in OperationName]: Operations[N] extends { readonly answer: unknown } ? N : never }[OperationName];

/** What a daemon refused, in its own words. `problem` is the whole of it. */
export class ApiError extends FairleadError {
  readonly problem: Problem;

  constructor(problem: Problem) {
    const code: ErrorCode = problem.code in ERRORS ? (problem.code as ErrorCode) : 'api-refused';
    super(code, {}, undefined, { message: problem.detail, fix: problem.fix ?? ERRORS['api-refused'].fix });
    this.problem = problem;
  }
}

/** Every operation of the API as a function. Each rejects with `daemon-unreachable`, or with the daemon's own problem. */
export type Client = { readonly [N in OperationName]: Call<N> } & {
  /** Events as they happen, those that are kept first. Ends with the signal; rejects when the connection does, unless there is
   *  an `onLost`. */
  events(args?: Args<'listEvents'>, options?: FollowOptions): AsyncGenerator<Operations['listEvents']['event']>;
};

export interface FollowOptions extends CallOptions {
  /** A connection that ends is made anew, as often as it takes, and goes on after the last event that came; what a daemon
   *  refuses still rejects, and so does a first connection that fails. Told each time with the reason, or null when it is there
   *  again. */
  readonly onLost?: (reason: string | null) => void;
}

export function connect(options: ConnectOptions = {}): Client {
  const remembered: Remembered = new Map();
  const calls = Object.entries(OPERATIONS).map(([name, { lines }]) => [
    name,
    (args: object = {}, more: CallOptions = {}) =>
      lines
        ? askForLines(options, name as OperationName, args, more)
        : ask(options, name as OperationName, args, more, remembered),
  ]);
  return { ...Object.fromEntries(calls), events: (args = {}, more = {}) => follow(options, args, more) } as Client;
}

/** One question. */
export const call = <N extends Question>(
  options: ConnectOptions,
  name: N,
  args: Args<N>,
): Promise<Operations[N]['answer']> => ask(options, name, args, {}) as Promise<Operations[N]['answer']>;

/** The body of a page that is no route of the API, as it stands. */
export async function fetchText(options: ConnectOptions, path: string, accept: string): Promise<string> {
  const { status, body } = await send(options, 'GET', path, { accept }, undefined, {});
  const text = await textOf(body);
  if (status < 400) return text;
  throw problemIn(text) ?? failure('api-refused', { reason: `${status} for ${path}` });
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

const isProblem = (answer: unknown): answer is Problem =>
  typeof answer === 'object' && answer !== null && 'code' in answer && 'detail' in answer;

function problemIn(text: string): ApiError | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isProblem(answer) ? new ApiError(answer) : undefined;
  } catch {
    return undefined;
  }
}

async function ask(
  options: ConnectOptions,
  name: OperationName,
  args: object,
  more: CallOptions,
  remembered: Remembered = new Map(),
): Promise<unknown> {
  const key = JSON.stringify([name, args]);
  const before = OPERATIONS[name].method === 'GET' ? remembered.get(key) : undefined;
  const { status, etag, body } = await exchange(options, name, args, more, { ifNoneMatch: before?.etag });
  const given = await textOf(body);
  const text = status === 304 && before ? before.text : given;
  const answer: unknown = JSON.parse(text);
  if (etag !== undefined && OPERATIONS[name].method === 'GET') {
    remembered.delete(key);
    remembered.set(key, { etag, text });
    if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value as string);
  }
  // A probe's "no" is an answer.
  if (status >= 400 && isProblem(answer)) throw new ApiError(answer);
  return answer;
}

async function* askForLines(
  options: ConnectOptions,
  name: OperationName,
  args: object,
  more: CallOptions,
): AsyncGenerator<unknown, void, undefined> {
  const { status, body } = await exchange(options, name, args, more, { accept: 'application/x-ndjson' });
  if (status >= 400) throw new ApiError(JSON.parse(await textOf(body)) as Problem);
  for await (const line of partsOf(body, '\n')) yield JSON.parse(line);
}

const AGAIN_MS = 500;

async function* follow(
  options: ConnectOptions,
  args: Args<'listEvents'>,
  more: FollowOptions,
): AsyncGenerator<Operations['listEvents']['event']> {
  const place: Place = { lastId: undefined };
  const { onLost, signal } = more;
  let [connected, lost] = [false, false];
  while (!signal?.aborted) {
    try {
      for await (const event of followOnce(options, args, more, place)) {
        if (event !== null) yield event;
        else if (lost) onLost?.(null);
        [connected, lost] = [true, false];
      }
      if (!onLost) return;
      onLost('the connection ended');
    } catch (error) {
      if (signal?.aborted) return;
      if (!onLost || !connected || error instanceof ApiError) throw error;
      if (!lost) onLost(error instanceof Error ? error.message : String(error));
    }
    lost = true;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

interface Place {
  lastId: string | undefined;
}

/** The events of one connection, after null when it is there. */
async function* followOnce(
  options: ConnectOptions,
  args: Args<'listEvents'>,
  more: CallOptions,
  place: Place,
): AsyncGenerator<Operations['listEvents']['event'] | null> {
  const how = { accept: 'text/event-stream', lastEventId: place.lastId };
  const { status, body } = await exchange(options, 'listEvents', args, more, how);
  if (status >= 400) throw new ApiError(JSON.parse(await textOf(body)) as Problem);
  yield null;
  for await (const block of partsOf(body, '\n\n')) {
    const data = /^data: (.*)$/m.exec(block)?.[1];
    if (data === undefined) continue;
    place.lastId = /^id: (.*)$/m.exec(block)?.[1];
    yield JSON.parse(data) as Operations['listEvents']['event'];
  }
}

/** What stands between separators. What comes after the last one is left out. */
async function* partsOf(body: AsyncIterable<Buffer>, separator: string): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const piece of body) {
    const parts = (rest + decoder.write(piece)).split(separator);
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

interface Exchanged {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: AsyncIterable<Buffer>;
}

function exchange(
  options: ConnectOptions,
  name: OperationName,
  args: object,
  more: CallOptions,
  {
    accept = 'application/json',
    ifNoneMatch,
    lastEventId,
  }: {
    readonly accept?: string;
    readonly ifNoneMatch?: string | undefined;
    readonly lastEventId?: string | undefined;
  } = {},
): Promise<Exchanged> {
  const { method, path } = OPERATIONS[name];
  const { body, ...given } = args as Readonly<Record<string, unknown>>;
  const used = new Set<string>();
  const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => {
    used.add(key);
    return encodeURIComponent(String(given[key] ?? ''));
  });
  const query = Object.entries(given).filter(([key, value]) => !used.has(key) && value !== undefined);
  const search = new URLSearchParams(query.map(([key, value]): [string, string] => [key, String(value)])).toString();
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    accept,
    ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    ...(more.ifRevision !== undefined && { 'if-match': `"${more.ifRevision}"` }),
    ...(more.idempotencyKey !== undefined && { 'idempotency-key': more.idempotencyKey }),
    ...(text !== undefined && {
      'content-type': typeof body === 'string' ? 'application/yaml' : 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
  };
  return send(options, method, `${filled}${search && `?${search}`}`, headers, text, more);
}

/** Where a request goes, as Node.js wants it. */
function target({ socket = DEFAULT_SOCKET, host, ca, cert, key }: ConnectOptions) {
  if (host === undefined) return { name: socket, ask: request, options: { socketPath: socket } };
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (!url || !['https:', 'http:'].includes(url.protocol) || url.pathname !== '/')
    throw failure('usage', { detail: `expected a host such as https://lb1:8443, got "${host}"` });
  const { protocol, port } = url;
  const secure = protocol === 'https:';
  // An IPv6 address has brackets in a URL, and none where it is looked up.
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const material = secure ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : {};
  return { name: host, ask: secure ? requestOverTls : request, options: { hostname, port, ...material } };
}

async function send(
  connection: ConnectOptions,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  text: string | undefined,
  { signal }: CallOptions,
): Promise<Exchanged> {
  const { timeoutMs = 60_000, token } = connection;
  const { name, ask: open, options } = target(connection);
  return new Promise((resolve, reject) => {
    const sent = open({
      ...options,
      path,
      method,
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(signal && { signal }),
    });
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.on('response', (response) => {
      // A stream of events may be silent for long.
      if (headers.accept === 'text/event-stream') sent.setTimeout(0);
      resolve({ status: response.statusCode ?? 500, etag: response.headers.etag, body: response });
    });
    sent.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EACCES'
          ? failure('socket-closed', { socket: name }, error)
          : failure('daemon-unreachable', { socket: name, reason: error.message }, error),
      ),
    );
    sent.end(text);
  });
}
