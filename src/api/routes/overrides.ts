import { z } from 'zod';
import type { RouteRow } from '../contract.ts';
import { nameParam, paging } from '../schemas/common.ts';
import { override, overrideKind, overridePage, overridesCleared } from '../schemas/overrides.ts';

const params = z.strictObject({ override: nameParam.describe('id of the override, its slashes as %2F') });
const which = {
  kind: overrideKind.optional().describe('only of this kind'),
  target: nameParam.optional().describe('only of this target: server/web/r1'),
  orphan: z
    .stringbool()
    .optional()
    .describe('true: only those whose target the file does not have; false: only others'),
};

export const overrideRoutes = {
  listOverrides: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/overrides',
    summary: 'what operators set on top of the file, oldest first, in parts',
    doc: 'Overrides outlive reloads, restarts and reboots (`director.overrides`).',
    query: z.strictObject({ ...paging, ...which }),
    answer: overridePage,
    revision: 'overrides',
  },
  getOverride: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/overrides/{override}',
    summary: 'one override',
    params,
    answer: override,
    revision: 'overrides',
  },
  clearOverrides: {
    role: 'operator',
    method: 'DELETE',
    path: '/api/v1/overrides',
    summary: 'take overrides back: all, or those that the query names',
    query: z.strictObject(which),
    answer: overridesCleared,
    revision: 'overrides',
  },
  clearOverride: {
    role: 'operator',
    method: 'DELETE',
    path: '/api/v1/overrides/{override}',
    summary: 'take one override back',
    params,
    answer: overridesCleared,
    revision: 'overrides',
  },
} as const satisfies Record<string, RouteRow>;
