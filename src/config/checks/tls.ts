import { z } from 'zod';
import { absolutePath, duration, text, version } from '../field.ts';

/** How a check speaks TLS: the same settings for every kind that can. `tls: {}` is TLS with a certificate that is valid for
 *  the server's address. */
export const tls = z
  .strictObject({
    serverName: text.optional().meta({
      description: 'name that is asked for (SNI) and that the certificate must bear; the address when absent',
    }),
    verify: z
      .boolean()
      .default(true)
      .meta({ description: 'the certificate must be valid; false: any certificate will do' }),
    ca: absolutePath.optional().meta({ description: "file of PEM certificates to trust instead of the system's" }),
    certificate: absolutePath.optional().meta({ description: 'file with the client certificate, PEM' }),
    key: absolutePath.optional().meta({ description: 'file with the key of the client certificate, PEM' }),
    minVersion: version(['1.0', '1.1', '1.2', '1.3'])
      .prefault('1.2')
      .meta({ description: 'lowest version of TLS that will do' }),
    warnBefore: duration(0, 31_536_000_000).prefault('14d').meta({
      description: 'the reason of a good result tells of a certificate that ends sooner than this; 0s: never',
    }),
  })
  .meta({ description: 'speak TLS' });

export type TlsSettings = z.output<typeof tls>;
