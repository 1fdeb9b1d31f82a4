import { z } from 'zod';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { tls } from './tls.ts';

export const tcp = {
  to: 'tcp',
  settings: z
    .strictObject({
      close: z.enum(['reset', 'fin']).default('reset').meta({
        description:
          "how the connection ends: a reset takes the place of the handshake's last packet, so that no program sees it and no TIME_WAIT is left; fin completes the handshake and ends in order, for a server or a firewall that counts resets as attacks, at the price of a TIME_WAIT here for each probe; where tls or proxy is there, every connection ends in order",
      }),
      tls: tls.optional(),
      proxy,
    })
    .meta({ description: 'the connection opens; with tls, TLS is agreed on and the certificate is valid as well' }),
} as const satisfies CheckRow;
