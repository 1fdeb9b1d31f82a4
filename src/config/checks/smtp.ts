import { z } from 'zod';
import { line } from './line.ts';
import { session } from './mail.ts';
import type { CheckRow } from './row.ts';

export const smtp = {
  to: 'tcp',
  login: 'user',
  settings: z
    .strictObject({
      helo: line.default('fairlead.invalid').meta({ description: 'name to give in EHLO' }),
      ...session,
    })
    .meta({ description: 'a mail server greets with 220 and takes EHLO (HELO if it must)' }),
} as const satisfies CheckRow;
