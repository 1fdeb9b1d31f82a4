import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const tcp = {
  to: 'tcp',
  settings: z.strictObject({}).meta({ description: 'the connection opens' }),
} as const satisfies CheckRow;
