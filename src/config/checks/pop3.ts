import { z } from 'zod';
import { session } from './mail.ts';
import type { CheckRow } from './row.ts';

export const pop3 = {
  to: 'tcp',
  login: 'user',
  settings: z.strictObject(session).meta({ description: 'a POP3 server greets with +OK' }),
} as const satisfies CheckRow;
