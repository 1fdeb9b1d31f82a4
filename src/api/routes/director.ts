import { z } from 'zod';
import type { RouteRow } from '../contract.ts';
import { nameParam, paging } from '../schemas/common.ts';
import { directorStatus, judgementStatus, readiness, status, syncStatus, sysctlStatus } from '../schemas/director.ts';
import { reportPage } from '../schemas/report.ts';

export const directorRoutes = {
  getDirector: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/director',
    summary: 'which director this is, and how it is',
    answer: directorStatus,
  },
  getStatus: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/status',
    summary: 'everything an operator looks at first',
    doc: 'Whole and unpaged. A kernel dump older than 0.9 s is renewed first.',
    answer: status,
  },
  getJudgement: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/judgement',
    summary: 'verdicts, conditions, roles, overrides and ownership, for a dry run elsewhere',
    answer: judgementStatus,
  },
  listSyncDaemons: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/sync',
    summary: 'connection sync daemons that the file asks for, and whether they run',
    answer: z.object({ daemons: z.array(syncStatus) }),
  },
  listSysctls: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/sysctls',
    summary: 'kernel settings below net.ipv4.vs: wanted and present',
    answer: z.object({ sysctls: z.array(sysctlStatus) }),
  },
  getReport: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/report',
    summary: 'availability: what was up and down, incidents, budgets, in parts',
    doc: 'Services first, then servers, then addresses. What counts as up, down and planned: docs/operations.md.',
    query: z.strictObject({
      ...paging,
      kind: z.enum(['service', 'server', 'address']).optional().describe('only those'),
      name: nameParam.optional().describe('only what is called that; a server is SERVICE/SERVER'),
    }),
    answer: reportPage,
  },
  getOpenapi: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'this document',
    answer: z.record(z.string(), z.unknown()),
  },
  getHealth: {
    role: 'anyone',
    method: 'GET',
    path: '/healthz',
    summary: 'the daemon answers',
    probe: true,
    answer: z.object({ ok: z.literal(true) }),
  },
  getReadiness: {
    role: 'anyone',
    method: 'GET',
    path: '/readyz',
    summary: 'whether the kernel has what this director wants it to have',
    doc: '`reasons` say why it is not ready. `problems` want somebody to look, while it goes on serving: a refused reload, servers that stay in service although they look dead, checks that cannot be made; a file that was wrong on all directors at once takes none of them out. Whoever does not prove to be a viewer is told how many there are, and not what.',
    probe: true,
    answer: readiness,
    otherwise: { status: 503, means: 'not ready' },
  },
} as const satisfies Record<string, RouteRow>;
