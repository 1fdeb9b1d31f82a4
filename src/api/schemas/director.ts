import { z } from 'zod';
import { count, durationMs, heldAddress, text, wallMs } from './common.ts';
import { override } from './overrides.ts';
import { serviceStatus } from './services.ts';

const vrrpState = z.enum(['init', 'backup', 'master', 'fault']);
const monotonicMs = z.number().describe('monotonic milliseconds');

const rival = z.object({ address: text, priority: z.int() });

export const instanceStatus = z
  .object({
    name: text,
    state: vrrpState,
    why: text,
    forMs: durationMs,
    vrid: z.int(),
    version: z.int(),
    family: text,
    interface: text,
    intervalMs: durationMs,
    group: z.union([text, z.null()]).describe('the sync group it is in'),
    priority: z.int().describe('what it advertises, or would'),
    terms: z.array(z.object({ name: text, value: z.number(), why: text })).describe('how the priority comes about'),
    faults: z.array(text),
    master: z.union([rival, z.null()]).describe('who is master as far as was heard; null: nobody, or this director'),
    duplicates: z
      .array(z.object({ address: text, interface: text, mac: text }))
      .describe('others that answer for what this director holds (ARP, neighbour discovery)'),
    rivals: z.array(rival).describe('others that claim what this director holds'),
    addresses: z.array(heldAddress),
    transitions: count.describe('changes of role since the daemon started'),
    received: z.record(z.string(), count).describe('packets received, by what became of them'),
    sent: count,
    late: count.describe('adverts that left more than half an interval late'),
  })
  .meta({ id: 'InstanceStatus' });

export const instancesStatus = z
  .object({ maintenance: z.boolean(), instances: z.array(instanceStatus) })
  .meta({ id: 'InstancesStatus' });

export const roleStatus = z
  .object({ instance: text, role: z.enum(['master', 'other']), state: text, why: text })
  .meta({ id: 'RoleStatus' });

export const failoverStatus = z.object({ done: z.boolean(), text }).meta({ id: 'FailoverStatus' });

export const syncStatus = z
  .object({
    role: z.enum(['master', 'backup']),
    interface: text,
    id: z.int(),
    group: text,
    port: z.int(),
    running: z.boolean(),
  })
  .meta({ id: 'SyncStatus' });

export const sysctlStatus = z
  .object({
    name: text,
    wanted: z.union([text, z.null()]).describe('null: left as it is'),
    present: z.union([text, z.null()]).describe('null: this kernel has none of that name, or it was not read'),
  })
  .meta({ id: 'SysctlStatus' });

const identity = {
  version: text,
  pid: z.int(),
  file: text,
  revision: count,
  startedAtMs: wallMs,
  inSync: z.boolean().describe('the newest pass left nothing to do and nothing failed'),
  problems: z.array(text),
  notes: z.array(text).describe('what was seen in the kernel and left alone'),
  maintenance: z.boolean(),
};

export const directorStatus = z
  .object({ ...identity, name: text, services: count, servers: count, instances: count, lastEvent: count })
  .meta({ id: 'DirectorStatus' });

export const status = z
  .object({
    ...identity,
    overrides: z.array(override).describe('what operators set on top of the file, oldest first'),
    services: z.array(serviceStatus),
    instances: z.array(instanceStatus),
    sync: z.array(syncStatus),
    addresses: z.array(heldAddress),
  })
  .meta({ id: 'Status', description: 'everything an operator looks at first' });

export const judgementStatus = z
  .object({
    overrides: z.array(override),
    atMs: monotonicMs.describe('when all this held, by the clock of the daemon that every time here is of'),
    verdicts: z.array(
      z.object({
        key: text,
        status: z.enum(['unknown', 'up', 'down']),
        why: text,
        reported: z
          .object({
            weight: z.union([z.object({ percent: z.number() }), z.object({ absolute: z.number() })]).optional(),
            admin: z.enum(['drain', 'maint']).optional(),
          })
          .optional()
          .describe('what it says of itself'),
        recoveredAtMs: monotonicMs.optional().describe('when it came back after it had been down'),
      }),
    ),
    roles: z.array(z.object({ instance: text, state: vrrpState })),
    quorums: z.array(
      z.object({
        service: text,
        held: z.union([z.boolean(), z.null()]).describe('null: not known yet'),
        sinceMs: monotonicMs,
        why: text,
      }),
    ),
    leaving: z
      .array(z.object({ key: text.describe('listener and destination'), sinceMs: monotonicMs }))
      .describe('destinations that stay at weight 0 until their connections have ended'),
    ownedServices: z.array(text),
    ownedAddresses: z.array(text),
    ownedDaemons: z.array(text),
  })
  .meta({ id: 'JudgementStatus', description: 'what a dry run needs to judge as the daemon would' });

export const reloadStatus = z
  .object({
    accepted: z.boolean(),
    text,
    notes: z.array(text).describe('of an accepted file: its warnings, and which clients get another server'),
  })
  .meta({ id: 'ReloadStatus' });

export const readiness = z
  .object({
    ready: z.boolean(),
    reasons: z.array(text).describe('why not; empty when ready'),
    problems: z.array(text).describe('what is wrong although it serves'),
  })
  .meta({ id: 'Readiness' });
