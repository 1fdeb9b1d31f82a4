import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import type { Director } from '../../daemon/lifecycle.ts';
import { mayActAs, type Peer, type Role } from '../../model/role.ts';
import type { Caller } from '../handlers/parts.ts';
import { type Refusal, refuse } from '../problem.ts';
import { certifiedCaller } from './certificates.ts';
import { hostOf, isOurs } from './hosts.ts';
import { limitConnections, sourceOf } from './limits.ts';
import type { Listener } from './listeners.ts';
import { LocalCallers } from './local.ts';
import { Rates } from './rates.ts';
import { Tokens } from './tokens.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least that a caller has to be; viewer where nothing is said. */
    role?: Role;
  }
  interface FastifyRequest {
    caller: Caller;
    /** Where it came in: `socket`, or the client's address. */
    entrance: string;
    /** The code of the problem it was refused with. */
    refused: string | undefined;
    /** What a change made, such as `overrides revision 3`. */
    made: string | undefined;
  }
}

export type PeerOf = (socket: Socket) => Peer;

const NOBODY: Caller = { name: 'anonymous', role: 'anyone' };

/** What does not prove who it is may fail so often; further failures cost us less than an answer. */
const FAILURES = { perSecond: 0.2, burst: 10 };
/** Failures that are told, of all clients together. */
const TOLD_FAILURES = { perSecond: 0.1, burst: 20 };

const neededBy = ({ routeOptions }: FastifyRequest): Role => routeOptions.config?.role ?? 'viewer';

/** Finds out who asks before anything else of a request is looked at, and turns away who may not, or not so often. */
export class Guard {
  readonly #director: Director;
  readonly #peerOf: PeerOf;
  readonly #peers = new WeakMap<Socket, Peer>();
  readonly #listeners = new WeakMap<IncomingMessage, Listener>();
  readonly #local: LocalCallers;
  readonly #tokens: Tokens;
  readonly #rates: Rates;

  constructor(director: Director, clock: Clock, peerOf: PeerOf) {
    const { store } = director;
    this.#director = director;
    this.#peerOf = peerOf;
    this.#local = new LocalCallers(store);
    this.#tokens = new Tokens(
      () => store.get().config.api.tokens,
      (text) => store.tell('problem', text),
    );
    this.#rates = new Rates(() => clock.now());
  }

  addTo(server: FastifyInstance): void {
    server.server.on('connection', (socket: Socket) => this.#connected(socket));
    // Others must not be able to keep root out.
    limitConnections(server.server, (socket) => {
      const uid = this.#peers.get(socket)?.uid;
      return uid === undefined || uid === 0 ? undefined : `uid ${uid}`;
    });
    server.decorateRequest('caller');
    server.decorateRequest('entrance');
    server.decorateRequest('refused');
    server.addHook('onRequest', async (request) => this.#admit(request));
  }

  /** Whether who asked may still have what was asked for: tokens are revoked, and files give other roles. */
  stillMay(request: FastifyRequest): boolean {
    const listener = this.#listeners.get(request.raw);
    const { authorization } = request.headers;
    const caller = listener ? this.#callerOver(request, authorization) : this.#atSocket(request);
    return caller !== undefined && mayActAs(caller.role, neededBy(request));
  }

  /** A request of a TCP listener comes. */
  arrived(request: IncomingMessage, listener: Listener): void {
    this.#listeners.set(request, listener);
  }

  #connected(socket: Socket): void {
    try {
      this.#peers.set(socket, this.#peerOf(socket));
    } catch {
      // Gone already, or of nobody knows whom.
      socket.destroy();
    }
  }

  #admit(request: FastifyRequest): void {
    const needed = neededBy(request);
    const listener = this.#listeners.get(request.raw);
    request.entrance = listener ? (request.socket.remoteAddress ?? 'gone') : 'socket';
    request.caller = listener ? this.#remote(request, listener) : this.#atSocket(request);
    const { api } = this.#director.store.get().config;
    const key = request.caller === NOBODY ? sourceOf(request.entrance) : request.caller.name;
    this.#spend(key, { perSecond: api.requestsPerSecond, burst: 2 * api.requestsPerSecond });
    if (mayActAs(request.caller.role, needed)) return;
    const operation = `${request.method} ${request.url.split('?')[0]}`;
    const { name: who, role: present } = request.caller;
    if (request.caller === NOBODY) throw this.#failed(request, 'nothing said who asks');
    throw refuse('role-missing', { operation, needed, who, present });
  }

  #atSocket({ raw }: FastifyRequest): Caller {
    const peer = this.#peers.get(raw.socket);
    return peer ? this.#local.of(peer) : NOBODY;
  }

  #remote(request: FastifyRequest, { certificate }: Listener): Caller {
    const { api } = this.#director.store.get().config;
    const { host, origin, authorization } = request.headers;
    if (!isOurs(host, certificate, api.hosts)) throw refuse('wrong-host', { host: host ?? 'none' });
    // A browser that shows another site's page, with a certificate of its reader.
    if (origin !== undefined && hostOf(origin.replace(/^https?:\/\//, '')) !== hostOf(host ?? ''))
      throw refuse('wrong-origin', { origin });
    const caller = this.#callerOver(request, authorization);
    if (caller) return caller;
    request.caller = NOBODY;
    throw this.#failed(request, 'its token is not known');
  }

  /** Undefined when it says who it is and is not believed. */
  #callerOver({ socket }: FastifyRequest, authorization: string | undefined): Caller | undefined {
    const { api } = this.#director.store.get().config;
    if (authorization === undefined) return certifiedCaller(socket, api.roles) ?? NOBODY;
    const [, token = ''] = /^Bearer (\S+)$/i.exec(authorization) ?? [];
    return this.#tokens.callerOf(token);
  }

  #failed(request: FastifyRequest, who: string): Refusal {
    const { entrance, method, url } = request;
    this.#spend(`failed ${sourceOf(entrance)}`, FAILURES);
    const operation = `${method} ${url.split('?')[0]}`;
    if (this.#rates.take('told', TOLD_FAILURES) === 0)
      this.#director.store.tell('audit', `not let in (${entrance}): ${operation}: ${who}`);
    return refuse('unauthenticated', { operation, needed: neededBy(request), who });
  }

  #spend(key: string, rate: { readonly perSecond: number; readonly burst: number }): void {
    const waitMs = this.#rates.take(key, rate);
    if (waitMs > 0) throw refuse('too-many-requests', { seconds: Math.ceil(waitMs / 1000) });
  }
}
