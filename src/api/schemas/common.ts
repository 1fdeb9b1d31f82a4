import { z } from 'zod';

/** Parts that many routes share. A schema with an `id` is a component of the OpenAPI document and a type of the client. */

export const count = z.int().min(0);
export const text = z.string();
export const wallMs = z.number().min(0).describe('wall-clock milliseconds since 1970');
export const durationMs = z.number().describe('milliseconds');
/** Counters outgrow a double. */
export const counter = z.string().regex(/^\d+$/).describe('a counter as decimal text');

export const nameParam = z.string().min(1).max(300);
export const serverParams = z.strictObject({
  service: nameParam.describe('name of the service'),
  server: nameParam.describe('name of the server: its configured name, or ADDRESS or ADDRESS:PORT'),
});

export const heldAddress = z
  .object({ address: text, interface: text, present: z.boolean() })
  .meta({ id: 'HeldAddress', description: 'an address with its prefix, and whether the kernel has it' });

/** Which part of a long list. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('most items of one answer'),
  cursor: z.string().max(400).optional().describe('`next` of the answer before'),
};

export const nextCursor = z
  .union([z.string(), z.null()])
  .describe('cursor of the next part; null when this was the last one');

export const problem = z
  .object({
    type: text.describe('a URI that names the kind of problem: urn:fairlead:CODE'),
    title: text,
    status: z.int().min(400).max(599),
    code: text.describe('stable; what programs look at'),
    detail: text.describe('what was expected and what came'),
    fix: text.optional().describe('what to do about it'),
    retryAfterS: count.optional().describe('of one request too many: seconds until the next may come'),
    revision: count.optional().describe('of a change that came too late: the one that holds now'),
    errors: z
      .array(z.object({ path: text, message: text, line: z.int().optional(), column: z.int().optional() }))
      .optional()
      .describe('each mistake of the request'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });
