import { z } from 'zod';
import { session } from './mail.ts';
import type { CheckRow } from './row.ts';

export const ftp = {
  to: 'tcp',
  login: 'user',
  settings: z
    .strictObject(session)
    .meta({ description: 'an FTP server greets with 220, and lets a user in or answers NOOP as FTP does' }),
} as const satisfies CheckRow;
