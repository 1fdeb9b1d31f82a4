import { z } from 'zod';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';

export const memcached = {
  to: 'tcp',
  settings: z.strictObject({ proxy }).meta({ description: 'a memcached server answers "version"' }),
} as const satisfies CheckRow;
