import type { DesiredGroup, DesiredInstance, Route, RoutingRule } from './instance.ts';
import type { InterfaceAddress } from './observed.ts';
import type { Destination, VirtualService, VirtualServiceId } from './service.ts';
import type { SyncDaemon, SyncRole } from './sync.ts';

/** What is asked of a server: a kind (a row of config/checks/) and its settings in the program's form. Plain data, so two
 *  checks with equal data ask the same. */
export interface Check {
  readonly kind: string;
  readonly [setting: string]: unknown;
}

/** How often a server is probed and how many results in a row change the verdict. */
export interface CheckTiming {
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** Intervals where they differ from `everyMs`, which is that of a server that is up. */
export interface Pace {
  readonly downMs: number;
  /** Before the first result, and while results contradict the verdict. */
  readonly betweenMs: number;
  /** Share by which an interval may be off, either way. */
  readonly jitter: number;
}

/** A server that went down `flaps` times `withinMs` is held back: `holdMs`, twice that the next time, up to `longestMs`. */
export interface Damping {
  readonly flaps: number;
  readonly withinMs: number;
  readonly holdMs: number;
  readonly longestMs: number;
}

/** What a server nothing is known of counts as: `wait`s for its first result, is `up` until it fails, `down` until it rises. */
export type CheckStart = 'wait' | 'up' | 'down';

/** Where a probe leaves from; what is absent is the kernel's choice. */
export interface ProbeSource {
  readonly address?: string;
  readonly port?: number;
  readonly interface?: string;
  readonly mark?: number;
}

/** In a frame to its link address, or in a tunnel. */
export type Carrier = 'link' | 'ipip' | 'gre';

/** The way on which packets for an address of a service come to one server. */
export interface ServicePath {
  readonly address: string;
  readonly carrier: Carrier;
}

/** Limits of a probe's phases, within its timeout. */
export interface PhaseLimits {
  readonly connectMs?: number;
  readonly responseMs?: number;
}

export interface CheckSettings extends CheckTiming {
  readonly check: Check;
  /** Null: the server's own port. */
  readonly port: number | null;
  /** Absent: `everyMs` throughout, give or take a tenth. */
  readonly pace?: Pace;
  /** Absent: `wait`. */
  readonly start?: CheckStart;
  readonly damping?: Damping;
  readonly from?: ProbeSource;
  readonly limits?: PhaseLimits;
  /** Probed in place of the server's own address. */
  readonly address?: string;
}

/** What the operator set beside the file: it outranks health. */
export type Administrative = 'enabled' | 'drain' | 'maintenance';

/** What runs when something has become up or down. */
export interface Hooks {
  readonly up: readonly string[] | null;
  readonly down: readonly string[] | null;
  readonly timeoutMs: number;
  readonly user: string | null;
}

/** How much of a service must be healthy for it to count as up, and what runs when that changes. */
export interface Quorum extends Hooks {
  readonly weight: number;
  readonly hysteresis: number;
}

/** One real server of one service as the operator wants it, before health. `name` is what people call it: its
 *  configured name, or `address:port` (`address` when it takes the listener's port). */
export interface DesiredServer {
  readonly name: string;
  readonly address: string;
  /** Null: the listener's port. */
  readonly port: number | null;
  readonly forward: Destination['forward'];
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly tunnel: Destination['tunnel'];
  readonly administrative: Administrative;
  /** The operator's word in place of the checks'; absent: they decide. */
  readonly pinned?: 'up' | 'down';
  /** The weight in the file, where the operator set another. */
  readonly fileWeight?: number;
  /** The operator's reason for `administrative` or `pinned`. */
  readonly because?: string;
  /** Null: never checked, always healthy. */
  readonly check: CheckSettings | null;
  /** Port the check goes to when neither check nor server names one. */
  readonly checkPort: number;
  /** What runs when its checks find it up or down; absent: nothing. */
  readonly notify?: Hooks;
}

export interface DesiredService {
  readonly name: string;
  /** One kernel virtual service per listener, all alike but for their identity. */
  readonly listeners: readonly VirtualService[];
  readonly servers: readonly DesiredServer[];
  /** Takes everything while no server is healthy. Never checked. */
  readonly fallback: DesiredServer | null;
  /** What a dead server becomes: `remove` deletes its destination, `quiesce` sets weight 0. */
  readonly onFailure: 'remove' | 'quiesce';
  /** How long a server that left the file keeps its established connections. */
  readonly drainMs: number;
  /** The fallback stays listed with weight 0 while it is not needed. */
  readonly inhibitFallback?: boolean;
  /** More than this percentage dead is not believed; absent: always believed. */
  readonly panic?: number;
  /** A server that was down takes so long to get its whole weight back. */
  readonly slowStartMs?: number;
  readonly quorum?: Quorum;
  /** Checked only while this director is master of this instance. */
  readonly checkWhileMaster?: string;
}

/** Connection sync as the operator wants it: which roles this director has, or whose instance's role it follows, and the
 *  daemon of each role it may have. */
export interface DesiredSync {
  readonly roles: readonly SyncRole[] | { readonly follow: string };
  readonly daemons: Readonly<Record<SyncRole, SyncDaemon>>;
}

/** Everything the operator wants, fully expanded. */
export interface Desired {
  readonly revision: number;
  readonly services: readonly DesiredService[];
  readonly addresses: readonly InterfaceAddress[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly sync: DesiredSync | null;
  readonly instances: readonly DesiredInstance[];
  readonly groups: readonly DesiredGroup[];
}

/** A destination with the reason for its weight, e.g. `up: 200 in 3 ms` or `drained by the operator`. */
export interface TargetDestination {
  readonly destination: Destination;
  readonly server: string;
  readonly why: string;
}

export interface TargetService {
  /** The configured service this listener belongs to. */
  readonly name: string;
  readonly service: VirtualService;
  /** In canonical order (compareDestinations). */
  readonly destinations: readonly TargetDestination[];
  /** Servers held back now, with the reason, keyed by destinationKey: plan() quotes it when it deletes. */
  readonly withheld: Readonly<Record<string, string>>;
}

/** What should be in the kernel now. */
export interface Target {
  readonly revision: number;
  readonly services: readonly TargetService[];
  readonly addresses: readonly InterfaceAddress[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly daemons: readonly SyncDaemon[];
  /** Addresses of instances: the VRRP engine takes and releases them with the role, at once, so no plan touches them. */
  readonly elected: readonly InterfaceAddress[];
  /** Of the instances that are master. */
  readonly routes: readonly Route[];
  readonly rules: readonly RoutingRule[];
}

/** A kernel with nothing of ours in it. */
export const EMPTY_TARGET: Target = {
  revision: 0,
  services: [],
  addresses: [],
  sysctls: {},
  daemons: [],
  elected: [],
  routes: [],
  rules: [],
};

export const targetIds = (target: Target): VirtualServiceId[] => target.services.map((s) => s.service.id);
