import { z } from 'zod';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { tls } from './tls.ts';

export const mongodb = {
  to: 'tcp',
  settings: z
    .strictObject({
      tls: tls.optional(),
      proxy,
      role: z
        .enum(['any', 'primary', 'secondary'])
        .default('any')
        .meta({ description: 'what the server must be in its replica set' }),
    })
    .meta({ description: 'a MongoDB server answers hello, and has the role that is asked for' }),
} as const satisfies CheckRow;
