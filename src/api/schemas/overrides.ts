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

const value = { weight: z.int().min(0).max(2_147_483_647), state: z.enum(['up', 'down']) };
const circumstances = {
  reason: z.string().min(1).max(500).optional().describe('for whoever looks later'),
  untilMs: z.int().min(0).optional().describe('wall-clock milliseconds when it ends by itself'),
};

/** What comes with an override that is set. */
export const circumstancesBody = z.strictObject(circumstances);
export const maintenanceBody = z.strictObject({ on: z.boolean(), ...circumstances });
export const weightBody = z.strictObject({
  weight: value.weight.describe("in place of the file's, and of what an agent says"),
  ...circumstances,
});
export const stateBody = z.strictObject({
  state: value.state.describe('what the server counts as, whatever its checks find'),
  ...circumstances,
});

/** The overrides of one server as one document, which a merge patch changes. */
export const serverOverridesSet = z.strictObject({
  drain: circumstancesBody.optional(),
  maintenance: circumstancesBody.optional(),
  weight: z.strictObject({ value: value.weight, ...circumstances }).optional(),
  state: z.strictObject({ value: value.state, ...circumstances }).optional(),
});

const { reason: reasonText, untilMs } = circumstances;
const patched = { reason: reasonText.nullable(), untilMs: untilMs.nullable() };
const patchOf = <T extends z.ZodRawShape>(shape: T) =>
  z
    .strictObject({ ...shape, ...patched })
    .nullable()
    .optional();

export const serverOverridesPatch = z.strictObject({
  drain: patchOf({}),
  maintenance: patchOf({}),
  weight: patchOf({ value: value.weight.optional() }),
  state: patchOf({ value: value.state.optional() }),
});

const set = { by: text, sinceMs: wallMs, reason: text.optional(), untilMs: wallMs.optional() };

export const serverOverrides = z
  .object({
    drain: z.object(set).optional(),
    maintenance: z.object(set).optional(),
    weight: z.object({ value: count, ...set }).optional(),
    state: z.object({ value: value.state, ...set }).optional(),
  })
  .meta({
    id: 'ServerOverrides',
    description: 'what an operator set for one server; what is absent is as the file says',
  });
