import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const tcp = {
  to: 'tcp',
  settings: z
    .strictObject({
      close: z.enum(['reset', 'fin']).default('reset').meta({
        description:
          "how the connection ends: a reset takes the place of the handshake's last packet, so that no program sees it and no TIME_WAIT is left; fin completes the handshake and ends in order, for a server or a firewall that counts resets as attacks, at the price of a TIME_WAIT here for each probe",
      }),
    })
    .meta({ description: 'the connection opens' }),
} as const satisfies CheckRow;
