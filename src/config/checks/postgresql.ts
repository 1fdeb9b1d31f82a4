import { z } from 'zod';
import { duration, text } from '../field.ts';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { secretFile } from './secret.ts';
import { tls } from './tls.ts';

export const postgresql = {
  to: 'tcp',
  login: 'user',
  settings: z
    .strictObject({
      tls: tls.optional(),
      proxy,
      user: text.optional().meta({
        description: 'log in as this user; without one it is enough that the server would talk (as pg_isready)',
      }),
      passwordFile: secretFile.optional().meta({ description: 'file with the password, readable by its owner alone' }),
      database: text.default('postgres').meta({ description: 'database to log in to' }),
      role: z
        .enum(['any', 'primary', 'standby'])
        .default('any')
        .meta({ description: 'what pg_is_in_recovery() must say' }),
      maxLag: duration(1000, 86_400_000).optional().meta({
        description:
          'a standby may not be further behind than this, nor may its last transaction be older while it hears from no primary; whole seconds',
      }),
    })
    .meta({ description: 'a PostgreSQL server talks, lets a user in, and has the role that is asked for' }),
} as const satisfies CheckRow;
