interface SysctlRow {
  readonly min: number;
  readonly max: number;
  /** What Fairlead sets unless the file says otherwise; null leaves the kernel's value alone. */
  readonly set: number | null;
  /** Values the kernel may turn ours into by itself and that count as equal. */
  readonly equals?: Readonly<Record<number, readonly number[]>>;
  readonly meaning: string;
}

/** Settings below /proc/sys/net/ipv4/vs that decide how a director behaves. Reasons: docs/configuration.md. */
export const SYSCTLS = {
  expire_nodest_conn: {
    min: 0,
    max: 1,
    set: 1,
    meaning: 'connections to a removed server end at once (the client reconnects) instead of hanging',
  },
  expire_quiescent_template: {
    min: 0,
    max: 1,
    set: 1,
    meaning: 'persistent clients leave a server of weight 0 with their next connection',
  },
  conn_reuse_mode: { min: 0, max: 3, set: 1, meaning: 'a reused client port may be scheduled anew' },
  conntrack: { min: 0, max: 1, set: 0, meaning: 'IPVS connections are seen by netfilter connection tracking' },
  drop_entry: {
    min: 0,
    max: 3,
    set: 1,
    equals: { 1: [2] },
    meaning: 'drop half-open connections when memory is short',
  },
  drop_packet: { min: 0, max: 3, set: null, meaning: 'drop packets when memory is short' },
  secure_tcp: { min: 0, max: 3, set: null, meaning: 'shorter TCP states when memory is short' },
  amemthresh: { min: 1, max: 2147483647, set: null, meaning: 'pages of free memory below which the defences start' },
  schedule_icmp: {
    min: 0,
    max: 1,
    set: null,
    meaning: 'ICMP errors without a connection are scheduled (ECMP and anycast directors)',
  },
  sloppy_tcp: {
    min: 0,
    max: 1,
    set: null,
    meaning: 'any packet may start a connection (stateless pairs of directors)',
  },
  sloppy_sctp: { min: 0, max: 1, set: null, meaning: 'any SCTP packet may start a connection' },
  nat_icmp_send: { min: 0, max: 1, set: null, meaning: 'send ICMP errors to clients of NAT services' },
  snat_reroute: { min: 0, max: 1, set: null, meaning: 'route NAT replies again after rewriting' },
  pmtu_disc: { min: 0, max: 1, set: null, meaning: 'path MTU discovery for tunnels' },
  backup_only: { min: 0, max: 1, set: null, meaning: 'do not schedule while only the backup sync daemon runs' },
  ignore_tunneled: { min: 0, max: 1, set: null, meaning: 'do not schedule packets that came through a tunnel' },
  run_estimation: { min: 0, max: 1, set: null, meaning: 'publish counters and rates' },
} as const satisfies Record<string, SysctlRow>;

export type SysctlName = keyof typeof SYSCTLS;

export function sameSysctl(name: string, wanted: string, present: string): boolean {
  const row = (SYSCTLS as Readonly<Record<string, SysctlRow>>)[name];
  return wanted === present || (row?.equals?.[Number(wanted)] ?? []).some((value) => String(value) === present);
}
