import { z } from 'zod';
import { EVENT_KINDS } from '../../daemon/store.ts';
import { nextCursor, text, wallMs } from './common.ts';

export const event = z
  .object({ id: z.int().min(1), atMs: wallMs, kind: z.enum(EVENT_KINDS), text })
  .meta({ id: 'DirectorEvent', description: 'something worth telling: what was decided and why' });

export const change = z
  .object({
    kind: z.enum(['server', 'instance']),
    service: z.union([text, z.null()]).describe('null: it is no server'),
    name: text.describe('of the server or instance'),
    atMs: wallMs,
    state: z.enum(['unknown', 'up', 'down', 'init', 'backup', 'master', 'fault']),
    why: text,
  })
  .meta({ id: 'Change', description: 'when something became what, and why' });

export const historyPage = z.object({ changes: z.array(change), next: nextCursor }).meta({ id: 'HistoryPage' });
