import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const sctp = {
  to: 'sctp',
  settings: z.strictObject({}).meta({ description: 'the SCTP association comes up' }),
} as const satisfies CheckRow;
