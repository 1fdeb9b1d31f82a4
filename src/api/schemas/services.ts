import { z } from 'zod';
import { count, counter, nextCursor, text } from './common.ts';

const family = z.enum(['inet', 'inet6']);

const virtualServiceId = z.union([
  z.object({
    kind: z.literal('address'),
    protocol: z.enum(['tcp', 'udp', 'sctp']),
    address: text,
    port: z.int(),
  }),
  z.object({ kind: z.literal('fwmark'), mark: z.int(), family }),
]);

const virtualService = z
  .object({
    id: virtualServiceId,
    scheduler: text,
    schedulerFlags: z.int().describe('sum of the bits the kernel stores'),
    onePacket: z.boolean(),
    persistence: z.union([z.object({ timeoutS: z.int() }), z.null()]),
    engine: text.optional(),
    netmask: text.describe('dotted for IPv4, prefix length for IPv6'),
  })
  .meta({ id: 'VirtualService', description: 'settings of one kernel virtual service' });

/** Of the kernel, up to 2 s old. */
const counters = {
  connections: counter.describe('new connections since it was made; up to 2 s old, as the others'),
  inPackets: counter.describe('from clients'),
  outPackets: counter.describe('to clients; 0 where answers do not pass the director'),
  inBytes: counter,
  outBytes: counter,
};

const destinationStatus = z
  .object({
    key: text.describe('10.0.0.11:80'),
    address: text,
    port: z.int(),
    forward: text,
    weight: count,
    lastWeight: count
      .optional()
      .describe('the weight before it was set to 0, as far as the configuration tells; mh goes on counting with it'),
    activeConnections: count,
    inactiveConnections: count,
    ...counters,
    server: z.union([text, z.null()]).describe('the configured server behind it; null for one on its way out'),
    why: text,
  })
  .meta({ id: 'DestinationStatus' });

const listenerStatus = z
  .object({
    key: text.describe('tcp://10.0.0.100:80'),
    service: virtualService,
    inKernel: z.boolean(),
    ...counters,
    destinations: z.array(destinationStatus).describe("in the scheduler's own order"),
  })
  .meta({ id: 'ListenerStatus' });

const health = z.enum(['unknown', 'up', 'down', 'unchecked']);

export const serverStatus = z
  .object({
    name: text,
    address: text,
    health,
    administrative: z.enum(['enabled', 'drain', 'maintenance']).describe("the operator's word"),
    pinned: z.union([z.enum(['up', 'down']), z.null()]).describe("the operator's word in place of the checks'"),
    operator: z
      .union([text, z.null()])
      .describe('what an operator set of it, in words: drained, weight 7 in place of 4'),
    why: text,
    forMs: z.union([z.number(), z.null()]).describe('how long it has been so; null for an unchecked server'),
  })
  .meta({ id: 'ServerStatus' });

export const serviceStatus = z
  .object({ name: text, listeners: z.array(listenerStatus), servers: z.array(serverStatus) })
  .meta({ id: 'ServiceStatus' });

export const servicePage = z.object({ services: z.array(serviceStatus), next: nextCursor }).meta({ id: 'ServicePage' });

export const serverOfService = serverStatus
  .extend({
    service: text,
    weight: z.union([count, z.null()]).describe('weight in the kernel; null while it is not in the table'),
    activeConnections: count,
    inactiveConnections: count,
    connections: counter,
  })
  .meta({ id: 'ServerOfService', description: 'a server of one service, its destinations of all listeners together' });

export const serverPage = z.object({ servers: z.array(serverOfService), next: nextCursor }).meta({ id: 'ServerPage' });

const probeResult = z.object({
  ok: z.boolean(),
  agoMs: z.number(),
  durationMs: z.number(),
  phase: text,
  outcome: text.describe('a stable word: refused, timeout, status-503'),
  evidence: text,
});

export const checkStatus = z
  .object({
    service: text,
    server: text,
    kind: text,
    target: text.describe('what is asked: 10.0.0.11:80, an address alone, or empty for a script or a file'),
    users: z.array(text).describe('servers that go by the same check, as SERVICE/SERVER, this one among them'),
    nextInMs: z
      .union([z.number(), z.null()])
      .describe('until it is asked next, 0 while it is; null while nobody needs it, such as a check of masters only'),
    everyMs: z.number(),
    timeoutMs: z.number(),
    rise: z.int(),
    fall: z.int(),
    status: z.enum(['unknown', 'up', 'down']),
    why: text,
    contradictingResults: count.describe('results in a row that contradict the status'),
    last: z.union([probeResult, z.null()]),
  })
  .meta({ id: 'CheckStatus' });

export const checkPage = z.object({ checks: z.array(checkStatus), next: nextCursor }).meta({ id: 'CheckPage' });
