import { z } from 'zod';
import { text } from '../field.ts';
import type { CheckRow } from './row.ts';
import { secretFile } from './secret.ts';

export const radius = {
  to: 'udp',
  login: 'user',
  settings: z
    .strictObject({
      secretFile: secretFile.meta({
        description: 'file with the secret shared with the server, readable by its owner alone',
      }),
      user: text
        .optional()
        .meta({ description: 'log in as this user (PAP); without one Status-Server is sent (RFC 5997)' }),
      passwordFile: secretFile.optional().meta({ description: "file with the user's password" }),
      accept: z
        .enum(['accept', 'any'])
        .default('accept')
        .meta({ description: 'accept: the user must be let in; any: a signed refusal shows life as well' }),
      identifier: text.default('fairlead').meta({ description: 'NAS-Identifier of the request' }),
    })
    .meta({ description: 'a RADIUS server gives an answer that is signed with the secret' }),
} as const satisfies CheckRow;
