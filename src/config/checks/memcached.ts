import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const memcached = {
  to: 'tcp',
  settings: z.strictObject({}).meta({ description: 'a memcached server answers "version"' }),
} as const satisfies CheckRow;
