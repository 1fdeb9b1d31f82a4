import type { Family } from '../base/ip.ts';

/** RFC 9568 6.4, in the words people know from keepalived: init is Initialize, master is Active. `fault` is ours and
 *  keepalived's: the instance takes no part until what it depends on is back. */
export type VrrpState = 'init' | 'backup' | 'master' | 'fault';

/** Priority of an address owner: it always preempts, and no tracker moves it. */
export const OWNER = 255;
/** An advert with this priority says: I am leaving (RFC 9568 5.2.4). */
export const LEAVING = 0;

/** What the election of one instance goes by. Times in milliseconds. */
export interface ElectionSettings {
  readonly version: 2 | 3;
  /** As configured; trackers move the effective one. 1 to 255. */
  readonly priority: number;
  readonly intervalMs: number;
  /** Adverts that may be missed before a backup takes over; the RFCs say 3. */
  readonly downAdverts: number;
  readonly preempt: boolean;
  /** How long a better backup waits, from the first worse advert it hears, before it preempts. */
  readonly preemptDelayMs: number;
  /** After its start the instance only listens for this long. */
  readonly startDelayMs: number;
  /** Answer a worse master's advert with one of our own at once (RFC 9568 6.4.3; RFC 5798 keeps silent), and say a last
   *  one before giving way to a better master, so that it announces the addresses again. */
  readonly assert: boolean;
  /** How long a planned hand-over waits for a successor before the addresses go all the same. */
  readonly handoverMs: number;
}

/** An accepted advert as the engine tells it; whatever was refused never becomes one. */
export interface HeardAdvert {
  readonly source: string;
  /** 0 to 255. */
  readonly priority: number;
  readonly intervalMs: number;
  /** Sender's address compared with the one we send from, as unsigned numbers in network order: -1 lower, 0 equal, 1 higher. */
  readonly order: -1 | 0 | 1;
}

/** What happens to one instance. `at` is monotonic milliseconds, with fractions. */
export type ElectionEvent = { readonly at: number } & (
  | { readonly kind: 'start' }
  /** `handover`: keep the addresses until a successor is heard; without it they go at once. */
  | { readonly kind: 'stop'; readonly handover: boolean }
  | { readonly kind: 'advert'; readonly advert: HeardAdvert }
  /** The standing `listen` order ran out. */
  | { readonly kind: 'silence' }
  /** The `wake` order ran out. */
  | { readonly kind: 'wake' }
  /** Trackers changed. A non-empty list of faults puts the instance out of the election. */
  | { readonly kind: 'judged'; readonly priority: number; readonly faults: readonly string[] }
  /** Step down now and let another have it, without being put out: `fairlead failover`. */
  | { readonly kind: 'yield' }
  /** Take over from a worse or equal master now, whatever `preempt` says. */
  | { readonly kind: 'claim' }
  /** What we hold was taken by others or put back; told, and announced again. */
  | { readonly kind: 'disturbed'; readonly what: string }
);

/** What the engine shall do for one instance: standing orders that it carries out without asking again. */
export type Order =
  /** Send an advert now and then one every `everyMs`, until `quiet`. Replaces an earlier one. */
  | { readonly kind: 'advertise'; readonly priority: number; readonly everyMs: number }
  /** Send one advert now; a standing `advertise` goes on, its interval counted from here. */
  | { readonly kind: 'send'; readonly priority: number }
  | { readonly kind: 'quiet' }
  /** Say `silence` when nobody was heard for `forMs`. An advert equal to `same` re-arms it without a word; every other
   *  accepted advert is told, and is told too while no `listen` stands. `from: 'now'` starts to count; `from: 'last'` goes
   *  on from where the standing `listen` began to count: its order or, later, the advert that re-armed it. */
  | {
      readonly kind: 'listen';
      readonly forMs: number;
      readonly from: 'now' | 'last';
      readonly same: Omit<HeardAdvert, 'order'> | null;
    }
  /** No `silence` until the next `listen`. */
  | { readonly kind: 'deaf' }
  /** Say `wake` after `afterMs`; null takes the order back. One at a time. */
  | { readonly kind: 'wake'; readonly afterMs: number | null }
  /** Take all addresses (what is there already stays) and announce them in the configured cadence. A `release` that still
   *  waits is taken back. */
  | { readonly kind: 'hold' }
  /** Let all addresses go after `afterMs`; 0 is at once. */
  | { readonly kind: 'release'; readonly afterMs: number }
  /** Announce the addresses again. */
  | { readonly kind: 'announce' };

/** What a step tells the rest of the program. */
export type Told =
  | { readonly kind: 'role'; readonly from: VrrpState; readonly to: VrrpState; readonly why: string }
  /** Somebody else claims the mastership that we hold. Once per claimant until it falls silent. */
  | { readonly kind: 'rival'; readonly advert: HeardAdvert; readonly why: string }
  /** Worth a line in the log, while the role stays: a hand-over began or found nobody, an address was taken from us. */
  | { readonly kind: 'notice'; readonly why: string };

export type Effect = Order | Told;

/** An address that moves with the role. */
export interface HeldAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
  /** IPv4 only; empty: none. */
  readonly label: string;
  /** RT_SCOPE_*: 0 global, 253 link, 254 host. */
  readonly scope: number;
}

/** Somebody on the segment who answers for an address that is held here. */
export interface Duplicate {
  readonly address: string;
  readonly interface: string;
  /** Whose, as 02:00:00:00:00:01. */
  readonly mac: string;
}

/** How packets of one instance look and which are believed. */
export interface WireSettings {
  readonly version: 2 | 3;
  readonly family: Family;
  readonly vrid: number;
  readonly interface: string;
  readonly intervalMs: number;
  /** Adverts outside of these are refused (v3). */
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** Sender's address; null: the interface's first IPv4 address, or its IPv6 link-local one. */
  readonly source: string | null;
  /** Multicast destination, used without peers. */
  readonly group: string;
  /** Unicast: these are sent to, and nobody else is believed. */
  readonly peers: readonly { readonly address: string; readonly minTtl: number; readonly maxTtl: number }[];
  readonly ttl: number;
  /** In adverts, in this order. */
  readonly advertised: readonly string[];
  /** What a received address list must be: share an address with ours, equal ours, or anything. */
  readonly addressCheck: 'overlap' | 'exact' | 'none';
  /** IPv4 v3 checksum: which form is believed; what is sent is `pseudo` unless `message` is asked for. */
  readonly checksum: 'auto' | 'pseudo' | 'message';
  /** We are the address owner: adverts of others do not count (erratum 8298). */
  readonly owner: boolean;
  /** v2 simple text password (RFC 2338), up to 8 bytes; empty: none. */
  readonly password: string;
  /** HMAC trailer of draft-cassen-vrrp-auth-hmac-00; null: none. A secret is text, or `hex:` and digits; 32 to 64 bytes. */
  readonly hmac: {
    readonly keys: readonly { readonly id: number; readonly secret: string }[];
    readonly active: number;
    readonly mode: 'enforce' | 'permissive' | 'receive-only';
    readonly windowMs: number;
  } | null;
}

/** Gratuitous ARP and unsolicited neighbour advertisements. */
export interface AnnounceSettings {
  /** Frames per address in one round. */
  readonly count: number;
  /** A second round this long after taking over; 0: none. */
  readonly repeatAfterMs: number;
  /** A round every so often while master; 0: none. */
  readonly refreshMs: number;
  /** Frames of all instances of one interface leave at least this far apart; 0: as fast as it goes. */
  readonly gapMs: number;
  /** How often others are looked for who answer for the addresses too, the first time a second after taking over; 0: never. */
  readonly lookMs: number;
  /** Further interfaces that hear of it. */
  readonly interfaces: readonly string[];
}

/** A macvlan with the virtual router's own hardware address, 00-00-5E-00-01-VRID (IPv4) or 00-00-5E-00-02-VRID (IPv6). */
export interface VirtualMac {
  /** Name of the macvlan interface, `vrrp.51`. */
  readonly interface: string;
  /** Whether adverts leave with the virtual hardware address or the parent's. */
  readonly adverts: 'virtual' | 'parent';
}

/** Everything the engine has to know of one instance. */
export interface EngineInstance {
  readonly name: string;
  readonly wire: WireSettings;
  readonly held: readonly HeldAddress[];
  readonly announce: AnnounceSettings;
  readonly virtualMac: VirtualMac | null;
  /** RFC 9568 6.1, Accept_Mode: packets to the addresses are taken; false: they are answered for and forwarded, no more. */
  readonly accept: boolean;
}

/** Why a packet was refused or how it was taken; one counter each, in this order everywhere. */
export const VERDICTS = {
  accepted: 'a valid advert',
  ttl: 'TTL or hop limit is not 255, or not within the peer’s bounds',
  short: 'shorter than a VRRP header',
  version: 'another version of VRRP',
  type: 'not an advertisement',
  length: 'length does not fit the number of addresses',
  checksum: 'wrong checksum in every form that is believed',
  vrid: 'a virtual router that is not configured on this interface and family',
  owner: 'we own the addresses',
  authentication: 'authentication type or password differs (v2)',
  interval: 'advert interval is 0, differs (v2), or is out of bounds (v3)',
  count: 'no address in it',
  addresses: 'address list is not ours',
  source: 'sender is not a configured peer, or it is ourselves',
  'hmac-missing': 'no HMAC trailer where one is enforced',
  'hmac-key': 'HMAC of another form, or with a key that is not configured',
  'hmac-stale': 'HMAC outside of the time window',
  'hmac-digest': 'HMAC does not fit the packet',
  'hmac-replay': 'HMAC seen before',
} as const;
export type PacketVerdict = keyof typeof VERDICTS;
