import { chmodSync, chownSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { failure } from '../base/errors.ts';
import type { Director } from '../daemon/lifecycle.ts';
import type { Store } from '../daemon/store.ts';
import { peerOf as kernelPeerOf } from '../kernel/peer.ts';
import { addAudit } from './access/audit.ts';
import { refusingBroken } from './access/broken.ts';
import { Guard, type PeerOf } from './access/guard.ts';
import { BODY_LIMIT, HTTP_LIMITS, limitAnswers } from './access/limits.ts';
import { openListeners } from './access/listeners.ts';
import { groupId } from './access/local.ts';
import { EVENT_STREAM, LINES, MERGE_PATCH, methodsOf, type RouteRow, takesText } from './contract.ts';
import { Drains } from './handlers/drains.ts';
import { handlersOf } from './handlers/index.ts';
import { type Caller, Otherwise, Revised } from './handlers/parts.ts';
import { addMetrics } from './metrics.ts';
import { Pieces, sendable } from './pieces.ts';
import { problemOf, Refusal } from './problem.ts';
import { type Answered, Repeats } from './repeats.ts';
import { etagOf, isAmong, revisionsIn } from './revision.ts';
import { type Asked, allowedAt, ROUTE_NAMES, type RouteName, rowOf } from './routes/index.ts';
import { linesOf, streamEvents } from './stream.ts';

/** A client that takes nothing of a long answer for so long is let go. */
const STALLED_MS = 15_000;

export interface ApiServer {
  close(): Promise<void>;
}

/** Serves the routes on a unix socket that only its owner and group can open, and on the file's TCP listeners. Rejects if a
 *  daemon already answers there. */
export async function serveApi(
  director: Director,
  socket: string,
  clock: Clock,
  peerOf: PeerOf = kernelPeerOf,
): Promise<ApiServer> {
  await takeSocket(socket);
  const { server, guard, close: closeServer } = buildApi(director, clock, peerOf);
  const mask = process.umask(0o117);
  try {
    await server.listen({ path: socket });
  } finally {
    process.umask(mask);
  }
  chmodSync(socket, 0o660);
  try {
    giveToGroup(socket, director.store);
    const listeners = await openListeners(director.store, (request, response, listener) => {
      guard.arrived(request, listener);
      server.routing(request, response);
    });
    return {
      async close() {
        for (const listener of listeners) listener.close();
        await closeServer();
      },
    };
  } catch (error) {
    await closeServer();
    throw error;
  }
}

/** The routes without a listener. */
function buildApi(
  director: Director,
  clock: Clock,
  peerOf: PeerOf,
): { server: FastifyInstance; guard: Guard; close(): Promise<void> } {
  const server = fastify({
    bodyLimit: BODY_LIMIT,
    http: HTTP_LIMITS,
    clientErrorHandler: refusingBroken(() => director.store.counts.letGo('request-unfinished')),
    requestTimeout: HTTP_LIMITS.requestTimeout,
    keepAliveTimeout: HTTP_LIMITS.keepAliveTimeout,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 300 },
  });
  const guard = new Guard(director, clock, peerOf);
  guard.addTo(server);
  limitAnswers(server, () => director.store.counts.letGo('answer-unread'));
  server.addHook('onRequest', async ({ headers, raw }) => {
    // What has no version has no headers either, none of those that a change may be made to depend on.
    if (raw.httpVersionMajor !== 1) throw new Refusal(OLD_VERSION);
    refuseEncoded(headers['content-encoding']);
  });
  addAudit(server, director.store);
  const drains = new Drains(director, clock);
  server.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    request.refused = problem.code;
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="fairlead"');
    if (problem.retryAfterS !== undefined) reply.header('retry-after', problem.retryAfterS);
    if (problem.revision !== undefined) reply.header('etag', etagOf(problem.revision));
    return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  server.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    const allow = allowedAt(path);
    const asked = `${request.method} ${path}`;
    if (allow.length === 0) {
      const detail = `${asked} is no route; GET /api/v1/openapi.json lists them`;
      throw new Refusal({ title: 'no such route', status: 404, code: 'no-route', detail });
    }
    reply.header('allow', allow.join(', '));
    const detail = `${asked} is no route; there is ${allow.join(', ')} of that path`;
    throw new Refusal({ title: 'method not allowed', status: 405, code: 'no-route', detail });
  });
  const json = server.getDefaultJsonParser('error', 'error');
  // Nothing is no body, whatever the headers announce: curl with a fixed header sends that with a DELETE.
  server.addContentTypeParser(['application/json', MERGE_PATCH], { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null) : json(request, body as string, done),
  );
  const repeats = new Repeats(clock);
  const table = handlersOf({ director, clock, drains });
  const add = (to: FastifyInstance, text: boolean): void => {
    for (const name of ROUTE_NAMES.filter((each) => takesText(rowOf(each)) === text))
      addRoute(to, { director, repeats, guard }, name, table[name] as Handle | HandleLines);
  };
  add(server, false);
  server.register(async (texts) => {
    texts.removeAllContentTypeParsers();
    texts.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    add(texts, true);
  });
  addMetrics(server, director, clock);
  return {
    server,
    guard,
    close: async () => {
      drains.stop();
      await server.close();
    },
  };
}

type Handle = (asked: unknown, caller: Caller) => Promise<unknown>;
type HandleLines = (asked: unknown, caller: Caller) => AsyncIterable<unknown>;

function addRoute(
  server: FastifyInstance,
  { director, repeats, guard }: { readonly director: Director; readonly repeats: Repeats; readonly guard: Guard },
  name: RouteName,
  handle: Handle | HandleLines,
): void {
  const row = rowOf(name);
  server.route({
    method: [...methodsOf(row)],
    config: { role: row.role },
    url: row.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const asked = askedOf(row, request);
      if (row.events && accepts(request, EVENT_STREAM)) {
        reply.hijack();
        const { query } = asked as Asked<'listEvents'>;
        const last = request.headers['last-event-id'];
        const may = (): boolean => guard.stillMay(request);
        streamEvents(director.store, reply.raw, query, { last: Array.isArray(last) ? last[0] : last, may });
        return reply;
      }
      const caller = callerOf(request);
      if (row.lines) {
        const lines = await linesOf((handle as HandleLines)(asked, caller));
        // Whoever asked may be gone by now.
        if (reply.raw.closed) lines.destroy();
        else reply.raw.once('close', () => lines.destroy());
        reply.raw.setTimeout(STALLED_MS, () => {
          director.store.counts.letGo('lines-unread');
          lines.destroy();
        });
        return reply.type(LINES).send(lines);
      }
      if (row.method === 'GET') {
        const answer = await (handle as Handle)(asked, caller);
        if (answer instanceof Pieces) return reply.type('application/json').send(sendable(answer.texts()));
        return give(reply, answered(row, answer), request.headers['if-none-match']);
      }
      const work = async (): Promise<Answered> => {
        const answer = await (handle as Handle)(asked, caller);
        if (answer instanceof Revised) request.made = `${row.revision ?? 'overrides'} revision ${answer.revision}`;
        return answered(row, answer);
      };
      const key = request.headers['idempotency-key'];
      const done = await (typeof key === 'string'
        ? repeats.answer({ caller: caller.name, key, request: identityOf(request) }, work)
        : work());
      return give(reply, done, undefined);
    },
  });
}

/** What the asker has already is not sent again (RFC 9110, 13.1.2). */
function give(reply: FastifyReply, { status, etag, text }: Answered, ifNoneMatch: string | undefined): FastifyReply {
  if (etag !== null) reply.header('etag', etag);
  if (status === 200 && etag !== null && isAmong(etag, ifNoneMatch)) return reply.code(304).send();
  return reply.code(status).type('application/json').send(text);
}

function answered(row: RouteRow, answer: unknown): Answered {
  const other = answer instanceof Otherwise;
  const revised = answer instanceof Revised;
  const text = JSON.stringify(other || revised ? answer.body : answer);
  return {
    status: other ? (row.otherwise?.status ?? 503) : (row.status ?? 200),
    etag: revised ? etagOf(answer.revision, row.method === 'GET' ? text : undefined) : null,
    text,
  };
}

const OLD_VERSION = {
  title: 'HTTP version not supported',
  status: 505,
  code: 'usage',
  detail: 'expected HTTP/1.0 or HTTP/1.1',
} as const;

/** Nothing here unpacks a body: what is packed is no text. */
function refuseEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  const detail = `expected a body without Content-Encoding, got "${encoding}"`;
  throw new Refusal({ title: 'unsupported media type', status: 415, code: 'usage', detail });
}

/** What makes two requests the same one. */
const identityOf = ({ method, url, body, headers }: FastifyRequest): string =>
  JSON.stringify([method, url, headers['if-match'], body]);

function callerOf(request: FastifyRequest): Caller {
  const ifMatch = revisionsIn(request.headers['if-match']);
  return { ...request.caller, ...(ifMatch && { ifMatch }) };
}

const accepts = ({ headers }: FastifyRequest, type: string): boolean => headers.accept?.includes(type) ?? false;

/** The parts of a request, checked by the route's schemas; every mistake at once. */
function askedOf(row: RouteRow, request: FastifyRequest): unknown {
  const errors: { path: string; message: string }[] = [];
  const checked = (part: 'params' | 'query' | 'body', schema: z.ZodType | undefined, value: unknown): unknown => {
    if (!schema) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const { path, message } of result.error.issues) errors.push({ path: [part, ...path].join('.'), message });
    return undefined;
  };
  const params = checked('params', row.params, request.params);
  const query = checked('query', row.query, request.query);
  const body = checked('body', row.body, request.body ?? {});
  if (errors.length === 0) return { params, query, body };
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new Refusal({ title: 'bad request', status: 400, code: 'usage', detail, errors });
}

/** Removes a socket whose daemon died; refuses one that answers. */
async function takeSocket(socket: string): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o755 });
  if (!existsSync(socket)) return;
  const answers = await new Promise<boolean>((resolve) => {
    const attempt = connect(socket);
    attempt.once('connect', () => {
      attempt.destroy();
      resolve(true);
    });
    attempt.once('error', () => resolve(false));
  });
  if (answers) throw failure('daemon-running', { socket });
  unlinkSync(socket);
}

/** The group that `fairlead` members are in when nobody said otherwise. */
const USUAL_GROUP = 'fairlead';

/** Throws when a group that the file names cannot have the socket; of the usual one that is only told. */
function giveToGroup(socket: string, store: Store): void {
  const asked = store.get().config.api.group;
  const group = asked ?? USUAL_GROUP;
  const gid = groupId(group);
  if (gid === undefined && asked === undefined) return;
  try {
    if (gid === undefined) throw new Error('/etc/group has none of that name');
    chownSync(socket, -1, gid);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const refused = failure('socket-group', { socket, group, reason }, error);
    if (asked !== undefined) throw refused;
    store.tell('problem', `${refused.message}; its members cannot open it`);
  }
}
