import { z } from 'zod';
import {
  absolutePath,
  address,
  addressWithPrefix,
  command,
  duration,
  interfaceName,
  name,
  port,
  routeTarget,
  text,
  url,
} from './field.ts';

/** The settings of VRRP: `instances:` and `groups:`. */

const DAY = 86_400_000;

const heldAddress = z
  .strictObject({
    address: addressWithPrefix.meta({ description: 'ADDRESS/PREFIX' }),
    interface: interfaceName.optional().meta({ description: "where it is held; the instance's when absent" }),
    label: z
      .string()
      .regex(/^[^\s/]{1,15}$/)
      .optional()
      .meta({ word: 'label', expects: 'a label of 1 to 15 characters', description: 'IPv4 label such as eth0:vip' }),
    scope: z.enum(['global', 'link', 'host']).default('global').meta({ description: 'scope of the address' }),
    hold: z.boolean().default(true).meta({
      description: 'false: it is advertised and hooks move it (a cloud’s elastic address); no interface gets it',
    }),
  })
  .meta({ description: 'an address that moves with the role' });

const peer = z
  .strictObject({
    address: address.meta({ description: 'IPv4 or IPv6 address of the other director' }),
    minTtl: z.int().min(0).max(255).default(0).meta({ description: 'adverts with a smaller TTL are refused' }),
    maxTtl: z.int().min(0).max(255).default(255).meta({ description: 'adverts with a larger TTL are refused' }),
  })
  .meta({ description: 'a director that is spoken to directly' });

const weight = z.int().min(-254).max(254).default(0).meta({
  description:
    'added to the priority: a positive one while it is up, a negative one while it is down; 0: down is a fault',
});

export const TRACK_KINDS = ['interface', 'process', 'file', 'script', 'reach', 'service'] as const;

const track = z
  .strictObject({
    interface: interfaceName.optional().meta({ description: 'up: the interface is up and has carrier' }),
    process: text
      .optional()
      .meta({ description: 'up: a program of this name runs (the name that ps -C knows, or a path)' }),
    file: absolutePath.optional().meta({
      description:
        'a whole number in this file, times weight, is added; with weight 0 a number other than 0 is a fault',
    }),
    script: command.optional().meta({ description: 'up: this program ends with 0 within timeout' }),
    reach: address.optional().meta({ description: 'up: this address answers a ping, or with port a TCP connection' }),
    service: name.optional().meta({ description: 'up: this service has a server that takes connections' }),
    weight,
    reverse: z.boolean().default(false).meta({ description: 'up counts as down and down as up' }),
    min: z.int().min(1).max(65535).default(1).meta({ description: 'process: this many must run' }),
    max: z.int().min(1).max(65535).optional().meta({ description: 'process: no more than this many may run' }),
    port: port.optional().meta({ description: 'reach: TCP port; without it ICMP echo' }),
    every: duration(10, DAY)
      .prefault('1s')
      .meta({ description: 'script, reach, file: time between two looks; a file is also looked at when it changes' }),
    timeout: duration(10, DAY).prefault('1s').meta({ description: 'script, reach: longest a look may take' }),
    rise: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .meta({ description: 'script, reach: good looks in a row until it is up again' }),
    fall: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .meta({ description: 'script, reach: bad looks in a row until it is down' }),
    user: text.optional().meta({ description: 'script: runs as this user of /etc/passwd; as Fairlead when absent' }),
  })
  .meta({ description: 'something the instance depends on' });

const notify = z
  .strictObject({
    master: command.optional().meta({ description: 'run when the instance has become master' }),
    backup: command.optional().meta({ description: 'run when it has become backup' }),
    fault: command.optional().meta({ description: 'run when it is in fault' }),
    stop: command.optional().meta({ description: 'run when it is stopped' }),
    any: command.optional().meta({
      description: 'run at every change, with INSTANCE or GROUP, name, MASTER|BACKUP|FAULT|STOP and priority added',
    }),
    http: url.optional().meta({ description: 'each change is posted here as JSON' }),
    fifo: absolutePath.optional().meta({
      description: 'each change is written here as keepalived\'s line: INSTANCE "name" MASTER 150',
    }),
    beforeRelease: command.optional().meta({
      description: 'run before a planned release, which waits for its end, at most timeout',
    }),
    timeout: duration(100, 3_600_000)
      .prefault('30s')
      .meta({ description: 'a hook that runs longer is ended; later changes of the object wait for it' }),
    user: text.optional().meta({ description: 'hooks run as this user of /etc/passwd; as Fairlead when absent' }),
  })
  .meta({
    description:
      'who is told of changes; programs find FAIRLEAD_KIND, _INSTANCE, _STATE, _PRIORITY and _WHY in their environment',
  });

const announce = z
  .strictObject({
    count: z.int().min(1).max(100).default(5).meta({ description: 'frames for each address in one round' }),
    repeatAfter: duration(0, DAY)
      .prefault('5s')
      .meta({ description: 'a second round this long after taking over; 0s: none' }),
    refresh: duration(0, DAY).prefault('0s').meta({ description: 'a round every so often while master; 0s: none' }),
    gap: duration(0, 1000)
      .prefault('0s')
      .meta({ description: 'time between two frames on one interface; 0s: as fast as the interface takes them' }),
    look: duration(0, DAY).prefault('30s').meta({
      description:
        'how often the master looks who else answers for the addresses (ARP probe, neighbour solicitation), the first time a second after taking over; 0s: never',
    }),
    interfaces: z.array(interfaceName).default([]).meta({ description: 'further interfaces that hear of it' }),
  })
  .meta({ description: 'gratuitous ARP and unsolicited neighbour advertisements' });

const secret = z
  .strictObject({
    id: z.int().min(0).max(255).meta({ description: 'number of the key, alike on all directors' }),
    secret: text.optional().meta({ description: '32 to 64 bytes of text, or hex: and their hexadecimal digits' }),
    secretFile: absolutePath.optional().meta({ description: 'a file that holds it' }),
  })
  .meta({ description: 'a key' });

const hmac = z
  .strictObject({
    keys: z.array(secret).meta({ minItems: 1, description: 'keys that are believed' }),
    active: z.int().min(0).max(255).meta({ description: 'id of the key that signs' }),
    mode: z.enum(['enforce', 'permissive', 'receive-only']).default('enforce').meta({
      description:
        'enforce: unsigned adverts are refused; permissive: taken; receive-only: taken, and ours are not signed (to begin with)',
    }),
    window: duration(1000, 3_600_000).optional().meta({
      description:
        'how old a signed advert may be; when absent the larger of 3 adverts and 5s; clocks must agree that well',
    }),
  })
  .meta({
    description: 'signed adverts (draft-cassen-vrrp-auth-hmac-00); no other program was at hand to try it with',
  });

const route = z
  .strictObject({
    to: routeTarget.meta({ description: 'NETWORK/PREFIX or default' }),
    via: address.optional().meta({ description: 'next hop' }),
    interface: interfaceName.optional().meta({ description: 'outgoing interface' }),
    source: address.optional().meta({ description: 'preferred source address' }),
    table: z.int().min(1).max(4294967295).default(254).meta({ description: 'routing table; 254 is main' }),
    metric: z
      .int()
      .min(0)
      .max(4294967295)
      .default(0)
      .meta({ description: 'priority of the route; smaller wins; 0: the kernel’s choice' }),
  })
  .meta({ description: 'a route that is there while the instance is master' });

const rule = z
  .strictObject({
    from: addressWithPrefix.optional().meta({ description: 'source NETWORK/PREFIX' }),
    to: addressWithPrefix.optional().meta({ description: 'destination NETWORK/PREFIX' }),
    interface: interfaceName.optional().meta({ description: 'incoming interface' }),
    mark: z.int().min(1).max(4294967295).optional().meta({ description: 'firewall mark' }),
    table: z.int().min(1).max(4294967295).meta({ description: 'routing table that is looked into' }),
    priority: z.int().min(1).max(32765).meta({ description: 'place among the rules; smaller is asked first' }),
  })
  .meta({ description: 'a rule that is there while the instance is master' });

const virtualMac = z
  .strictObject({
    name: interfaceName.optional().meta({ description: 'of the macvlan; vrrp.VRID (vrrp6.VRID) when absent' }),
    adverts: z
      .enum(['virtual', 'parent'])
      .default('virtual')
      .meta({ description: 'hardware address that adverts leave with' }),
  })
  .meta({ description: "the virtual router's own hardware address 00:00:5e:00:01:VRID on a macvlan" });

export const instance = z
  .strictObject({
    name: name.meta({ description: 'unique name' }),
    interface: interfaceName.meta({ description: 'where the directors hear each other' }),
    vrid: z.int().min(1).max(255).meta({ description: 'number of the virtual router, alike on all its directors' }),
    version: z.int().min(2).max(3).default(3).meta({ description: 'of VRRP; 2 for IPv4 only, and whole seconds' }),
    priority: z
      .int()
      .min(1)
      .max(255)
      .default(100)
      .meta({ description: 'the highest one is master; 255 owns the addresses and always preempts' }),
    advertise: duration(10, 40_950)
      .prefault('1s')
      .meta({ description: 'time between two adverts; a silent master is replaced after some 3 of them' }),
    preempt: z
      .boolean()
      .default(true)
      .meta({ description: 'a better backup takes over from a master that works; false: it waits until that fails' }),
    preemptDelay: duration(0, 3_600_000)
      .prefault('0s')
      .meta({ description: 'a better backup waits this long before it takes over' }),
    startDelay: duration(0, 3_600_000)
      .prefault('0s')
      .meta({ description: 'after its start the instance only listens for this long' }),
    addresses: z.array(z.union([addressWithPrefix, heldAddress])).meta({
      minItems: 1,
      description:
        "the virtual addresses; adverts carry those of the first one's family, others move with them unannounced",
    }),
    source: address
      .optional()
      .meta({ description: "where adverts come from; the interface's first address when absent" }),
    group: address.optional().meta({ description: 'multicast group; 224.0.0.18 or ff02::12 when absent' }),
    peers: z
      .array(z.union([address, peer]))
      .default([])
      .meta({ description: 'unicast instead of multicast: only these are spoken to, and only these are believed' }),
    ttl: z.int().min(1).max(255).default(255).meta({ description: 'of adverts; multicast wants 255' }),
    downAdverts: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .meta({ description: 'adverts that must be missing before a backup takes over; the RFCs say 3' }),
    assert: z.boolean().default(true).meta({
      description: "answer a worse master's advert with one of ours at once (RFC 9568; older RFCs keep silent)",
    }),
    handover: duration(0, 3_600_000).optional().meta({
      description:
        'how long a planned hand-over waits for a successor; when absent as long as it takes to notice a death',
    }),
    maxAdvertise: duration(10, 40_950).optional().meta({
      description: 'adverts that announce a longer interval are refused (v3); 10 times our own when absent',
    }),
    addressCheck: z.enum(['overlap', 'exact', 'none']).default('overlap').meta({
      description: 'adverts are believed that share an address with ours, or list the same ones, or whatever they list',
    }),
    checksum: z.enum(['auto', 'pseudo', 'message']).default('auto').meta({
      description:
        'VRRPv3 on IPv4: sums over the pseudo-header (keepalived, FRR), over the message alone (RFC 9568), or both are believed; auto sends pseudo',
    }),
    password: text
      .optional()
      .meta({ description: 'simple text password of version 2, up to 8 characters; not a secret' }),
    hmac: hmac.optional(),
    virtualMac: z
      .union([z.boolean(), virtualMac])
      .default(false)
      .meta({ description: 'true, or a map with more: use the virtual hardware address' }),
    accept: z.boolean().default(true).meta({
      description:
        'false: the master answers ARP and neighbour discovery for the addresses and forwards, but takes no packet to them itself (Accept_Mode); services of IPVS on them go on; priority 255 takes them always',
    }),
    announce: announce.prefault({}),
    track: z.array(track).default([]).meta({ description: 'what raises and lowers the priority, or is a fault' }),
    trackInterface: z
      .boolean()
      .default(true)
      .meta({ description: "false: the instance's own interface may be down without a fault" }),
    notify: notify.prefault({}),
    routes: z.array(route).default([]).meta({ description: 'routes that follow the role' }),
    rules: z.array(rule).default([]).meta({ description: 'rules that follow the role' }),
  })
  .meta({ description: 'a VRRP instance: addresses that one of several directors holds' });

export const group = z
  .strictObject({
    name: name.meta({ description: 'unique name' }),
    instances: z.array(name).meta({ minItems: 2, description: 'instances that are master together or not at all' }),
    notify: notify.prefault({}),
  })
  .meta({ description: 'a sync group' });
