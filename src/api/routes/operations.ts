import { z } from 'zod';
import type { RouteRow } from '../contract.ts';
import { nameParam, serverParams } from '../schemas/common.ts';
import { operation } from '../schemas/operations.ts';
import { circumstancesBody } from '../schemas/overrides.ts';
import { serverOfService, serviceStatus } from '../schemas/services.ts';

const serviceParams = z.strictObject({ service: nameParam.describe('name of the service') });
const params = z.strictObject({ operation: nameParam.describe('id of the operation') });

export const operationRoutes = {
  drainServer: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/services/{service}/servers/{server}/drain',
    summary: 'no new connections to a server',
    doc: 'Holds when it is answered, and across restarts until it is undrained; the operation watches open connections end.',
    params: serverParams,
    body: circumstancesBody,
    revision: 'overrides',
    answer: operation,
    status: 202,
  },
  undrainServer: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/services/{service}/servers/{server}/undrain',
    summary: 'let a drained server serve again',
    doc: 'Cancels an operation that still watches the drain.',
    revision: 'overrides',
    params: serverParams,
    answer: serverOfService,
  },
  drainService: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/services/{service}/drain',
    summary: 'no new connections to any server of a service',
    doc: 'One change. Servers that are drained or in maintenance already stay as they are. What waits for the service is refused unless it has a fallback.',
    params: serviceParams,
    body: circumstancesBody,
    revision: 'overrides',
    answer: z.object({ operations: z.array(operation).describe('one for each server that is drained now') }),
    status: 202,
  },
  undrainService: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/services/{service}/undrain',
    summary: 'let every drained server of a service serve again',
    revision: 'overrides',
    params: serviceParams,
    answer: serviceStatus,
  },
  listOperations: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/operations',
    summary: 'operations, newest first',
    answer: z.object({ operations: z.array(operation) }),
  },
  getOperation: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/operations/{operation}',
    summary: 'how far an operation is',
    params,
    answer: operation,
  },
  cancelOperation: {
    role: 'operator',
    method: 'DELETE',
    path: '/api/v1/operations/{operation}',
    summary: 'take back what an operation does: a drained server serves again',
    doc: 'One that has ended stays as it ended.',
    revision: 'overrides',
    params,
    answer: operation,
  },
} as const satisfies Record<string, RouteRow>;
