import { z } from 'zod';
import { DEFAULT_SOCKET } from '../base/paths.ts';
import { COMPAT, type Compat } from '../model/metrics.ts';
import { SCHEDULERS } from '../model/schedulers.ts';
import { SCHEDULER_FLAGS } from '../model/service.ts';
import { isSysctlValue, SYSCTLS, type SysctlName, sysctlValues } from '../model/sysctls.ts';
import { api } from './api.ts';
import { check } from './check.ts';
import {
  absolutePath,
  address,
  addressWithPrefix,
  command,
  duration,
  interfaceName,
  listener,
  name,
  netmask,
  port,
  text,
} from './field.ts';
import { group, instance } from './instances.ts';

/** Every setting of the file, and nothing else. Types, validation, JSON Schema and docs/configuration.md come from here.
 *  `reload` says whether SIGHUP can apply a change (live, the default) or the daemon must restart.
 *  What concerns more than one setting is in rules/; so are lists that must not be empty, because a list whose only item is
 *  broken should not hide the other mistakes of its service. */

const restart = (description: string) => ({ description, reload: 'restart' as const });

const forward = z.enum(['nat', 'dr', 'tunnel']);
const tunnel = z
  .strictObject({
    type: z.enum(['ipip', 'gue', 'gre']).default('ipip').meta({ description: 'encapsulation' }),
    port: port.optional().meta({ description: 'UDP port of the far end; gue only, and needed there' }),
    checksum: z
      .enum(['none', 'csum', 'remcsum'])
      .default('none')
      .meta({ description: 'outer checksum; remcsum with gue only' }),
  })
  .meta({ description: 'details of forward: tunnel' });
const thresholds = z
  .strictObject({
    upper: z.int().min(1).max(2147483647).meta({ description: 'no new connections from this many on' }),
    lower: z
      .int()
      .min(0)
      .max(2147483647)
      .default(0)
      .meta({ description: 'new ones again below this; 0: three quarters of upper' }),
  })
  .meta({ description: 'connection limits of a server, kept by the kernel' });
const weight = z.int().min(0).max(2147483647);

/** Programs that run when something has become up or down. */
const hooks = (up: string, down: string) => ({
  up: command.optional().meta({ description: up }),
  down: command.optional().meta({ description: down }),
  timeout: duration(100, 3_600_000).prefault('30s').meta({ description: 'a hook that runs longer is ended' }),
  user: text.optional().meta({ description: 'hooks run as this user of /etc/passwd; as Fairlead when absent' }),
});

const notify = z.strictObject(hooks('run when the checks of a server find it up', 'run when they find it down')).meta({
  description:
    'programs that run for each server that goes down or comes up; they find FAIRLEAD_KIND, _SERVICE, _SERVER, _ADDRESS, _PORT, _STATE and _WHY in their environment',
});

const server = z
  .strictObject({
    name: name.optional().meta({ description: 'what people call it; ADDRESS or ADDRESS:PORT when absent' }),
    address: address.meta({ description: 'IPv4 or IPv6 address' }),
    port: port.optional().meta({ description: "the listener's port when absent; must equal it with dr and tunnel" }),
    weight: weight.default(1).meta({ description: 'share of the load; 0 takes no new connections' }),
    forward: forward.optional().meta({ description: "the service's when absent" }),
    tunnel: tunnel.optional(),
    thresholds: thresholds.optional(),
    check: z
      .union([check, z.literal('none')])
      .optional()
      .meta({ description: "replaces the service's check; none: always healthy" }),
    notify: z
      .union([notify, z.literal('none')])
      .optional()
      .meta({ description: "replaces the service's hooks of servers; none: nothing runs" }),
  })
  .meta({ description: 'a real server' });

const FLAG_WORDS = [
  ...new Set([...Object.values(SCHEDULERS).flatMap((row) => Object.keys(row.flags)), ...Object.keys(SCHEDULER_FLAGS)]),
];

const persistence = z
  .strictObject({
    timeout: duration(1000, 2_678_400_000)
      .prefault('6m')
      .meta({ description: 'how long a client keeps its server after its last connection; whole seconds' }),
    mask: netmask.optional().meta({
      description:
        'group clients by network: prefix length, or an IPv4 mask such as 255.255.255.0 (then IPv6 clients are not grouped)',
    }),
    engine: z.literal('sip').optional().meta({ description: 'persist on the SIP Call-ID (udp and fwmark)' }),
  })
  .meta({ description: 'a client stays with its server' });

const quorum = z
  .strictObject({
    weight: z.int().min(1).max(2147483647).default(1).meta({
      description: 'what the weights of the healthy servers must add up to; below that the fallback takes everything',
    }),
    hysteresis: z.int().min(0).max(2147483647).default(0).meta({
      description: 'the quorum is lost this much below weight, and found again this much above it',
    }),
    ...hooks('run when the quorum is there', 'run when it is lost'),
  })
  .meta({ description: 'how much of a service must be healthy for it to count as up' });

const service = z
  .strictObject({
    name: name.meta({ description: 'unique name' }),
    listen: z.array(listener).meta({
      minItems: 1,
      description:
        'tcp://ADDRESS:PORT, udp://, sctp://, fwmark://MARK (fwmark6:// for IPv6); port 0 is every port and needs persistence',
    }),
    scheduler: z
      .string()
      .meta({ word: 'scheduler', expects: 'a scheduler such as wlc or mh', enum: Object.keys(SCHEDULERS) })
      .default('wlc')
      .meta({ description: 'which server a new connection gets' }),
    flags: z
      .array(z.string().meta({ word: 'flag', expects: 'a flag such as fallback', enum: FLAG_WORDS }))
      .default([])
      .meta({ description: 'scheduler flags: fallback and port (sh, mh), flag-1 to flag-3 (any)' }),
    forward: forward
      .default('dr')
      .meta({ description: 'how packets reach the server: nat, dr (direct routing) or tunnel' }),
    tunnel: tunnel.optional(),
    persistence: persistence.optional(),
    onePacket: z.boolean().default(false).meta({ description: 'every datagram is scheduled alone (udp and fwmark)' }),
    thresholds: thresholds.optional(),
    check: z
      .union([check, z.literal('none')])
      .default('none')
      .meta({ description: 'none: every server counts as healthy' }),
    notify: notify.optional(),
    onFailure: z.enum(['remove', 'quiesce']).default('remove').meta({
      description: 'a dead server leaves the table (its connections end) or stays with weight 0 (they go on)',
    }),
    panic: z.int().min(1).max(99).optional().meta({
      description:
        'when more than this percentage of the checked servers look dead, the trouble is more likely our own: all keep serving, and it is told; never when absent',
    }),
    slowStart: duration(1000, 3_600_000).optional().meta({
      description: 'a server that was down comes back with a small weight that grows to its own in this time',
    }),
    quorum: quorum.optional(),
    checkWhile: z
      .strictObject({ master: name.meta({ description: 'name of an instance' }) })
      .optional()
      .meta({ description: 'servers are only checked while this director is master of that instance' }),
    drain: duration(0, 86_400_000)
      .prefault('1m')
      .meta({ description: 'how long a server that left the file keeps its open connections' }),
    availability: z
      .strictObject({
        target: z
          .number()
          .min(50)
          .max(99.999999)
          .meta({ description: 'percent of the time that a server is up, such as 99.99' }),
        warnAt: z.int().min(1).max(100).default(80).meta({
          description: 'percent of the downtime of 30 days, or of a year, that may be used before it is told',
        }),
      })
      .optional()
      .meta({ description: 'what `fairlead report` measures the service by' }),
    servers: z.array(server).meta({ minItems: 1, description: 'the real servers' }),
    fallback: z
      .strictObject({
        address: address.meta({ description: 'IPv4 or IPv6 address' }),
        port: port.optional().meta({ description: "the listener's port when absent" }),
        forward: forward.optional().meta({ description: "the service's when absent" }),
        tunnel: tunnel.optional(),
        inhibit: z.boolean().default(false).meta({
          description: 'stays in the table with weight 0 while it is not needed, so that its connections never end',
        }),
      })
      .optional()
      .meta({ description: 'gets everything while no server is healthy, or the quorum is lost; never checked' }),
  })
  .meta({ description: 'a virtual service: listeners in front of real servers' });

const sysctl = (name: SysctlName) => {
  const row = SYSCTLS[name];
  const value: z.ZodType<number | string, number | string> =
    row.shape === 'number' ? z.int().min(row.min).max(row.max) : z.string();
  return z
    .union([value.refine((given) => isSysctlValue(row, String(given)), sysctlValues(row)), z.literal('keep')])
    .default(row.set ?? 'keep')
    .meta({ description: row.meaning });
};

const sysctls = z
  .strictObject(
    Object.fromEntries(Object.keys(SYSCTLS).map((key) => [key, sysctl(key as SysctlName)])) as Record<
      SysctlName,
      ReturnType<typeof sysctl>
    >,
  )
  .meta({ description: 'kernel settings below net.ipv4.vs; keep leaves the present value' });

const syncId = z.int().min(0).max(255);

const sync = z
  .strictObject({
    interface: interfaceName.meta({
      description: 'where the directors hear each other; keep clients off it, nothing is signed',
    }),
    role: z
      .union([
        z.enum(['master', 'backup', 'both']),
        z
          .strictObject({ follow: name.meta({ description: 'name of an instance' }) })
          .meta({ description: 'master while that instance is master, else backup' }),
      ])
      .meta({ description: 'master tells of its connections, backup takes them up, both does both' }),
    id: z
      .union([
        syncId,
        z
          .strictObject({
            master: syncId.meta({ description: 'what this director sends as' }),
            backup: syncId.meta({ description: 'whose connections it takes up' }),
          })
          .meta({ description: 'an id for each role' }),
      ])
      .default(0)
      .meta({ description: 'a backup takes only what bears its id, with 0 everything; one id, or one for each role' }),
    group: address.default('224.0.0.81').meta({ description: 'multicast group, IPv4 or IPv6' }),
    port: port.default(8848).meta({ description: 'UDP port' }),
    ttl: z.int().min(1).max(255).default(1).meta({ description: 'hops a message may travel' }),
    maxLength: z.int().min(1024).max(65507).optional().meta({
      description:
        'bytes of the longest message without IP and UDP headers, alike on all directors; when absent 1472 (IPv6 group 1452), of a backup with a larger MTU more',
    }),
  })
  .meta({ description: "the kernel's connection sync: established connections outlive the director that made them" });

const director = z
  .strictObject({
    name: name.optional().meta({ description: 'how this director is called; the host name when absent' }),
    ipvs: z.enum(['shared', 'exclusive']).default('shared').meta({
      description: 'shared: services that Fairlead did not make stay untouched; exclusive: the whole table is ours',
    }),
    onStop: z
      .enum(['leave', 'remove'])
      .default('leave')
      .meta({ description: 'SIGTERM leaves table and addresses (connections go on) or removes what is ours' }),
    resync: duration(100, 3_600_000)
      .prefault('5s')
      .meta({ description: 'how often the kernel is compared with the file and mended' }),
    socket: absolutePath.default(DEFAULT_SOCKET).meta(restart('where commands reach the daemon')),
    state: absolutePath
      .default('/run/fairlead/state.json')
      .meta(restart('what Fairlead made, remembered across restarts')),
    overrides: absolutePath
      .default('/var/lib/fairlead/overrides.json')
      .meta(restart('what operators drained, put into maintenance, weighted or pinned; outlives a reboot')),
    writable: z
      .boolean()
      .default(false)
      .meta({ description: 'the API may replace this file (PUT /api/v1/config); commands and signals never do' }),
    history: absolutePath
      .default('/var/lib/fairlead/history.json')
      .meta(restart('what was up and down, for `fairlead report`; remembered for a year')),
    sync: sync.optional(),
    lease: duration(1000, 3_600_000)
      .prefault('15s')
      .meta({ description: 'a daemon that hangs longer than this gives up what it is master of' }),
    addressLife: duration(0, 3_600_000)
      .prefault('10s')
      .meta(
        restart(
          'addresses of instances are renewed so often that they vanish this long after everything died; 0s: never',
        ),
      ),
    realtime: z
      .boolean()
      .default(true)
      .meta(restart('the VRRP engine runs before ordinary processes (SCHED_RR), where that is permitted')),
    sysctls: sysctls.prefault({}),
  })
  .meta({ description: 'this node' });

const metrics = z
  .strictObject({
    compat: z
      .array(z.enum(Object.keys(COMPAT) as Compat[]))
      .default([])
      .meta({ description: `further names for the same numbers: ${Object.values(COMPAT).join(', ')}` }),
  })
  .meta({ description: 'what /metrics tells' });

export const configSchema = z
  .strictObject({
    director: director.prefault({}),
    addresses: z
      .array(
        z.strictObject({
          address: addressWithPrefix.meta({ description: 'ADDRESS/PREFIX' }),
          interface: interfaceName.meta({ description: 'where it is held' }),
        }),
      )
      .default([])
      .meta({ description: 'addresses this node always holds' }),
    instances: z.array(instance).default([]).meta({ description: 'VRRP instances' }),
    groups: z.array(group).default([]).meta({ description: 'sync groups of instances' }),
    services: z.array(service).default([]).meta({ description: 'virtual services' }),
    metrics: metrics.prefault({}),
    api: api.prefault({}),
  })
  .meta({ title: 'fairlead.yaml' });

export type Config = z.output<typeof configSchema>;
export type SyncConfig = NonNullable<Config['director']['sync']>;
export type AddressConfig = Config['addresses'][number];
export type ServiceConfig = Config['services'][number];
export type ServerConfig = ServiceConfig['servers'][number];
export type CheckConfig = Exclude<ServiceConfig['check'], 'none'>;
export type HooksConfig = NonNullable<ServiceConfig['notify']>;
export type InstanceConfig = Config['instances'][number];
export type GroupConfig = Config['groups'][number];
export type TrackConfig = InstanceConfig['track'][number];
export type RouteConfig = InstanceConfig['routes'][number];
export type RuleConfig = InstanceConfig['rules'][number];
export type ApiListenerConfig = Config['api']['listen'][number];
export type GrantConfig = Config['api']['roles'][number];
export type NotifyConfig = InstanceConfig['notify'];
