import { z } from 'zod';
import { GIVEN_ROLES } from '../model/role.ts';
import { absolutePath, address, port, text } from './field.ts';

/** Who may reach the daemon, and what they may do there. */

const restart = (description: string) => ({ description, reload: 'restart' as const });

const account = (kind: 'user' | 'group', file: string) =>
  z.union([z.int().min(0).max(4294967294), text]).meta({ description: `name of a ${kind} in ${file}, or a number` });

const grant = z
  .strictObject({
    user: account('user', '/etc/passwd').optional(),
    group: account('group', '/etc/group').optional(),
    certificate: text
      .optional()
      .meta({ description: 'common name of a client certificate that `clientCa` vouches for' }),
    role: z.enum(GIVEN_ROLES).meta({
      description:
        'viewer reads; operator also drains, fails over, sets maintenance and reloads; admin may do everything',
    }),
  })
  .meta({ description: 'gives a role; names are looked up when the file is taken' });

const tls = z
  .strictObject({
    cert: absolutePath.meta({ description: 'certificate with its chain, PEM; read again with each reload' }),
    key: absolutePath.meta({ description: 'its key, PEM' }),
    clientCa: absolutePath
      .optional()
      .meta({ description: 'who signs client certificates, PEM; `roles` says what each may do' }),
  })
  .meta({ description: 'what the listener proves itself with; TLS 1.2 and 1.3' });

const listener = z
  .strictObject({
    address: address.meta({ description: '127.0.0.1 for this machine only; 0.0.0.0 or :: for every address' }),
    port: port.meta({ description: 'TCP port' }),
    tls: tls.optional(),
    plaintext: z.boolean().default(false).meta({
      description: 'without TLS on an address that others reach: tokens can be read on the way, and answers changed',
    }),
  })
  .meta({ description: 'where the API answers beside the socket' });

export const api = z
  .strictObject({
    group: account('group', '/etc/group')
      .optional()
      .meta(
        restart(
          'may open the socket beside the user that Fairlead runs as; when absent the group fairlead if there is one, else nobody',
        ),
      ),
    roles: z.array(grant).default([]).meta({
      description:
        'root and the user that Fairlead runs as are admin, others who may open the socket are viewer; these rows give more, and the highest counts',
    }),
    listen: z.array(listener).default([]).meta(restart('TCP listeners; without any there is the socket alone')),
    tokens: absolutePath
      .default('/etc/fairlead/tokens')
      .meta({ description: 'what `fairlead token` writes; mode 0600; a change counts at once' }),
    requestsPerSecond: z.int().min(1).max(1_000_000).default(1000).meta({
      description: 'that one caller may make; twice as many at once; the rest is answered with 429',
    }),
    hosts: z.array(text).default([]).meta({
      description:
        'names that requests over TCP may be for, beside addresses, localhost, the host name and those of the certificate',
    }),
  })
  .meta({ description: 'the admin API' });
