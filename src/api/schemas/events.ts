import { z } from 'zod';
import { EVENT_KINDS } from '../../daemon/store.ts';
import { text, wallMs } from './common.ts';

export const event = z
  .object({ id: z.int().min(1), atMs: wallMs, kind: z.enum(EVENT_KINDS), text })
  .meta({ id: 'DirectorEvent', description: 'something worth telling: what was decided and why' });
