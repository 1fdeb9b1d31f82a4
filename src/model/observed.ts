import type { Family } from '../base/ip.ts';
import type { Route, RoutingRule } from './instance.ts';
import type { Destination, VirtualService } from './service.ts';
import type { SyncDaemon } from './sync.ts';

/** Counters as the kernel publishes them, up to 2 s old (its estimator's tick). Bytes and packets since the object was made. */
export interface Counters {
  readonly connections: bigint;
  readonly inPackets: bigint;
  readonly outPackets: bigint;
  readonly inBytes: bigint;
  readonly outBytes: bigint;
}

export interface ObservedDestination extends Destination {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  /** Null when the dump was asked to leave counters out. */
  readonly stats: Counters | null;
}

export interface ObservedService {
  readonly service: VirtualService;
  readonly stats: Counters | null;
  /** In the scheduler's own list order: newest added first. */
  readonly destinations: readonly ObservedDestination[];
}

/** IFA_PROTO of every address Fairlead adds (112: VRRP's protocol number), so that it knows its own again. */
export const ADDRESS_OWNER = 112;

export interface InterfaceAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
}

export interface ObservedAddress extends InterfaceAddress {
  readonly family: Family;
  /** IFA_PROTO (kernel 5.18 and later); 0 where the kernel does not tell. */
  readonly owner: number;
  readonly label: string | null;
  /** IPv6 only: duplicate address detection found another holder. */
  readonly duplicate: boolean;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly mtu: number;
  /** Lower-case hexadecimal with colons, empty when the link has none. */
  readonly hardwareAddress: string;
}

/** Everything plan() compares with: what the kernel holds now. */
export interface KernelDump {
  readonly services: readonly ObservedService[];
  readonly addresses: readonly ObservedAddress[];
  /** Names below /proc/sys/net/ipv4/vs to their text; absent names do not exist in this kernel. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** With every option, the kernel's choices included. */
  readonly daemons: readonly SyncDaemon[];
  /** Those of ours alone. */
  readonly routes: readonly Route[];
  readonly rules: readonly RoutingRule[];
}

export interface IpvsInfo {
  /** `1.2.1` */
  readonly version: string;
  readonly connectionTableSize: number;
}
