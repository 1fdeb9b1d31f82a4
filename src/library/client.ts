import { setTimeout as sleep } from 'node:timers/promises';
import { type Feature, probe } from '../kernel/features.ts';
import { type IpvsTimeouts, openIpvs, type SyncDaemon } from '../kernel/ipvs.ts';
import { type Namespace, namespacePath } from '../kernel/namespace.ts';
import { openSysctls } from '../kernel/sysctl.ts';
import { inTurns } from '../kernel/turns.ts';
import type { ConnectionQuery, Connections } from '../model/connection.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { IpvsInfo, ObservedDestination, ObservedService } from '../model/observed.ts';
import type { IpvsOp, OpFailure, Unexplained } from '../model/op.ts';
import type { Destination, VirtualServiceId } from '../model/service.ts';
import { type Drained, type DrainOptions, drain } from './drain.ts';
import { Meter, type MeteredService, PUBLISHED_EVERY_MS } from './meter.ts';
import { sameNames } from './same-names.ts';
import { type Sysctls, typedSysctls } from './sysctls.ts';

export interface OpenOptions {
  /** The network namespace: a name below /run/netns, a path, or a process's id. Without it, this process's own. */
  readonly namespace?: Namespace;
  /** Longest wait for one answer of the kernel; 2,000. */
  readonly deadlineMs?: number;
}

/** A change; `why` is for people who read logs. */
export type Change = Unexplained<IpvsOp>;

/** What became of a change: `failure` is null when it was carried out. */
export interface ChangeResult {
  readonly change: Change;
  readonly failure: OpFailure | null;
}

export interface DumpOptions {
  /** With counters; true. Without is cheaper. */
  readonly stats?: boolean;
  /** Dump until two in a row name the same services and destinations in the same order; false. For tables that other
   *  programs change too. Rejects with `unsettled` after eight. */
  readonly settled?: boolean;
}

export interface MeterOptions {
  /** Time between two dumps; 2,000, more often shows nothing new. */
  readonly everyMs?: number;
  /** Time that a rate is measured over; 10,000. */
  readonly windowMs?: number;
}

/** The IPVS of one network namespace. Requests go to the kernel one after the other, off the main thread, each with a
 *  deadline. Every method rejects with a KernelError; narrow on its `code`. */
export interface Ipvs {
  info(): Promise<IpvsInfo>;
  /** Every service, without destinations. */
  services(options?: Pick<DumpOptions, 'stats'>): Promise<Omit<ObservedService, 'destinations'>[]>;
  /** Destinations of one service, newest first as the scheduler has them; `service-missing` when there is none. */
  destinations(id: VirtualServiceId, options?: Pick<DumpOptions, 'stats'>): Promise<readonly ObservedDestination[]>;
  /** Every service with its destinations. Nothing comes twice. What others change meanwhile may show or not; of a service
   *  with more than about 80 destinations one that stays may be missing when another is deleted just then: see `settled`. */
  dump(options?: DumpOptions): Promise<ObservedService[]>;
  /** Carries changes out in order, in few messages. A refused one does not stop the rest; one result each. The list may change
   *  meanwhile, a change in it may not: long lists are read while the kernel works on their beginning. */
  apply(changes: readonly Change[]): Promise<ChangeResult[]>;
  timeouts(): Promise<IpvsTimeouts>;
  setTimeouts(timeouts: IpvsTimeouts): Promise<void>;
  daemons(): Promise<SyncDaemon[]>;
  startDaemon(daemon: SyncDaemon): Promise<void>;
  stopDaemon(state: SyncDaemon['state']): Promise<void>;
  /** Sets counters to zero: of one service with its destinations, or of all. */
  zero(id?: VirtualServiceId): Promise<void>;
  /** Deletes every service. */
  flush(): Promise<void>;
  /** The connection table; its cost is quadratic, so it has limits. */
  connections(query?: ConnectionQuery): Connections;
  /** Dumps with rates of our own measuring, for as long as the loop runs. */
  meter(options?: MeterOptions): AsyncGenerator<MeteredService[], void, undefined>;
  readonly sysctls: Sysctls;
  /** Asks this kernel; undefined where only its version tells (see FEATURES). Leaves nothing behind. */
  supports(feature: Feature): Promise<boolean | undefined>;
  /** Takes a destination out without cutting connections. */
  drain(
    id: VirtualServiceId,
    destination: Pick<Destination, 'address' | 'port'>,
    options?: DrainOptions,
  ): Promise<Drained>;
  /** What runs comes to its end; what waits, and everything later, is rejected with `not-attempted`. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const DUMPS = 8;

/** Opens nothing yet: the first request does, and so tells of a missing module or permission. */
export function open(options: OpenOptions = {}): Ipvs {
  const netns = namespacePath(options.namespace);
  const ipvs = openIpvs({ netns, ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }) });
  const sysctlPort = openSysctls({ netns });
  const closing = new AbortController();
  const close = () => {
    closing.abort();
    ipvs.close();
  };

  async function settledDump(stats: boolean): Promise<ObservedService[]> {
    let before: readonly ObservedService[] | undefined;
    for (let i = 0; i < DUMPS; i++) {
      const dump = await ipvs.dump({ stats });
      if (before && (await inTurns(sameNames(before, dump)))) return dump;
      before = dump;
    }
    const text = `other programs changed the table during each of ${DUMPS} dumps`;
    throw new KernelError({ code: 'unsettled', errno: 0, operation: 'dump', text });
  }

  async function* meter({ everyMs = PUBLISHED_EVERY_MS, windowMs }: MeterOptions = {}) {
    const meter = new Meter(windowMs === undefined ? {} : { windowMs });
    while (!closing.signal.aborted) {
      const dump = await ipvs.dump({ stats: true });
      yield meter.feed(dump, performance.now());
      await sleep(everyMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  return {
    info: () => ipvs.info(),
    services: (wanted) => ipvs.services(wanted),
    destinations: async (id, wanted) => (await ipvs.service(id, wanted)).destinations,
    dump: ({ stats = true, settled = false } = {}) => (settled ? settledDump(stats) : ipvs.dump({ stats })),
    apply: (changes) => ipvs.carryOut(changes, (change, failure) => ({ change, failure })),
    timeouts: () => ipvs.timeouts(),
    setTimeouts: (timeouts) => ipvs.setTimeouts(timeouts),
    daemons: () => ipvs.daemons(),
    startDaemon: (daemon) => ipvs.startDaemon(daemon),
    stopDaemon: (state) => ipvs.stopDaemon(state),
    zero: (id) => ipvs.zero(id),
    flush: () => ipvs.flush(),
    connections: (query) => ipvs.connections(query),
    meter,
    sysctls: typedSysctls(sysctlPort),
    supports: (feature) => probe(feature, { ipvs, sysctls: sysctlPort }),
    drain: (id, destination, wanted) =>
      drain(
        {
          service: (one, what) => ipvs.service(one, what),
          apply: (ops) => ipvs.apply(ops),
          sysctl: async (name) => (await sysctlPort.read([name]))[name],
        },
        id,
        destination,
        wanted,
      ),
    close,
    [Symbol.asyncDispose]: async () => close(),
  };
}
