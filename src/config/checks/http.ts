import { z } from 'zod';
import { absolutePath, statusRanges, text } from '../field.ts';
import type { CheckRow } from './row.ts';

export const http = {
  to: 'tcp',
  settings: z
    .strictObject({
      path: absolutePath.default('/').meta({ description: 'what is asked for' }),
      method: z.enum(['GET', 'HEAD']).default('GET').meta({ description: 'request method' }),
      host: text.optional().meta({ description: 'Host header; the server address when absent' }),
      status: statusRanges
        .prefault('200-399')
        .meta({ description: 'accepted status codes: 200, "200-299", or a list of those' }),
      body: text.optional().meta({ description: 'text the first 64 KiB of the body must hold' }),
    })
    .meta({ description: 'the server answers HTTP/1.1 with an accepted status' }),
} as const satisfies CheckRow;
