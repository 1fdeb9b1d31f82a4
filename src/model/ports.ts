import type { Family } from '../base/ip.ts';
import type { ConnectionQuery, Connections } from './connection.ts';
import type { CheckSettings, PhaseLimits, ProbeSource } from './desired.ts';
import type { ProbeResult, RepeatedResult } from './health.ts';
import type { Route, RoutingRule } from './instance.ts';
import type { IpvsInfo, Link, ObservedAddress, ObservedService } from './observed.ts';
import type { DaemonOp, IpvsOp, NetOp, OpResult, SysctlOp } from './op.ts';
import type { SyncDaemon } from './sync.ts';

/** The interfaces the daemon sees. kernel/ implements them on Linux, kernel/fake.ts in memory; one contract suite tests both.
 *  All reject with a KernelError when the whole call fails; a single refused op is in its OpResult. */
export interface IpvsPort {
  info(): Promise<IpvsInfo>;
  /** Services with their destinations; `stats: false` leaves counters null and is cheaper. */
  dump(options?: { readonly stats?: boolean }): Promise<ObservedService[]>;
  /** Applies in order. A refused op does not stop the rest. One result per op, in the same order. */
  apply(ops: readonly IpvsOp[]): Promise<OpResult[]>;
  /** The connection table; its cost is quadratic, so it has limits. The iteration rejects when it cannot be read. */
  connections(query?: ConnectionQuery): Connections;
  close(): void;
}

export interface NetPort {
  addresses(): Promise<ObservedAddress[]>;
  links(): Promise<Link[]>;
  /** Those that bear our protocol number, ROUTING_OWNER. */
  routes(): Promise<Route[]>;
  rules(): Promise<RoutingRule[]>;
  apply(ops: readonly NetOp[]): Promise<OpResult[]>;
  /** Calls back after links or addresses changed by anyone's hand (coalesced by the caller). Returns the stop function. */
  watch(onChange: (event: NetEvent) => void): () => void;
  close(): void;
}

export type NetEvent =
  | { readonly kind: 'link'; readonly gone: boolean; readonly link: Link }
  | { readonly kind: 'address'; readonly gone: boolean; readonly address: ObservedAddress }
  /** Events were lost (ENOBUFS): look at everything again. */
  | { readonly kind: 'resync' };

export interface SysctlPort {
  /** Values of the names that exist. */
  read(names: readonly string[]): Promise<Record<string, string>>;
  apply(ops: readonly SysctlOp[]): Promise<OpResult[]>;
}

export interface SyncPort {
  /** Those that run, with every option; at most one of each role. */
  daemons(): Promise<SyncDaemon[]>;
  apply(ops: readonly DaemonOp[]): Promise<OpResult[]>;
}

export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  readonly from?: ProbeSource;
  readonly limits?: PhaseLimits;
}

/** Opens a socket that leaves from where it shall, for whoever connects it; answers its descriptor. Throws a KernelError. */
export type OpenSocket = (transport: 'tcp' | 'udp' | 'sctp', family: Family, from: ProbeSource) => number;

/** Never rejects: whatever goes wrong is a failed result. Ends within settings.timeoutMs and a little. */
export interface ProberPort {
  probe(target: ProbeTarget, settings: CheckSettings, signal: AbortSignal): Promise<ProbeResult>;
  /** The same for a target that is asked again and again, at less cost; undefined where this check has no such way. */
  prepare?(
    target: ProbeTarget,
    settings: CheckSettings,
    onResult: (result: ProbeResult) => void,
    onRepeated?: (repeated: RepeatedResult) => void,
  ): PreparedProbe | undefined;
  /** Hands on which results were repeated since the last call. */
  collect?(): void;
  /** As collect, a target at a time. */
  collectSteps?(): Generator<void, void>;
  /** Answers that came and fit nothing that was asked, late or forged; absent: not counted. */
  refused?(): number;
}

/** One answer follows each ask, within the time of the check; what is asked meanwhile is passed over, and
 *  while it waits for its time the latest counts. */
export interface PreparedProbe {
  /** At a moment of the monotonic clock; what is past is now. With `repeatMs` it is asked again in that rhythm, give or take
   *  the jitter, as long as the result is the one told last: such results are counted and not told. */
  ask(at: number, repeatMs?: number): void;
  /** The next result is told, whatever it is, and ends the repetition. */
  tellNext(): void;
  /** Nothing is answered after it. */
  close(): void;
}

/** The ends of other processes, told at once. */
export interface ExitsPort {
  /** `gone`: there is no such process. `unsupported`: this system cannot tell; look again from time to time. */
  add(pid: number): 'yes' | 'gone' | 'unsupported';
  remove(pid: number): void;
  close(): void;
}
