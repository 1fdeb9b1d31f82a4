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
      window: z.int().min(2).max(1000).optional().meta({
        description:
          'so many of the latest echoes are judged together, by how many were lost; each by itself when absent',
      }),
      loss: z
        .int()
        .min(0)
        .max(99)
        .optional()
        .meta({ description: 'percent of the window that may be lost; 0 when absent' }),
    })
    .meta({ description: 'the address answers an ICMP echo request' }),
} as const satisfies CheckRow;
