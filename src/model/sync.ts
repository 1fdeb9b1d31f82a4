export type SyncRole = 'master' | 'backup';
export const SYNC_ROLES: readonly SyncRole[] = ['master', 'backup'];

/** A connection sync daemon of the kernel (net/netfilter/ipvs/ip_vs_sync.c): a master tells a multicast group of its
 *  connections, a backup takes them up. There is at most one of each. */
export interface SyncDaemon {
  readonly state: SyncRole;
  readonly interface: string;
  /** 0 to 255. A master stamps it on what it sends; a backup takes only what bears its own, with 0 everything. */
  readonly syncId: number;
  /** Bytes of the longest message, without IP and UDP headers; absent: the kernel's choice (1500 less the headers). */
  readonly maxLength?: number;
  /** Multicast group, IPv4 or IPv6. The kernel's defaults: 224.0.0.81, port 8848, ttl 1. */
  readonly group?: string;
  readonly port?: number;
  readonly ttl?: number;
}

/** Everything that was asked of a daemon, as one text: `master eth1 id 5 group 224.0.0.81 port 8848 ttl 1`. */
export function syncDaemonKey({ state, interface: name, syncId, group, port, ttl, maxLength }: SyncDaemon): string {
  const options = Object.entries({ group, port, ttl, maxLength }).filter(([, value]) => value !== undefined);
  return [state, name, 'id', syncId, ...options.flat()].join(' ');
}

/** Whether `present` is all that was asked. What was left out is the kernel's choice, so it is not compared. */
export const fulfils = (present: SyncDaemon, wanted: SyncDaemon): boolean =>
  (['state', 'interface', 'syncId', 'maxLength', 'group', 'port', 'ttl'] as const).every(
    (key) => wanted[key] === undefined || wanted[key] === present[key],
  );
