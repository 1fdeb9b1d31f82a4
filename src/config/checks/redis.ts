import { z } from 'zod';
import { address, duration, port, text } from '../field.ts';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { secretFile } from './secret.ts';
import { tls } from './tls.ts';

export const redis = {
  to: 'tcp',
  settings: z
    .strictObject({
      tls: tls.optional(),
      proxy,
      user: text.optional().meta({ description: 'ACL user (Redis 6 and later)' }),
      passwordFile: secretFile.optional().meta({ description: 'file with the password, readable by its owner alone' }),
      role: z
        .enum(['any', 'master', 'replica'])
        .default('any')
        .meta({ description: 'what ROLE must answer; a replica must also be connected to its master' }),
      maxLag: duration(1000, 86_400_000)
        .optional()
        .meta({ description: 'a replica may not have heard from its master for this long; whole seconds' }),
      sentinels: z
        .strictObject({
          master: text.meta({ description: 'name under which the sentinels know the master' }),
          addresses: z
            .array(
              z.strictObject({
                address: address.meta({ description: 'IPv4 or IPv6 address of the sentinel' }),
                port: port.default(26379).meta({ description: 'port of the sentinel' }),
              }),
            )
            .min(1)
            .meta({
              minItems: 1,
              description:
                'sentinels; the first that answers is believed, also where it tells a name (announce-hostnames) that this machine can resolve',
            }),
        })
        .optional()
        .meta({ description: 'the server must be the one that the sentinels call master' }),
    })
    .meta({ description: 'a Redis server answers PING, and has the role that is asked for' }),
} as const satisfies CheckRow;
