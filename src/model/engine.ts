import type { Family } from '../base/ip.ts';
import type { Duplicate, EngineInstance, HeardAdvert, Order, PacketVerdict } from './vrrp.ts';

/** What the VRRP engine tells. `at` is milliseconds of the monotonic clock, with fractions: when it happened. */
export type EngineEvent = { readonly at: number } & (
  | { readonly kind: 'advert'; readonly instance: string; readonly advert: HeardAdvert }
  /** Of the order that stands: what an order took back is not told any more. */
  | { readonly kind: 'silence' | 'wake'; readonly instance: string }
  /** What an instance holds was taken or put back by others. */
  | { readonly kind: 'disturbed'; readonly instance: string; readonly what: string }
  /** Somebody else answers for an address that is held here; null: nobody any more. */
  | {
      readonly kind: 'duplicate';
      readonly instance: string;
      readonly address: string;
      readonly interface: string;
      readonly mac: Duplicate['mac'] | null;
    }
  /** An interface that an instance speaks on; `present` false: there is none of this name. */
  | {
      readonly kind: 'link';
      readonly interface: string;
      readonly present: boolean;
      readonly up: boolean;
      readonly carrier: boolean;
    }
  /** A sample of refused packets, at most 10 a second; `count` with those since the last sample. */
  | {
      readonly kind: 'refused';
      readonly instance: string | null;
      readonly interface: string;
      readonly verdict: PacketVerdict;
      readonly source: string;
      readonly count: number;
    }
  /** The system refused something: a socket, an address, a send. It is tried again. */
  | { readonly kind: 'trouble'; readonly instance: string | null; readonly interface: string; readonly text: string }
  /** So many events were lost because nobody took them. */
  | { readonly kind: 'overflow'; readonly count: number }
  /** The lease ran out: everything was withdrawn, and all orders were forgotten. Those given from now on are carried out once
   *  it is renewed; until then nothing is heard either. */
  | { readonly kind: 'lease-lost' }
);

export interface InstanceCounters {
  readonly name: string;
  /** Packets by verdict; only those that occurred. */
  readonly received: Readonly<Partial<Record<PacketVerdict, number>>>;
  /** Accepted adverts: told, as the standing `listen` expected them, and told less than 10 ms before. */
  readonly told: number;
  readonly expected: number;
  readonly repeated: number;
  /** Adverts that left, and that could not. */
  readonly sent: number;
  readonly failed: number;
  /** Standing adverts that left more than half an interval late. */
  readonly late: number;
  /** The longest time between two standing adverts. */
  readonly longestGapMs: number;
  /** Gratuitous ARP and neighbour advertisements that left. */
  readonly announced: number;
  /** Addresses that others removed and the engine put back. */
  readonly disturbed: number;
  readonly holding: boolean;
  /** Its addresses that are there, whoever put them there. */
  readonly present: number;
}

export interface EngineCounters {
  readonly instances: readonly InstanceCounters[];
  /** Packets that belong to no instance, by interface and family. */
  readonly strangers: readonly {
    readonly interface: string;
    readonly family: Family;
    readonly received: InstanceCounters['received'];
  }[];
  /** How late standing adverts left: counts up to each bound in nanoseconds, and a last one for all above. */
  readonly lateness: { readonly boundsNs: readonly number[]; readonly counts: readonly number[] };
}

export const NOTHING_COUNTED: EngineCounters = { instances: [], strangers: [], lateness: { boundsNs: [], counts: [] } };

/** The native thread that sends, hears, times and holds (native/vrrp/engine.h). */
export interface EnginePort {
  /** The whole list; what did not change is not touched, and what changed keeps its orders. An instance that cannot be taken
   *  as it is stays as it was, and `trouble` says why. A missing interface is no trouble: `link` tells when it comes. */
  configure(instances: readonly EngineInstance[]): void;
  /** Orders of several instances, carried out in this order. */
  order(orders: readonly (readonly [instance: string, orders: readonly Order[]])[]): void;
  /** Everything is withdrawn unless this is called again within that time. Before the first call there is no limit. */
  lease(ms: number): void;
  counters(): EngineCounters;
  close(): void;
}
