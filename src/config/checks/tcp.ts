import { z } from 'zod';
import type { CheckRow } from './row.ts';

export const tcp = {
  to: 'tcp',
  settings: z.strictObject({}).meta({
    description:
      "the connection opens; a reset takes the place of the handshake's last packet, so that no program sees it",
  }),
} as const satisfies CheckRow;
