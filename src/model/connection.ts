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

/** Values that a connection must have; addresses in any form. */
export type ConnectionFilter = Partial<
  Pick<
    Connection,
    | ('protocol' | 'client' | 'clientPort' | 'virtual' | 'virtualPort')
    | ('destination' | 'destinationPort' | 'state' | 'expiresS')
  >
>;

export interface ConnectionQuery {
  /** Which connections to give: values they must have, or a question asked of each. */
  readonly filter?: ConnectionFilter | ((connection: Connection) => boolean);
  /** Most connections given; 10,000. */
  readonly limit?: number;
  /** Longest time spent reading, the caller's own between two connections included; 5,000. */
  readonly timeLimitMs?: number;
}

/** Why the reading ended: the table's end, or a limit, or the caller who stopped. */
export type ConnectionsEnd = 'complete' | 'limit' | 'time' | 'stopped';

/** The kernel's connection table, read as it is iterated over, once. The kernel walks its table from the start for every
 *  4 KiB that are read, so the whole costs the square of its size, and the table may change meanwhile: an entry can come
 *  twice or not at all. What was read says nothing that destinations' counters do not tell cheaper; this is for looking at
 *  a few. */
export interface Connections extends AsyncIterable<Connection> {
  /** Lines looked at so far. */
  readonly scanned: number;
  /** Null until the iteration has ended. */
  readonly end: ConnectionsEnd | null;
}
