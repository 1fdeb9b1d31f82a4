import { z } from 'zod';
import { duration, text } from '../field.ts';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { secretFile } from './secret.ts';
import { tls } from './tls.ts';

export const mysql = {
  to: 'tcp',
  login: 'user',
  settings: z
    .strictObject({
      tls: tls.optional(),
      proxy,
      user: text.optional().meta({
        description:
          'log in as this user; without one only the greeting is read, which the server counts as an aborted connection (max_connect_errors)',
      }),
      passwordFile: secretFile.optional().meta({ description: 'file with the password, readable by its owner alone' }),
      database: text.optional().meta({ description: 'use this database' }),
      role: z.enum(['any', 'writable', 'read-only']).default('any').meta({ description: 'what @@read_only must say' }),
      maxLag: duration(1000, 86_400_000)
        .optional()
        .meta({ description: 'the server must be a replica that runs and is not further behind; whole seconds' }),
    })
    .meta({ description: 'a MySQL or MariaDB server greets, lets a user in, and has the role that is asked for' }),
} as const satisfies CheckRow;
