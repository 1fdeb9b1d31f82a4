import { z } from 'zod';
import { line } from './line.ts';
import { proxy } from './proxy.ts';
import { secretFile } from './secret.ts';
import { tls } from './tls.ts';

/** What protocols have in common that can begin TLS on a plain connection and then log in. */
export const session = {
  tls: tls.optional(),
  startTls: z
    .boolean()
    .default(false)
    .meta({ description: 'begin in the clear and ask for TLS (as tls says); false: TLS at once, if tls is there' }),
  proxy,
  user: line.optional().meta({ description: 'log in as this user; no log-in when absent' }),
  passwordFile: secretFile
    .optional()
    .meta({ description: 'file with the password, readable by its owner alone; goes in the clear without TLS' }),
} as const;
