import { z } from 'zod';
import { session } from './mail.ts';
import type { CheckRow } from './row.ts';

export const imap = {
  to: 'tcp',
  login: 'user',
  settings: z.strictObject(session).meta({ description: 'an IMAP server greets with OK' }),
} as const satisfies CheckRow;
