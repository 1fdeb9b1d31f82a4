import { z } from 'zod';
import { line } from './line.ts';
import { session } from './mail.ts';
import type { CheckRow } from './row.ts';
import { secretFile } from './secret.ts';

const { tls, startTls, proxy } = session;

export const ldap = {
  to: 'tcp',
  login: 'bind',
  settings: z
    .strictObject({
      tls,
      startTls,
      proxy,
      bind: line.optional().meta({ description: 'distinguished name to bind as; anonymous when absent' }),
      passwordFile: secretFile
        .optional()
        .meta({ description: 'file with its password, readable by its owner alone; goes in the clear without TLS' }),
    })
    .meta({ description: 'an LDAP server lets us bind' }),
} as const satisfies CheckRow;
