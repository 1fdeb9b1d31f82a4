import { z } from 'zod';
import { count, text, wallMs } from './common.ts';

export const operation = z
  .object({
    id: text,
    kind: z.enum(['drain']),
    service: text,
    server: text,
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    why: text.describe('of its state, in words'),
    warnings: z.array(text).describe('what this costs clients, as the kernel was set when it began, and what to do'),
    openConnections: count.describe('that the server still has'),
    initialConnections: count.describe('that it had when this began'),
    startedAtMs: wallMs,
    endedAtMs: z.union([wallMs, z.null()]),
    startedBy: text,
  })
  .meta({
    id: 'Operation',
    description:
      'something that takes a while; what runs and the last hundred that ended are remembered, not across restarts',
  });
