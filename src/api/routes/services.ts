import { z } from 'zod';
import type { RouteRow } from '../contract.ts';
import { nameParam, paging, serverParams } from '../schemas/common.ts';
import { checkPage, serverOfService, serverPage, servicePage, serviceStatus } from '../schemas/services.ts';

const ofService = { service: nameParam.optional().describe('only of this service') };

export const serviceRoutes = {
  listServices: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/services',
    summary: 'services with their listeners, destinations and servers, in parts',
    query: z.strictObject(paging),
    answer: servicePage,
  },
  getService: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/services/{service}',
    summary: 'one service',
    params: z.strictObject({ service: nameParam.describe('name of the service') }),
    answer: serviceStatus,
    revision: 'overrides',
  },
  listServers: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/servers',
    summary: 'real servers of all services, in parts',
    query: z.strictObject({
      ...paging,
      ...ofService,
      health: z.enum(['unknown', 'up', 'down', 'unchecked']).optional().describe('only those'),
    }),
    answer: serverPage,
  },
  getServer: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/services/{service}/servers/{server}',
    summary: 'one server of one service',
    params: serverParams,
    answer: serverOfService,
    revision: 'overrides',
  },
  listChecks: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/checks',
    summary: 'health checks: what is asked, how often, and what was found last',
    query: z.strictObject({ ...paging, ...ofService }),
    answer: checkPage,
  },
} as const satisfies Record<string, RouteRow>;
