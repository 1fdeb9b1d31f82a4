import { z } from 'zod';
import { bytePattern, bytes } from '../field.ts';
import { pattern } from './line.ts';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { tls } from './tls.ts';

const step = z
  .strictObject({
    send: bytes.optional().meta({
      description: 'what is sent: text with line ends of its own ("QUIT\\r\\n"), or bytes behind 0x ("0x0d0a")',
    }),
    expect: bytePattern
      .optional()
      .meta({ description: 'text that must come, or bytes behind 0x, where ? is any digit ("0x0d?a")' }),
    match: pattern
      .optional()
      .meta({ description: 'regular expression (RE2) that must match what comes, after expect' }),
    not: pattern.optional().meta({
      description:
        'regular expression (RE2) that must not match in what came in this step, up to the end of the expected',
    }),
  })
  .meta({ description: 'sends, then waits' });

export const dialogue = {
  to: 'tcp',
  settings: z
    .strictObject({
      tls: tls.optional(),
      proxy,
      steps: z
        .array(step)
        .min(1)
        .meta({ minItems: 1, description: 'one after the other; what comes before the expected is passed over' }),
    })
    .meta({ description: 'a server of any protocol over TCP answers as expected' }),
} as const satisfies CheckRow;
