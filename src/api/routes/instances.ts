import { z } from 'zod';
import type { RouteRow } from '../contract.ts';
import { nameParam } from '../schemas/common.ts';
import { failoverStatus, instanceStatus, instancesStatus, roleStatus } from '../schemas/director.ts';

const params = z.strictObject({ instance: nameParam.describe('name of the instance') });

export const instanceRoutes = {
  listInstances: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/instances',
    summary: 'VRRP instances: who is master, and why',
    answer: instancesStatus,
  },
  getInstance: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/instances/{instance}',
    summary: 'one instance',
    params,
    answer: instanceStatus,
  },
  getInstanceRole: {
    role: 'anyone',
    method: 'GET',
    path: '/api/v1/instances/{instance}/role',
    summary: 'whether this director is master, for the probes of other load balancers',
    probe: true,
    params,
    answer: roleStatus,
    otherwise: { status: 503, means: 'not master' },
  },
  failOver: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/instances/{instance}/failover',
    summary: 'hand an instance over without a gap',
    doc: 'Answers when the hand-over has ended. `done` tells whether it happened. 409 while this director or the instance is in maintenance.',
    params,
    body: z.strictObject({
      to: z
        .enum(['peer', 'other'])
        .default('other')
        .describe('peer: only give it away; other: a master gives it away, a backup takes it'),
    }),
    answer: failoverStatus,
  },
} as const satisfies Record<string, RouteRow>;
