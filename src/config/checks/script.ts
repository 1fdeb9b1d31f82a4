import { z } from 'zod';
import { text } from '../field.ts';
import type { CheckRow } from './row.ts';

export const script = {
  to: 'nothing',
  settings: z
    .strictObject({
      command: z.array(text).min(1).meta({
        minItems: 1,
        description:
          'program and arguments, started without a shell; it finds FAIRLEAD_SERVER_ADDRESS and FAIRLEAD_SERVER_PORT in its environment; as root only if none but root can change it',
      }),
      user: text.optional().meta({ description: 'runs as this user of /etc/passwd; as Fairlead when absent' }),
      dynamic: z.boolean().default(false).meta({
        description: 'ending with 2 to 255 is good too and sets the weight to that less 2 (misc_dynamic of keepalived)',
      }),
    })
    .meta({ description: 'a program ends with 0 within timeout' }),
} as const satisfies CheckRow;
