import { SCHEDULER_FLAGS } from './service.ts';

interface SchedulerRow {
  readonly title: string;
  /** First kernel that has it. */
  readonly since: string;
  /** Words of the configuration for the kernel's scheduler flag bits. */
  readonly flags: Readonly<Record<string, number>>;
  /** How it reads weights: as a share, only as zero or not, or as a ceiling on connections. */
  readonly weights: 'share' | 'zero-or-not' | 'ceiling' | 'highest-first';
  /** What decides: the client's address, the packet's destination, open connections, or plain turns. */
  readonly decides: 'client' | 'destination' | 'connections' | 'turns' | 'random';
  /** The order of the destination list changes which server a client gets, so directors must agree on it. */
  readonly orderMatters: boolean;
  readonly promise: string;
}

const HASH_FLAGS = { fallback: SCHEDULER_FLAGS['flag-1'], port: SCHEDULER_FLAGS['flag-2'] } as const;

/** Every scheduler of the kernel (net/netfilter/ipvs/ip_vs_*.c). A new one is a new row. */
export const SCHEDULERS = {
  rr: {
    title: 'round robin',
    since: '2.6',
    flags: {},
    weights: 'zero-or-not',
    decides: 'turns',
    orderMatters: false,
    promise: 'each server in turn',
  },
  wrr: {
    title: 'weighted round robin',
    since: '2.6',
    flags: {},
    weights: 'share',
    decides: 'turns',
    orderMatters: false,
    promise: 'turns in proportion to weight, interleaved',
  },
  lc: {
    title: 'least connections',
    since: '2.6',
    flags: {},
    weights: 'zero-or-not',
    decides: 'connections',
    orderMatters: false,
    promise: 'the server with the fewest connections',
  },
  wlc: {
    title: 'weighted least connections',
    since: '2.6',
    flags: {},
    weights: 'share',
    decides: 'connections',
    orderMatters: false,
    promise: 'the fewest connections for its weight',
  },
  sed: {
    title: 'shortest expected delay',
    since: '2.6',
    flags: {},
    weights: 'share',
    decides: 'connections',
    orderMatters: false,
    promise: 'as wlc, counting the connection that is coming',
  },
  nq: {
    title: 'never queue',
    since: '2.6',
    flags: {},
    weights: 'share',
    decides: 'connections',
    orderMatters: false,
    promise: 'an idle server at once, else as sed',
  },
  fo: {
    title: 'weighted fail-over',
    since: '3.18',
    flags: {},
    weights: 'highest-first',
    decides: 'turns',
    orderMatters: false,
    promise: 'everything to the available server of the highest weight',
  },
  ovf: {
    title: 'weighted overflow',
    since: '4.3',
    flags: {},
    weights: 'ceiling',
    decides: 'connections',
    orderMatters: false,
    promise: 'the highest weight until its connections exceed it, then the next',
  },
  sh: {
    title: 'source hash',
    since: '2.6',
    flags: HASH_FLAGS,
    weights: 'share',
    decides: 'client',
    orderMatters: true,
    promise: 'a client keeps its server while the set of servers does not change',
  },
  mh: {
    title: 'Maglev hash',
    since: '4.18',
    flags: HASH_FLAGS,
    weights: 'share',
    decides: 'client',
    orderMatters: true,
    promise: 'a client keeps its server, and few clients move when the set changes',
  },
  dh: {
    title: 'destination hash',
    since: '2.6',
    flags: {},
    weights: 'zero-or-not',
    decides: 'destination',
    orderMatters: true,
    promise: 'one server for each destination address (transparent caches)',
  },
  lblc: {
    title: 'locality-based least connection',
    since: '2.6',
    flags: {},
    weights: 'share',
    decides: 'destination',
    orderMatters: false,
    promise: 'one server for each destination address until it is overloaded',
  },
  lblcr: {
    title: 'locality-based least connection with replication',
    since: '2.6',
    flags: {},
    weights: 'share',
    decides: 'destination',
    orderMatters: false,
    promise: 'a growing set of servers for each busy destination address',
  },
  twos: {
    title: 'power of two choices',
    since: '5.12',
    flags: {},
    weights: 'share',
    decides: 'random',
    orderMatters: false,
    promise: 'the less loaded of two servers drawn by weight',
  },
} as const satisfies Record<string, SchedulerRow>;

export type SchedulerName = keyof typeof SCHEDULERS;

export const schedulerRow = (name: string): SchedulerRow | undefined =>
  (SCHEDULERS as Readonly<Record<string, SchedulerRow>>)[name];

/** The configuration's words for a service's flag bits, in table order; bits without a word stay `flag-N`. */
export function schedulerFlagWords(scheduler: string, bits: number): string[] {
  const words = schedulerRow(scheduler)?.flags ?? {};
  return Object.entries(SCHEDULER_FLAGS)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name, bit]) => Object.entries(words).find(([, value]) => value === bit)?.[0] ?? name);
}
