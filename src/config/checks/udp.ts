import { z } from 'zod';
import { bytePattern, bytes } from '../field.ts';
import type { CheckRow } from './row.ts';

export const udp = {
  to: 'udp',
  settings: z
    .strictObject({
      send: bytes.optional().meta({ description: 'what is sent; an empty datagram when absent' }),
      expect: bytePattern
        .optional()
        .meta({ description: 'what an answer must begin with; any answer will do when absent' }),
      silence: z.enum(['down', 'up']).default('down').meta({ description: 'what no answer means' }),
      unreachable: z.enum(['down', 'ignore']).default('down').meta({
        description:
          'what an ICMP error (no such port, host or network) means; ignored, it is as no answer, for networks where others may send one',
      }),
      length: z
        .strictObject({
          min: z.int().min(0).max(65_535).default(0).meta({ description: 'bytes an answer has at least' }),
          max: z.int().min(0).max(65_535).default(65_535).meta({ description: 'and at most' }),
        })
        .prefault({})
        .meta({ description: 'how long an answer may be' }),
    })
    .meta({ description: 'the server answers a datagram, or at least nobody says that it is not there' }),
} as const satisfies CheckRow;
