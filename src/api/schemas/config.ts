import { z } from 'zod';
import { count, text } from './common.ts';

export const configText = z
  .string()
  .min(1)
  .max(1024 * 1024)
  .describe('a configuration, as YAML or JSON');

const issue = z
  .object({
    line: z.int(),
    column: z.int(),
    code: text,
    message: text,
    fix: text.optional(),
  })
  .meta({ id: 'ConfigIssue', description: 'something about a place in the text; lines and columns count from 1' });

export const configStatus = z
  .object({
    revision: count,
    file: text,
    text: text.describe('the file as it stands, its secrets left out'),
    edited: z.boolean().describe('the file is no longer what runs: somebody edited it, and nobody reloaded'),
    writable: z.boolean().describe('whether PUT may replace the file (`director.writable`)'),
    config: z.record(z.string(), z.unknown()).describe('what runs, every default written out, without secrets'),
  })
  .meta({ id: 'ConfigStatus' });

export const validation = z
  .object({ valid: z.boolean(), errors: z.array(issue), warnings: z.array(issue).describe('of a valid text') })
  .meta({ id: 'Validation' });

const share = z.number().min(0).max(1);

export const planStatus = z
  .object({
    revision: count.describe('of the configuration that runs'),
    ops: z.array(z.object({ kind: text, what: text, why: text })).describe('in their order'),
    clients: z
      .array(
        z.object({
          service: text,
          listener: text,
          change: text,
          left: share.describe('of all clients, those whose server goes'),
          others: share.describe('of the others, those who get another server nevertheless'),
          refused: share.describe('of all clients, those who are refused then'),
        }),
      )
      .describe('whose clients move, where the scheduler can be told for every client (sh, mh, dh)'),
    notes: z.array(text),
    warnings: z.array(issue),
    live: z.array(text).describe('settings that differ'),
    restart: z.array(text).describe('settings that differ and only change with a restart: a reload would refuse them'),
  })
  .meta({ id: 'PlanStatus', description: 'what a configuration would change in the kernel' });
