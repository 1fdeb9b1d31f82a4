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
      silence: z
        .enum(['down', 'up'])
        .default('down')
        .meta({ description: 'what no answer means; an ICMP error is down in any case' }),
    })
    .meta({ description: 'the server answers a datagram, or at least nobody says that it is not there' }),
} as const satisfies CheckRow;
