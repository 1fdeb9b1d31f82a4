import { z } from 'zod';
import { OVERRIDE_KIND_NAMES, type OverrideKind } from '../../model/override.ts';
import { count, nextCursor, text, wallMs } from './common.ts';

export const overrideKind = z.enum(OVERRIDE_KIND_NAMES as [OverrideKind, ...OverrideKind[]]);
export const overrideValue = z
  .union([count, z.enum(['up', 'down']), z.null()])
  .describe('of weight the weight, of state up or down; null of drain and maintenance');

export const override = z
  .object({
    id: text.describe('drain:server/web/r1'),
    target: text.describe('server/SERVICE/SERVER, service/SERVICE, instance/INSTANCE or director'),
    kind: overrideKind,
    value: overrideValue,
    by: text.describe('who set it'),
    sinceMs: wallMs,
    reason: z.union([text, z.null()]),
    untilMs: z.union([wallMs, z.null()]).describe('when it ends by itself; null: never'),
    orphan: z.boolean().describe('the file has no such target: it does nothing until that returns'),
  })
  .meta({ id: 'Override', description: 'what an operator set on top of the file' });

const revision = count.describe('of all overrides; If-Match takes it in quotes');

export const overridePage = z
  .object({ revision, overrides: z.array(override), next: nextCursor })
  .meta({ id: 'OverridePage' });

export const overridesCleared = z
  .object({ revision, cleared: z.array(override) })
  .meta({ id: 'OverridesCleared', description: 'what was taken back' });
