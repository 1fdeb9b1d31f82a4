import type { Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { canonicalAddress, familyOf, networkAddress } from '../../base/ip.ts';
import { LINES } from '../contract.ts';

/** Limits of what one client may cost, on every listener. */
export const HTTP_LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  /** The whole request has to be there by then. */
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 60_000,
} as const satisfies ServerOptions;
export const BODY_LIMIT = 1024 * 1024;

/** Connections of one listener, and those among them of one address or user: a flood over TCP leaves the socket open. */
const CONNECTIONS = 256;
const CONNECTIONS_OF_ONE = 64;

/** An answer has to be taken by then; it costs memory until it is. */
const ANSWER_TIMEOUT_MS = 60_000;

/** What counts as one client: an address, or the network of an IPv6 host, which has as many addresses as it likes. */
export function sourceOf(remoteAddress: string | undefined): string {
  const address = canonicalAddress(remoteAddress ?? '');
  if (address === undefined) return remoteAddress ?? 'gone';
  return familyOf(address) === 'inet6' ? `${networkAddress(address, 64)}/64` : address;
}

/** `whose`: what a connection is counted by; undefined: by nothing. */
export function limitConnections(server: Server, whose: (socket: Socket) => string | undefined): void {
  const open = new Map<string, number>();
  server.maxConnections = CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    const from = whose(socket);
    if (from === undefined) return;
    const count = (open.get(from) ?? 0) + 1;
    open.set(from, count);
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left > 0) open.set(from, left);
      else open.delete(from);
    });
    if (count > CONNECTIONS_OF_ONE) socket.destroy();
  });
}

/** Lets clients go that do not take their answer. Streams of events and lines have limits of their own. */
export function limitAnswers(server: FastifyInstance, onLetGo: () => void, timeoutMs = ANSWER_TIMEOUT_MS): void {
  server.addHook('onSend', async (_request, reply) => {
    if (reply.getHeader('content-type') === LINES) return;
    const timer = setTimeout(() => {
      onLetGo();
      reply.raw.destroy();
    }, timeoutMs);
    reply.raw.once('close', () => clearTimeout(timer));
  });
}
