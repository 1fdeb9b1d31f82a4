import { familyOf } from '../../base/ip.ts';
import { fullNetmask, type Protocol, serviceFamily } from '../../model/service.ts';
import { type Awaitable, ipv4OrHost, multicastFrom, type Resolver, readEndpoint, whenKnown } from './address.ts';
import { type Draft, protocolOf, Refusal } from './draft.ts';
import { leadingNumber, numberFrom } from './numbers.ts';
import { type FormName, TUNNEL_TYPES } from './options.ts';

/** Reads an option's value into the draft; refuses it with ipvsadm's words. */
type Take = (draft: Draft, value: string, resolver: Resolver) => Awaitable<void>;

const MAX_INT = 2147483647;
const MAX_MARK = 4294967295;
/** 31 days. */
export const LONGEST_TIMEOUT_S = 31 * 24 * 60 * 60;
const DEFAULT_PERSISTENCE_S = 360;
/** Longest names the kernel takes; ipvsadm cuts longer ones. */
const SCHEDULER_LENGTH = 15;
const ENGINE_LENGTH = 16;
const INTERFACE_LENGTH = 15;
const FORWARDS = ['nat', 'local', 'tunnel', 'dr', 'bypass'] as const;

const must = <T>(value: T | undefined, text: string): T => {
  if (value === undefined) throw new Refusal(text);
  return value;
};

/** A name that no module can have stays one that none has, so that the kernel says so. */
const kernelName = (text: string, length: number): string =>
  /^[\x21-\x7e]*$/.test(text) ? text.slice(0, length) : '?';

const number =
  (least: number, most: number, name: string, store: (draft: Draft, value: number) => void): Take =>
  (draft, value) =>
    store(draft, must(numberFrom(value, least, most), `illegal ${name} specified`));

const service =
  (protocol: Protocol): Take =>
  (draft, value, resolver) =>
    whenKnown(readEndpoint(value, protocol, resolver), (found) => {
      const { address, port } = must(found, 'illegal virtual server address[:port] specified');
      draft.id = { kind: 'address', protocol, address, port: port ?? 0 };
      if (familyOf(address) === 'inet6') draft.netmask = fullNetmask('inet6');
    });

/** Options whose giving alone says it all have no row. */
export const TAKE: Partial<Readonly<Record<FormName, Take>>> = {
  'tcp-service': service('tcp'),
  'udp-service': service('udp'),
  'sctp-service': service('sctp'),
  'fwmark-service'(draft, value) {
    const mark = must(numberFrom(value, 1, MAX_MARK), `invalid fwmark value \`${value}' specified`);
    draft.id = { kind: 'fwmark', mark, family: 'inet' };
  },
  ipv6(draft) {
    if (draft.id?.kind !== 'fwmark') throw new Refusal('-6 used before -f\n');
    draft.id = { ...draft.id, family: 'inet6' };
    draft.netmask = fullNetmask('inet6');
  },
  scheduler(draft, value) {
    draft.scheduler = kernelName(value, SCHEDULER_LENGTH);
  },
  netmask(draft, value, resolver) {
    if (draft.id && serviceFamily(draft.id) === 'inet6') {
      const prefix = leadingNumber(value);
      if (prefix < 1 || prefix > 128) throw new Refusal('illegal ipv6 netmask specified');
      draft.netmask = String(prefix);
      return;
    }
    return whenKnown(ipv4OrHost(value, resolver), (mask) => {
      draft.netmask = must(mask, 'illegal virtual server persistent mask specified');
    });
  },
  'real-server'(draft, value, resolver) {
    return whenKnown(readEndpoint(value, protocolOf(draft.id), resolver), (found) => {
      const { address, port } = must(found, 'illegal real server address[:port] specified');
      // A service that is named later on the line lends no port.
      draft.server = { address, port: port ?? (draft.id?.kind === 'address' ? draft.id.port : 0) };
    });
  },
  masquerading(draft) {
    draft.forward = 'nat';
  },
  ipip(draft) {
    draft.forward = 'tunnel';
  },
  forward(draft, value) {
    const forward = FORWARDS.find((name) => name === value);
    draft.forward = must(forward, `illegal forwarding method \`${value}' specified: one of ${FORWARDS.join(', ')}`);
    draft.keepPort = true;
  },
  weight: number(0, MAX_INT, 'weight', (draft, value) => {
    draft.weight = value;
  }),
  'u-threshold': number(0, MAX_INT, 'u_threshold', (draft, value) => {
    draft.upperThreshold = value;
  }),
  'l-threshold': number(0, MAX_INT, 'l_threshold', (draft, value) => {
    draft.lowerThreshold = value;
  }),
  'tun-type'(draft, value) {
    if (!Object.hasOwn(TUNNEL_TYPES, value)) throw new Refusal('illegal tunnel type specified');
    draft.tunnelType = value as keyof typeof TUNNEL_TYPES;
  },
  'tun-port': number(1, 65535, 'tunnel port', (draft, value) => {
    draft.tunnelPort = value;
  }),
  pe(draft, value) {
    draft.engine = kernelName(value, ENGINE_LENGTH);
  },
  'sched-flags'(draft, value) {
    draft.flags = value;
  },
  'mcast-interface'(draft, value) {
    draft.daemon.interface = value.slice(0, INTERFACE_LENGTH);
  },
  syncid: number(0, 255, 'syncid', (draft, value) => {
    draft.daemon.syncId = value;
  }),
  'sync-maxlen': number(1, 65507, 'sync-maxlen', (draft, value) => {
    draft.daemon.maxLength = value;
  }),
  'mcast-group'(draft, value) {
    const family = value.includes(':') ? 'IPv6' : 'IPv4';
    draft.daemon.group = must(multicastFrom(value), `invalid ${family} mcast-group \`${value}'`);
  },
  'mcast-port': number(1, 65535, 'mcast-port', (draft, value) => {
    draft.daemon.port = value;
  }),
  'mcast-ttl': number(1, 255, 'mcast-ttl', (draft, value) => {
    draft.daemon.ttl = value;
  }),
  'strict-compat'(draft) {
    draft.strictCompat = true;
  },
};

/** `-p`, whose value may be left out. */
export function takePersistence(draft: Draft, value: string | null): void {
  draft.persistenceS = value === null ? DEFAULT_PERSISTENCE_S : timeoutFrom(value, 1);
}

export const timeoutFrom = (text: string, least: number): number =>
  must(numberFrom(text, least, LONGEST_TIMEOUT_S), `invalid timeout value \`${text}' specified`);

/** Flag bits of `-b`, of which some belong to one scheduler. */
const FLAGS: Readonly<Record<string, { readonly bit: number; readonly scheduler?: string }>> = {
  'flag-1': { bit: 1 },
  'flag-2': { bit: 2 },
  'flag-3': { bit: 4 },
  'sh-fallback': { bit: 1, scheduler: 'sh' },
  'sh-port': { bit: 2, scheduler: 'sh' },
  'mh-fallback': { bit: 1, scheduler: 'mh' },
  'mh-port': { bit: 2, scheduler: 'mh' },
};

export function schedulerFlagsFrom(text: string, scheduler: string): number {
  let bits = 0;
  for (const name of text.split(',').filter((part) => part !== '')) {
    const row = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (!row) throw new Refusal(`invalid scheduler flag \`${name}'`);
    if (row.scheduler && row.scheduler !== scheduler) throw new Refusal(`incompatible scheduler flag \`${name}'`);
    bits |= row.bit;
  }
  return bits;
}
