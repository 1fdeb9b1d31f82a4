import { z } from 'zod';
import type { RouteRow } from '../contract.ts';
import { directorStatus, judgementStatus, readiness, status, syncStatus, sysctlStatus } from '../schemas/director.ts';

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
    summary: 'availability: what was up and down, incidents, budgets',
    answer: z.record(z.string(), z.unknown()),
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
    answer: z.object({ ok: z.literal(true) }),
  },
  getReadiness: {
    role: 'viewer',
    method: 'GET',
    path: '/readyz',
    summary: 'whether the daemon does all that its file says',
    answer: readiness,
    otherwise: { status: 503, means: 'not ready' },
  },
} as const satisfies Record<string, RouteRow>;
