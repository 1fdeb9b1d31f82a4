import { z } from 'zod';
import { absolutePath } from '../field.ts';
import type { CheckRow } from './row.ts';

export const file = {
  to: 'nothing',
  settings: z
    .strictObject({
      path: absolutePath.meta({ description: 'the file; while it is missing or empty the server is down' }),
    })
    .meta({
      description:
        'the first line of a file says how the server is: words as of agent, or a whole number, which is the weight (negative: down)',
    }),
} as const satisfies CheckRow;
