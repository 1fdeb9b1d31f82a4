import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Director } from '../../daemon/lifecycle.ts';
import { mayActAs, type Peer, type Role } from '../../model/role.ts';
import type { Caller } from '../handlers/parts.ts';
import { refuse } from '../problem.ts';
import { LocalCallers } from './local.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least that a caller has to be; viewer where nothing is said. */
    role?: Role;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

export type PeerOf = (socket: Socket) => Peer;

const NOBODY: Caller = { name: 'anonymous', role: 'anyone' };

/** Finds out who asks before anything else of a request is looked at, and turns away who may not. */
export function addGuard(server: FastifyInstance, director: Director, peerOf: PeerOf): void {
  const local = new LocalCallers(director.store);
  const peers = new WeakMap<Socket, Peer>();
  server.server.on('connection', (socket: Socket) => {
    try {
      peers.set(socket, peerOf(socket));
    } catch {
      // Gone already, or of nobody knows whom.
      socket.destroy();
    }
  });
  server.decorateRequest('caller');
  server.addHook('onRequest', async (request) => {
    const peer = peers.get(request.raw.socket);
    request.caller = peer ? local.of(peer) : NOBODY;
    demand(request, request.routeOptions.config?.role ?? 'viewer');
  });
}

function demand({ caller, method, url }: FastifyRequest, needed: Role): void {
  if (mayActAs(caller.role, needed)) return;
  const operation = `${method} ${url.split('?')[0]}`;
  if (caller.role === 'anyone') throw refuse('unauthenticated', { operation, needed, who: 'nothing said who asks' });
  throw refuse('role-missing', { operation, needed, who: caller.name, present: caller.role });
}
