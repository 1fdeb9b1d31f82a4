import { z } from 'zod';
import { text } from '../field.ts';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';

export const ssh = {
  to: 'tcp',
  settings: z
    .strictObject({
      proxy,
      banner: text.optional().meta({ description: 'text the version of the server must hold' }),
    })
    .meta({ description: 'an SSH server tells its version, and speaks SSH 2' }),
} as const satisfies CheckRow;
