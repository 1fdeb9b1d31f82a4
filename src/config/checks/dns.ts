import { z } from 'zod';
import { text } from '../field.ts';
import type { CheckRow } from './row.ts';

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;

export const dns = {
  to: 'udp',
  settings: z
    .strictObject({
      name: z
        .string()
        .regex(/^(\.|([^.\s]{1,63}\.)*[^.\s]{1,63}\.?)$/)
        .max(253)
        .default('.')
        .meta({ word: 'name', expects: 'a domain name', description: 'name to ask for' }),
      type: z
        .enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'])
        .default('SOA')
        .meta({ description: 'type of record to ask for' }),
      over: z.enum(['udp', 'tcp']).default('udp').meta({
        description:
          'transport; an answer that is too long for a datagram is asked for again over TCP when it is needed',
      }),
      rcode: z.array(z.enum(RCODES)).default(['NOERROR']).meta({ minItems: 1, description: 'accepted response codes' }),
      answer: text.optional().meta({
        description: 'one answer must be this: an address, a name, the text of a TXT record',
      }),
    })
    .meta({ description: 'a DNS server answers a question' }),
} as const satisfies CheckRow;
