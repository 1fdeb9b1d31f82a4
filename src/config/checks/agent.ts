import { z } from 'zod';
import { text } from '../field.ts';
import type { CheckRow } from './row.ts';

export const agent = {
  to: 'tcp',
  settings: z
    .strictObject({
      send: text.optional().meta({ description: 'line that is sent first' }),
    })
    .meta({
      description:
        "a program beside the server says how it is, in HAProxy's words: one line of up, down, failed, stopped, ready, drain, maint and a percentage of the weight such as 75%; usually on a port of its own",
    }),
} as const satisfies CheckRow;
