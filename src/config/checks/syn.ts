import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const syn = {
  to: 'tcp',
  settings: z
    .strictObject({
      path: z.enum(['direct', 'service']).default('direct').meta({
        description:
          "direct: to the server's own address; service: to the address of the service, carried to this server as IPVS carries its packets (forward dr, or tunnel of type ipip or gre), which finds a server that does not hold that address",
      }),
    })
    .meta({
      description:
        'the port answers a SYN; the connection is never made, so the server program notices nothing (half-open). Needs CAP_NET_RAW',
    }),
} as const satisfies CheckRow;
