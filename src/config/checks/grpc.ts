import { z } from 'zod';
import { text } from '../field.ts';
import { line } from './line.ts';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { tls } from './tls.ts';

export const grpc = {
  to: 'tcp',
  settings: z
    .strictObject({
      service: text
        .optional()
        .meta({ description: 'name of the service that is asked about; the whole server when absent' }),
      host: line.optional().meta({ description: 'authority of the request; the server address when absent' }),
      tls: tls.optional(),
      proxy,
    })
    .meta({ description: 'a gRPC server says SERVING (grpc.health.v1); without tls over HTTP/2 in the clear' }),
} as const satisfies CheckRow;
