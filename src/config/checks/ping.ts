import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const ping = {
  to: 'address',
  settings: z
    .strictObject({
      size: z
        .int()
        .min(16)
        .max(65_000)
        .optional()
        .meta({ description: 'bytes of data in the request, to find a path that loses large packets; 16 when absent' }),
      ttl: z
        .int()
        .min(1)
        .max(255)
        .optional()
        .meta({ description: "time to live (hop limit); the kernel's when absent" }),
    })
    .meta({ description: 'the address answers an ICMP echo request' }),
} as const satisfies CheckRow;
