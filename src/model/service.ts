import { compareAddresses, type Family, familyOf, formatEndpoint } from '../base/ip.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';
export const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

/** What makes two virtual services the same one to the kernel: protocol, address and port, or a firewall mark. */
export type VirtualServiceId =
  | { readonly kind: 'address'; readonly protocol: Protocol; readonly address: string; readonly port: number }
  | { readonly kind: 'fwmark'; readonly mark: number; readonly family: Family };

export type Forward = 'nat' | 'local' | 'tunnel' | 'dr' | 'bypass';

/** Scheduler flag bits as the kernel stores them (IP_VS_SVC_F_SCHED1..3): sh-/mh-fallback, sh-/mh-port, and one more. */
export const SCHEDULER_FLAGS = { 'flag-1': 1, 'flag-2': 2, 'flag-3': 4 } as const;

export interface Persistence {
  /** Whole seconds a client stays with its server, 1 to 2678400. */
  readonly timeoutS: number;
}

/** Settings of one kernel virtual service. What is wanted and what is observed share this type; counters do not enter it. */
export interface VirtualService {
  readonly id: VirtualServiceId;
  /** Kernel name, at most 15 characters: rr, wlc, mh, ... */
  readonly scheduler: string;
  /** Sum of SCHEDULER_FLAGS bits, 0 to 7. */
  readonly schedulerFlags: number;
  readonly onePacket: boolean;
  readonly persistence: Persistence | null;
  /** Persistence engine, at most 16 characters; the kernel has only `sip`. Kept, but not used, without persistence. */
  readonly engine?: string;
  /** Persistence mask: dotted quad for IPv4 (`255.255.255.255`), prefix length for IPv6 (`128`). */
  readonly netmask: string;
}

export interface Tunnel {
  readonly type: 'ipip' | 'gue' | 'gre';
  /** Destination UDP port, gue only; 0 otherwise. */
  readonly port: number;
  readonly checksum: 'none' | 'csum' | 'remcsum';
}

export interface Destination {
  readonly address: string;
  readonly port: number;
  readonly forward: Forward;
  /** 0 to 2147483647; 0 takes no new connections. */
  readonly weight: number;
  /** Connection limits; 0 is off. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** Only with forward `tunnel`. */
  readonly tunnel: Tunnel | null;
}

/** Stable text for a virtual service, as people write it: `tcp://10.0.0.100:80`, `fwmark://7`, `fwmark6://7`. */
export function serviceKey(id: VirtualServiceId): string {
  if (id.kind === 'fwmark') return `${id.family === 'inet' ? 'fwmark' : 'fwmark6'}://${id.mark}`;
  return `${id.protocol}://${formatEndpoint(id.address, id.port)}`;
}

/** Stable text for a destination inside its service: `10.0.0.11:80`. */
export const destinationKey = (destination: Pick<Destination, 'address' | 'port'>): string =>
  formatEndpoint(destination.address, destination.port);

export const serviceFamily = (id: VirtualServiceId): Family =>
  id.kind === 'fwmark' ? id.family : familyOf(id.address);

/** Whether a destination has another address family than its service. Only tunnels carry it, and no connection sync daemon
 *  can run while one is in the kernel (net/netfilter/ipvs/ip_vs_ctl.c, mixed_address_family_dests). */
export const mixesFamilies = (id: VirtualServiceId, destination: Pick<Destination, 'address'>): boolean =>
  familyOf(destination.address) !== serviceFamily(id);

/** The mask the kernel wants when persistence does not group clients. */
export const fullNetmask = (family: Family): string => (family === 'inet' ? '255.255.255.255' : '128');

/** The order every director gives its destinations, so that schedulers that read the list agree between them. */
export const compareDestinations = (
  a: Pick<Destination, 'address' | 'port'>,
  b: Pick<Destination, 'address' | 'port'>,
): number => compareAddresses(a.address, b.address) || a.port - b.port;

export function sameServiceSettings(a: VirtualService, b: VirtualService): boolean {
  return (
    a.scheduler === b.scheduler &&
    a.schedulerFlags === b.schedulerFlags &&
    a.onePacket === b.onePacket &&
    a.netmask === b.netmask &&
    a.persistence?.timeoutS === b.persistence?.timeoutS &&
    a.engine === b.engine
  );
}

export function sameDestinationSettings(a: Destination, b: Destination): boolean {
  return (
    a.forward === b.forward &&
    a.weight === b.weight &&
    a.upperThreshold === b.upperThreshold &&
    a.lowerThreshold === b.lowerThreshold &&
    a.tunnel?.type === b.tunnel?.type &&
    a.tunnel?.port === b.tunnel?.port &&
    a.tunnel?.checksum === b.tunnel?.checksum
  );
}

/** A destination without what else the object carries (counters of a dump). */
export const settingsOf = (destination: Destination): Destination => ({
  address: destination.address,
  port: destination.port,
  forward: destination.forward,
  weight: destination.weight,
  upperThreshold: destination.upperThreshold,
  lowerThreshold: destination.lowerThreshold,
  tunnel: destination.tunnel,
});
