interface AnySysctl {
  /** What Fairlead sets unless the file says otherwise; null leaves the kernel's value alone. */
  readonly set: number | null;
  /** First kernel that has it. */
  readonly since: string;
  /** A fresh kernel's value as it prints it; null when it depends on the machine. */
  readonly initial: string | null;
  readonly meaning: string;
}

type SysctlRow = AnySysctl &
  (
    | {
        readonly shape: 'number';
        readonly min: number;
        readonly max: number;
        readonly powerOfTwo?: true;
        /** Values the kernel may turn ours into by itself and that count as equal. */
        readonly equals?: Readonly<Record<number, readonly number[]>>;
      }
    /** Two numbers, the first below the second: `3 50`. */
    | { readonly shape: 'pair' }
    /** A list of processors: `0-2,5`; empty is all of them. */
    | { readonly shape: 'cpus' }
  );

const INT_MAX = 2147483647;
const number = { shape: 'number' } as const;
const pair = { shape: 'pair' } as const;
const cpus = { shape: 'cpus' } as const;
const flag = { ...number, min: 0, max: 1 } as const;
const defence = { ...number, min: 0, max: 3 } as const;
const count = { ...number, min: 0, max: INT_MAX } as const;

/** Every setting below /proc/sys/net/ipv4/vs (net/netfilter/ipvs/ip_vs_ctl.c; lblc* and debug_level where the kernel was
 *  built or loaded so). Where the kernel takes any number for a switch, we take 0 and 1. */
export const SYSCTLS = {
  expire_nodest_conn: {
    ...flag,
    set: 1,
    since: '2.6',
    initial: '0',
    meaning: 'connections to a removed server end at once (the client reconnects) instead of hanging',
  },
  expire_quiescent_template: {
    ...flag,
    set: 1,
    since: '2.6',
    initial: '0',
    meaning: 'persistent clients leave a server of weight 0 with their next connection',
  },
  conn_reuse_mode: {
    ...number,
    min: 0,
    max: 3,
    set: 1,
    since: '4.1',
    initial: '1',
    meaning: 'a reused client port may be scheduled anew',
  },
  conntrack: {
    ...flag,
    set: 0,
    since: '2.6.37',
    initial: '0',
    meaning: 'IPVS connections are seen by netfilter connection tracking',
  },
  drop_entry: {
    ...defence,
    set: 1,
    since: '2.6',
    initial: '0',
    equals: { 1: [2] },
    meaning: 'drop half-open connections when memory is short',
  },
  drop_packet: { ...defence, set: null, since: '2.6', initial: '0', meaning: 'drop packets when memory is short' },
  secure_tcp: {
    ...defence,
    set: null,
    since: '2.6',
    initial: '0',
    meaning: 'shorter TCP states when memory is short',
  },
  amemthresh: {
    ...number,
    min: 1,
    max: INT_MAX,
    set: null,
    since: '2.6',
    initial: '1024',
    meaning: 'pages of free memory below which the defences start',
  },
  am_droprate: {
    ...number,
    min: 1,
    max: INT_MAX,
    set: null,
    since: '2.6',
    initial: '10',
    meaning: 'with drop_packet 3, one packet in so many is dropped',
  },
  schedule_icmp: {
    ...flag,
    set: null,
    since: '4.4',
    initial: '0',
    meaning: 'ICMP errors without a connection are scheduled (ECMP and anycast directors)',
  },
  sloppy_tcp: {
    ...flag,
    set: null,
    since: '3.11',
    initial: '0',
    meaning: 'any packet may start a connection (stateless pairs of directors)',
  },
  sloppy_sctp: {
    ...flag,
    set: null,
    since: '3.11',
    initial: '0',
    meaning: 'any SCTP packet may start a connection',
  },
  nat_icmp_send: {
    ...flag,
    set: null,
    since: '2.6',
    initial: '0',
    meaning: 'send ICMP errors to clients of NAT services',
  },
  snat_reroute: {
    ...flag,
    set: null,
    since: '2.6.37',
    initial: '1',
    meaning: 'route NAT replies again after rewriting',
  },
  pmtu_disc: { ...flag, set: null, since: '3.7', initial: '1', meaning: 'path MTU discovery for tunnels' },
  backup_only: {
    ...flag,
    set: null,
    since: '3.9',
    initial: '0',
    meaning: 'do not schedule while only the backup sync daemon runs',
  },
  ignore_tunneled: {
    ...flag,
    set: null,
    since: '4.4',
    initial: '0',
    meaning: 'do not schedule packets that came through a tunnel',
  },
  cache_bypass: {
    ...flag,
    set: null,
    since: '2.6',
    initial: '0',
    meaning: 'without a destination, a transparent cache cluster forwards straight to the origin',
  },
  run_estimation: { ...flag, set: null, since: '5.16', initial: '1', meaning: 'publish counters and rates' },
  est_cpulist: {
    ...cpus,
    set: null,
    since: '6.2',
    initial: '',
    meaning: 'processors that may compute counters and rates; empty is all of them',
  },
  est_nice: {
    ...number,
    min: -20,
    max: 19,
    set: null,
    since: '6.2',
    initial: '0',
    meaning: 'niceness of the threads that compute counters and rates',
  },
  sync_threshold: {
    ...pair,
    set: null,
    since: '2.6',
    initial: '3 50',
    meaning: 'a connection is synchronised at its Nth packet of every M',
  },
  sync_refresh_period: {
    ...count,
    set: null,
    since: '3.5',
    initial: '0',
    meaning: 'seconds after which an unchanged connection is synchronised again; 0 counts packets instead',
  },
  sync_retries: {
    ...number,
    min: 0,
    max: 3,
    set: null,
    since: '3.5',
    initial: '0',
    meaning: 'how often a synchronisation is repeated within its refresh period',
  },
  sync_version: {
    ...flag,
    set: null,
    since: '2.6.39',
    initial: '1',
    meaning: 'version of the synchronisation protocol; 0 is that of old kernels (IPv4 only)',
  },
  sync_ports: {
    ...number,
    min: 1,
    max: 64,
    powerOfTwo: true,
    set: null,
    since: '3.5',
    initial: '1',
    meaning: 'threads and UDP ports of a sync daemon, a power of two; read when a daemon starts',
  },
  sync_qlen_max: {
    ...count,
    set: null,
    since: '3.5',
    initial: null,
    meaning: 'synchronisation messages that may wait to be sent',
  },
  sync_sock_size: {
    ...count,
    set: null,
    since: '3.5',
    initial: '0',
    meaning: "buffer of a sync daemon's socket in bytes; 0 is the system's default",
  },
  sync_persist_mode: {
    ...flag,
    set: null,
    since: '3.11',
    initial: '0',
    meaning: 'of persistent services, synchronise who belongs to which server and no single connection',
  },
  lblc_expiration: {
    ...count,
    set: null,
    since: '2.6',
    initial: '86400',
    meaning: 'seconds after which lblc forgets an unused address (there while the scheduler is loaded)',
  },
  lblcr_expiration: {
    ...count,
    set: null,
    since: '2.6',
    initial: '86400',
    meaning: 'seconds after which lblcr forgets an unused address (there while the scheduler is loaded)',
  },
  conn_lfactor: {
    ...number,
    min: -8,
    max: 8,
    set: null,
    since: '7.1',
    initial: '-4',
    meaning: 'how full the connection table may get before it grows: connections per bucket as a power of two',
  },
  svc_lfactor: {
    ...number,
    min: -8,
    max: 8,
    set: null,
    since: '7.1',
    initial: '-3',
    meaning: 'the same for the table of services',
  },
  debug_level: {
    ...number,
    min: 0,
    max: 12,
    set: null,
    since: '2.6',
    initial: '0',
    meaning: 'how much the kernel logs (there where it was built with CONFIG_IP_VS_DEBUG)',
  },
} as const satisfies Record<string, SysctlRow>;

export type SysctlName = keyof typeof SYSCTLS;

/** What a setting's value is: a number, two of them, or text. */
export type SysctlValue<N extends SysctlName> = {
  readonly number: number;
  readonly pair: readonly [number, number];
  readonly cpus: string;
}[(typeof SYSCTLS)[N]['shape']];

export const sysctlRow = (name: string): SysctlRow | undefined =>
  Object.hasOwn(SYSCTLS, name) ? SYSCTLS[name as SysctlName] : undefined;

/** The values a setting takes, for people. */
export function sysctlValues(row: SysctlRow): string {
  if (row.shape === 'pair') return 'two numbers, the first below the second';
  if (row.shape === 'cpus') return 'a list of processors such as 0-2,5';
  return row.powerOfTwo ? `a power of two, ${row.min} to ${row.max}` : `${row.min} to ${row.max}`;
}

/** Whether the text is a value the setting takes. */
export function isSysctlValue(row: SysctlRow, text: string): boolean {
  if (row.shape === 'cpus') return /^(\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*)?$/.test(text);
  const numbers = text.split(/\s+/).map(Number);
  if (!/^-?\d+(\s+-?\d+)?$/.test(text) || !numbers.every((each) => Math.abs(each) <= INT_MAX)) return false;
  const [first = 0, second] = numbers;
  if (row.shape === 'pair') return second !== undefined && first >= 0 && first < second;
  if (second !== undefined || first < row.min || first > row.max) return false;
  return !row.powerOfTwo || (first & (first - 1)) === 0;
}

/** The kernel's text as a value. */
export function readSysctl<N extends SysctlName>(name: N, text: string): SysctlValue<N>;
export function readSysctl(name: SysctlName, text: string): number | readonly [number, number] | string {
  if (SYSCTLS[name].shape === 'cpus') return text;
  const [first = Number.NaN, second = Number.NaN] = text.split(/\s+/).map(Number);
  return SYSCTLS[name].shape === 'pair' ? [first, second] : first;
}

export function sameSysctl(name: string, wanted: string, present: string): boolean {
  const row = sysctlRow(name);
  // The kernel separates two numbers by a tab.
  const [one, other] = [wanted, present].map((text) => text.trim().replace(/\s+/g, ' '));
  if (one === other) return true;
  const equals = row?.shape === 'number' ? row.equals?.[Number(wanted)] : undefined;
  return (equals ?? []).some((value) => String(value) === present);
}
