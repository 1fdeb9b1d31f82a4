import { z } from 'zod';
import { GIVEN_ROLES } from '../model/role.ts';
import { text } from './field.ts';

/** Who may reach the daemon, and what they may do there. */

const account = (kind: 'user' | 'group', file: string) =>
  z.union([z.int().min(0).max(4294967294), text]).meta({ description: `name of a ${kind} in ${file}, or a number` });

const grant = z
  .strictObject({
    user: account('user', '/etc/passwd').optional(),
    group: account('group', '/etc/group').optional(),
    role: z.enum(GIVEN_ROLES).meta({
      description:
        'viewer reads; operator also drains, fails over, sets maintenance and reloads; admin may do everything',
    }),
  })
  .meta({ description: 'gives a role; names are looked up when the file is taken' });

export const api = z
  .strictObject({
    group: account('group', '/etc/group').optional().meta({
      reload: 'restart',
      description:
        'may open the socket beside the user that Fairlead runs as; when absent the group fairlead if there is one, else nobody',
    }),
    roles: z.array(grant).default([]).meta({
      description:
        'root and the user that Fairlead runs as are admin, others who may open the socket are viewer; these rows give more, and the highest counts',
    }),
  })
  .meta({ description: 'the admin API' });
