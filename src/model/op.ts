import type { Route, RoutingRule } from './instance.ts';
import type { InterfaceAddress } from './observed.ts';
import type { Destination, VirtualService, VirtualServiceId } from './service.ts';
import type { SyncDaemon, SyncRole } from './sync.ts';

/** One change to IPVS. `why` is for people and never read by the kernel code. */
export type IpvsOp = { readonly why: string } & (
  | { readonly kind: 'add-service'; readonly service: VirtualService }
  | { readonly kind: 'set-service'; readonly service: VirtualService }
  | { readonly kind: 'delete-service'; readonly id: VirtualServiceId }
  | { readonly kind: 'add-destination'; readonly id: VirtualServiceId; readonly destination: Destination }
  | { readonly kind: 'set-destination'; readonly id: VirtualServiceId; readonly destination: Destination }
  /** Delete and add again in one send, which puts it first in the scheduler's list. Its connections stay: the kernel
   *  revives a destination from its trash (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_trash_get_dest). */
  | { readonly kind: 'move-destination'; readonly id: VirtualServiceId; readonly destination: Destination }
  | { readonly kind: 'delete-destination'; readonly id: VirtualServiceId; readonly destination: Destination }
);

export type AddressOp = { readonly why: string } & (
  | { readonly kind: 'add-address'; readonly address: InterfaceAddress }
  | { readonly kind: 'delete-address'; readonly address: InterfaceAddress }
);

export type RoutingOp = {
  readonly why: string;
} /** `replaces`: what is there for the same network, table and metric; it is changed in one go. */ & (
  | { readonly kind: 'add-route'; readonly route: Route; readonly replaces: Route | null }
  | { readonly kind: 'delete-route'; readonly route: Route }
  | { readonly kind: 'add-rule' | 'delete-rule'; readonly rule: RoutingRule }
);

export type NetOp = AddressOp | RoutingOp;

export type SysctlOp = {
  readonly why: string;
  readonly kind: 'set-sysctl';
  readonly name: string;
  readonly value: string;
};

export type DaemonOp = { readonly why: string } & (
  | { readonly kind: 'start-daemon'; readonly daemon: SyncDaemon }
  | { readonly kind: 'stop-daemon'; readonly role: SyncRole }
);

/** The same without what is for people. */
export type Unexplained<Each extends { readonly why: string }> = Each extends unknown
  ? Omit<Each, 'why'> & { readonly why?: string }
  : never;

export type Op = IpvsOp | NetOp | SysctlOp | DaemonOp;
export type OpKind = Op['kind'];

export const isIpvsOp = (op: Op): op is IpvsOp => op.kind.endsWith('-service') || op.kind.endsWith('-destination');
export const isAddressOp = (op: Op): op is AddressOp => op.kind.endsWith('-address');
export const isRoutingOp = (op: Op): op is RoutingOp => op.kind.endsWith('-route') || op.kind.endsWith('-rule');
export const isNetOp = (op: Op): op is NetOp => isAddressOp(op) || isRoutingOp(op);
export const isDaemonOp = (op: Op): op is DaemonOp => op.kind.endsWith('-daemon');

/** An ordered list of changes that turns a dump into a target; every prefix of it is safe to stop at. */
export interface Plan {
  readonly ops: readonly Op[];
  /** What was seen and left alone, in words: foreign services, withheld deletions. */
  readonly notes: readonly string[];
}

/** Why the kernel said no: stable names, so that callers need not know errno or which command gives which. */
export type KernelErrorCode =
  | 'not-permitted'
  | 'ipvs-missing'
  | 'family-reloaded'
  | 'scheduler-missing'
  | 'engine-missing'
  | 'service-exists'
  | 'service-missing'
  | 'destination-exists'
  | 'destination-missing'
  | 'mixed-families'
  | 'daemon-running'
  | 'daemon-not-running'
  | 'address-exists'
  | 'address-missing'
  | 'route-exists'
  | 'route-missing'
  | 'rule-exists'
  | 'rule-missing'
  | 'link-missing'
  | 'out-of-range'
  | 'invalid'
  | 'timeout'
  | 'not-attempted'
  | 'unsettled'
  | 'kernel';

export interface OpFailure {
  readonly code: KernelErrorCode;
  /** Positive errno, 0 when the failure is not the kernel's (timeout, not attempted). */
  readonly errno: number;
  /** What was asked: `add-destination tcp://10.0.0.100:80 10.0.0.11:80`. */
  readonly operation: string;
  /** The kernel's own words (extended ack) or strerror's. */
  readonly text: string;
}

export type OpResult = { readonly op: Op; readonly failure: OpFailure | null };
