import { z } from 'zod';
import { KEPT_CHANGES } from '../../daemon/elections.ts';
import { KEPT_TRANSITIONS } from '../../daemon/health/book.ts';
import { EVENT_KINDS } from '../../daemon/store.ts';
import { EVENT_STREAM, type RouteRow } from '../contract.ts';
import { count, nameParam, paging } from '../schemas/common.ts';
import { event, historyPage } from '../schemas/events.ts';

const kinds = z
  .string()
  .max(200)
  .refine((text) => text.split(',').every((kind) => (EVENT_KINDS as readonly string[]).includes(kind)), {
    message: `expected kinds separated by commas, of ${EVENT_KINDS.join(', ')}`,
  });

export const eventRoutes = {
  listEvents: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/events',
    summary: 'what was decided and why, oldest first',
    doc: `The last thousand are kept. With \`Accept: ${EVENT_STREAM}\` it is a stream that goes on: what is kept, then what happens. Its ids name the daemon's life as well, so \`Last-Event-ID\` of an earlier life replays everything. A client that does not read is let go, and so is one whose token is revoked or whose role is gone. \`events()\` of the typed client with \`onLost\` asks again where it was.`,
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0).describe('only events with a larger id'),
      kind: kinds.optional().describe('only these kinds, separated by commas'),
      match: z.string().max(200).optional().describe('only events with this in their text'),
      limit: z.coerce.number().int().min(1).max(1000).default(1000).describe('the newest of them, at most'),
    }),
    answer: z.object({ events: z.array(event), lastId: count.describe('`after` of the next question') }),
    events: event,
  },
  listHistory: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/history',
    summary: 'changes of health and of roles, the newest first',
    doc: `Of each server the last ${KEPT_TRANSITIONS}, of each instance the last ${KEPT_CHANGES}; both across restarts.`,
    query: z.strictObject({
      ...paging,
      service: nameParam.optional().describe('only servers of this service'),
      server: nameParam.optional().describe('only servers of this name'),
      instance: nameParam.optional().describe('only this instance'),
      afterMs: z.coerce.number().min(0).default(0).describe('only what came later, in wall-clock milliseconds'),
    }),
    answer: historyPage,
  },
} as const satisfies Record<string, RouteRow>;
