import { z } from 'zod';
import { text } from '../field.ts';
import { hex, pattern } from './line.ts';
import type { CheckRow } from './row.ts';
import { tls } from './tls.ts';

const step = z
  .strictObject({
    send: text.optional().meta({ description: 'text to send; line ends are yours: "QUIT\\r\\n"' }),
    sendHex: hex.optional().meta({ description: 'bytes to send, after send' }),
    expect: text.optional().meta({ description: 'text that must come' }),
    expectHex: hex.optional().meta({ description: 'bytes that must come, after expect' }),
    expectPattern: pattern
      .optional()
      .meta({ description: 'regular expression (RE2) that must match what comes, after expectHex' }),
  })
  .meta({ description: 'sends, then waits' });

export const dialogue = {
  to: 'tcp',
  settings: z
    .strictObject({
      tls: tls.optional(),
      steps: z
        .array(step)
        .min(1)
        .meta({ minItems: 1, description: 'one after the other; what comes before the expected is passed over' }),
    })
    .meta({ description: 'a server of any protocol over TCP answers as expected' }),
} as const satisfies CheckRow;
