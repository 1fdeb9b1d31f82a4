import type { FastifyInstance } from 'fastify';
import type { Clock } from '../base/clock.ts';
import type { Director } from '../daemon/lifecycle.ts';
import { Metrics } from '../daemon/metrics.ts';
import { negotiate } from '../metrics/negotiate.ts';
import { CONTENT_TYPES, render } from '../metrics/render.ts';
import { sendable } from './pieces.ts';

/** GET /metrics, in the form that the caller prefers. */
export function addMetrics(server: FastifyInstance, director: Director, clock: Clock): void {
  const metrics = new Metrics(director, clock);
  server.route({
    method: ['GET', 'HEAD'],
    url: '/metrics',
    handler: async (request, reply) => {
      const format = negotiate(request.headers.accept);
      const pieces = render(metrics.families(), await metrics.scene(), format);
      return reply.type(CONTENT_TYPES[format]).send(sendable(pieces));
    },
  });
}
