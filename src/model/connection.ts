/** One row of the kernel's connection table (/proc/net/ip_vs_conn, net/netfilter/ipvs/ip_vs_conn.c). */
export interface Connection {
  /** `ip` for the template of a firewall mark service; a protocol the kernel has no name for is `ip_` and its number. */
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'ip' | `ip_${number}`;
  readonly client: string;
  /** 0 in a persistence template. */
  readonly clientPort: number;
  /** The virtual address; of a firewall mark's template the mark, as an address. */
  readonly virtual: string;
  /** 65535 in a template that was made invalid. */
  readonly virtualPort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** The kernel's word: ESTABLISHED, SYN_RECV, ASSURED, NONE, UDP, ... */
  readonly state: string;
  /** Seconds until the kernel forgets it, should no packet come. */
  readonly expiresS: number;
  /** Persistence engine and what it matched, where one took part. */
  readonly engine: { readonly name: string; readonly data: string } | null;
}
