import type { FastifyInstance } from 'fastify';
import type { Store } from '../../daemon/store.ts';

const LONGEST_PATH = 200;
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One line for each change that was asked for, whatever came of it: in the log and among the events. */
export function addAudit(server: FastifyInstance, store: Store): void {
  server.decorateRequest('made');
  server.addHook('onResponse', async (request, reply) => {
    const { method, url, caller, entrance, made = `config revision ${store.get().revision}` } = request;
    // Who was not let in at all is told by the guard.
    if (READING.has(method) || caller.role === 'anyone') return;
    const outcome = request.refused === undefined ? reply.statusCode : `${reply.statusCode} ${request.refused}`;
    store.tell(
      'audit',
      `${caller.name} (${caller.role}, ${entrance}): ${method} ${url.split('?')[0]?.slice(0, LONGEST_PATH)}: ${outcome}, ${made}`,
    );
  });
}
