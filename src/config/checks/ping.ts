import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const ping = {
  to: 'address',
  settings: z.strictObject({}).meta({ description: 'the address answers an ICMP echo request' }),
} as const satisfies CheckRow;
