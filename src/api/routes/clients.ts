import { z } from 'zod';
import type { RouteRow } from '../contract.ts';
import { connectionLine, explanation, forecast } from '../schemas/clients.ts';
import { nameParam } from '../schemas/common.ts';

const service = nameParam.describe('name of a service, or one of its listeners as tcp://ADDRESS:PORT');
const equals = (what: string) => z.string().min(1).max(300).optional().describe(`only with this ${what}`);

export const clientRoutes = {
  explain: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/explain',
    summary: 'which server a client gets, and why',
    query: z.strictObject({
      client: z.string().max(100).describe('192.0.2.7, 192.0.2.7:40000 or [2001:db8::7]:40000'),
      service,
    }),
    answer: explanation,
  },
  predict: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/predict',
    summary: 'which server each of many clients gets, and who would get another one',
    query: z.strictObject({
      service,
      clients: z
        .string()
        .max(6000)
        .default('')
        .describe(
          'separated by commas: addresses, with a port where the scheduler hashes it, or networks (192.0.2.0/24)',
        ),
      without: z.string().max(2000).default('').describe('as if these servers, separated by commas, were removed'),
    }),
    answer: forecast,
  },
  listConnections: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/connections',
    summary: "the kernel's connection table",
    doc: 'Read piece by piece as it is sent, each with its own lock: an entry may come twice or not at all. The whole costs the kernel the square of its size, so there are limits.',
    query: z.strictObject({
      service: equals('service'),
      server: equals('server'),
      client: equals('client address'),
      state: equals('state, such as ESTABLISHED'),
      protocol: z.enum(['tcp', 'udp', 'sctp']).optional().describe('only with this protocol'),
      limit: z.coerce.number().int().min(1).max(100_000).default(10_000).describe('most connections given'),
      timeLimitMs: z.coerce.number().int().min(100).max(30_000).default(5000).describe('longest time spent reading'),
    }),
    answer: connectionLine,
    lines: true,
  },
} as const satisfies Record<string, RouteRow>;
