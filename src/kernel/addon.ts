import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failure } from '../base/errors.ts';
import type { EngineCounters, EngineEvent } from '../model/engine.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { OpFailure } from '../model/op.ts';
import type { Peer } from '../model/role.ts';
import type { EngineInstance, Order, WireSettings } from '../model/vrrp.ts';
import type { NativeVrrpCodec, NativeVrrpEvent, NativeVrrpListen } from './vrrp-native.ts';

/** The native part, typed by hand from native/js. This is the only place that loads it. */

/** Where the members of a packed record lie: offsets in bytes, the CPU's byte order, every number 32 bits wide but for
 *  counters (64), addresses 16 bytes, text NUL-terminated (native/ipvs/model.h). */
export interface Layout<Field extends string> {
  readonly size: number;
  readonly fields: Readonly<Record<Field, number>>;
}

export type ServiceField =
  | ('family' | 'protocol' | 'address' | 'port' | 'mark' | 'flags' | 'timeout' | 'netmask' | 'scheduler' | 'engine')
  | ('destinations' | 'counters');
export type DestinationField =
  | ('family' | 'address' | 'port' | 'forward' | 'weight' | 'upperThreshold' | 'lowerThreshold')
  | ('tunnelType' | 'tunnelPort' | 'tunnelFlags')
  | ('activeConnections' | 'inactiveConnections' | 'persistentConnections' | 'counters');
export type CounterField =
  | ('connections' | 'inPackets' | 'outPackets' | 'inBytes' | 'outBytes')
  | ('connectionRate' | 'inPacketRate' | 'outPacketRate' | 'inByteRate' | 'outByteRate');

export interface Layouts {
  /** An op: its kind (32 bits), then the settings of a service and of a destination at these offsets. */
  readonly op: {
    readonly size: number;
    readonly service: number;
    readonly destination: number;
    readonly kinds: Readonly<Record<string, number>>;
  };
  readonly service: Layout<ServiceField>;
  readonly destination: Layout<DestinationField>;
  readonly counters: Layout<CounterField>;
}

/** Packed records; each service says how many of the destinations, in order, are its own. */
export interface NativeDump {
  readonly services: Uint8Array;
  readonly destinations: Uint8Array;
}

/** A refused op, by its place in the batch. */
export interface NativeRefusal extends OpFailure {
  readonly index: number;
}

export interface NativeTimeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

/** Absent in a request: 0 or ''. */
export interface NativeDaemon {
  /** 1 master, 2 backup. */
  readonly state: number;
  readonly interface: string;
  readonly syncId: number;
  readonly maxLength: number;
  readonly group4: string;
  readonly group6: string;
  readonly port: number;
  readonly ttl: number;
}

/** Requests run one after the other off the main thread. After close() all reject, the ones waiting included. */
export interface NativeIpvs {
  /** The table in portions, so that no one portion keeps the event loop; a service's destinations follow it, be it over
   *  several portions. `take` says how many records it wants in a portion from then on. */
  dump(counters: boolean, take: (portion: NativeDump) => number): Promise<void>;
  /** All services at once, without destinations. */
  services(counters: boolean): Promise<NativeDump>;
  /** The service that the one op record names, with its destinations. */
  one(op: Uint8Array, counters: boolean): Promise<NativeDump>;
  /** Applies the op records that `next` gives until it gives undefined, as one batch: while a slice of it is being applied,
   *  `next` packs the one after it, and `refuse` hears of the refused ones of the one before, by rising index. */
  apply(next: () => Uint8Array | undefined, refuse: (refused: readonly NativeRefusal[]) => void): Promise<void>;
  info(): Promise<{ readonly version: number; readonly connectionTableSize: number }>;
  timeouts(): Promise<NativeTimeouts>;
  setTimeouts(timeouts: NativeTimeouts): Promise<void>;
  daemons(): Promise<NativeDaemon[]>;
  startDaemon(daemon: NativeDaemon): Promise<void>;
  stopDaemon(state: number): Promise<void>;
  /** `op` is a record whose service is meant; without it, all services. */
  zero(op?: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  close(): void;
}

export interface NativeAddress {
  readonly family: 'inet' | 'inet6';
  readonly index: number;
  readonly prefix: number;
  readonly interface: string;
  readonly address: string;
  /** The far end of a point-to-point link, else the same as `address`. */
  readonly peer: string;
  readonly label: string;
  /** IFA_F_* */
  readonly flags: number;
  readonly owner: number;
}

export interface NativeLink {
  readonly index: number;
  readonly name: string;
  /** IFF_* */
  readonly flags: number;
  readonly mtu: number;
  readonly hardwareAddress: string;
  /** Number of the link it lies on; 0: none. */
  readonly parent: number;
  readonly alias: string;
}

export type NativeAddressOp = Omit<NativeAddress, 'family' | 'index'> & { readonly add: boolean };

export type NativeEvent =
  | { readonly kind: 'link'; readonly gone: boolean; readonly link: NativeLink }
  | { readonly kind: 'address'; readonly gone: boolean; readonly address: NativeAddress }
  | { readonly kind: 'resync' };

/** 0, '' and an address of zeros (given: also '') are none; prefix 0 is default. */
export interface NativePath {
  readonly family: 'inet' | 'inet6';
  readonly to: string;
  readonly prefix: number;
  readonly via: string;
  readonly interface: string;
  readonly source: string;
  readonly table: number;
  readonly metric: number;
  readonly protocol: number;
}

export interface NativeRule {
  readonly family: 'inet' | 'inet6';
  readonly from: string;
  readonly fromPrefix: number;
  readonly to: string;
  readonly toPrefix: number;
  readonly interface: string;
  readonly mark: number;
  readonly table: number;
  readonly priority: number;
  readonly protocol: number;
}

export type NativeRoutingOp =
  | ({ readonly kind: 'add-route' | 'replace-route' | 'delete-route' } & NativePath)
  | ({ readonly kind: 'add-rule' | 'delete-rule' } & NativeRule);

export interface NativeRoute {
  links(): Promise<NativeLink[]>;
  addresses(): Promise<NativeAddress[]>;
  /** Those with this protocol number. */
  routes(protocol: number): Promise<NativePath[]>;
  rules(protocol: number): Promise<NativeRule[]>;
  apply(ops: readonly NativeAddressOp[]): Promise<NativeRefusal[]>;
  applyRouting(ops: readonly NativeRoutingOp[]): Promise<NativeRefusal[]>;
  close(): void;
}

/** Listens from its construction on; keeps the event loop alive until stop(). */
export interface NativeWatch {
  stop(): void;
}

type Serial = { readonly serial: number };

/** Orders and events as in the model, but that a silence or a wake tells the order it belongs to. */
export type NativeOrder =
  | Exclude<Order, { kind: 'listen' | 'wake' }>
  | (Extract<Order, { kind: 'listen' | 'wake' }> & Serial);
export type NativeEngineEvent =
  | Exclude<EngineEvent, { kind: 'silence' | 'wake' | 'disturbed' }>
  | (Extract<EngineEvent, { kind: 'silence' | 'wake' }> & Serial)
  | {
      readonly kind: 'disturbed';
      readonly at: number;
      readonly instance: string;
      /** One of the addresses. */
      readonly address: string;
      readonly interface: string;
      readonly count: number;
    };

/** Runs from its construction on; keeps the event loop alive until close(). configure() and counters() wait for the engine's
 *  thread, which never waits for anything but the kernel. */
export interface NativeVrrp {
  configure(instances: readonly EngineInstance[]): void;
  order(orders: readonly (readonly [instance: string, orders: readonly NativeOrder[]])[]): void;
  lease(ms: number): void;
  counters(): EngineCounters;
  close(): void;
}

/** Keeps the event loop alive until stop(). */
export interface NativeExits {
  add(pid: number): 'yes' | 'gone' | 'unsupported';
  remove(pid: number): void;
  stop(): void;
}

/** '' and 0: as the kernel chooses. */
export interface NativeSource {
  readonly address: string;
  readonly port: number;
  readonly interface: string;
  readonly mark: number;
}

/** Times are milliseconds; 0 is none. `expect` and `mask` are of one length. */
export interface NativeQuestion extends NativeSource {
  readonly kind: string;
  readonly to: string;
  readonly toPort: number;
  readonly timeoutMs: number;
  readonly connectMs: number;
  readonly responseMs: number;
  readonly holdMs: number;
  readonly jitter: number;
  readonly send: Uint8Array;
  readonly expect: Uint8Array;
  readonly mask: Uint8Array;
  readonly size: number;
  readonly ttl: number;
  readonly window: number;
  readonly loss: number;
  /** The address that a SYN is for where it is carried otherwise than by its own; `none` and '' where not. */
  readonly deafToErrors: boolean;
  readonly orderly: boolean;
  readonly carrier: string;
  readonly service: string;
}

/** Keeps the event loop alive until stop(). */
export interface NativeProber {
  add(question: NativeQuestion): number;
  remove(id: number): void;
  /** For each an id, when, in milliseconds of now(), and the milliseconds between repetitions or 0. */
  ask(rows: Float64Array): void;
  tellNext(id: number): void;
  /** For each target id, count, begin of the latest, its and all durations, and the buckets. */
  tallies(): Float64Array;
  sample(id: number): Uint8Array;
  refused(): number;
  now(): number;
  stop(): void;
}

export interface Addon {
  readonly version: number;
  initialize(errorClass: typeof KernelError): void;
  /** File descriptors the addon holds in this process, for leak tests. */
  openFds(): number;
  /** Opens a file as the network namespace `netns` sees it and gives a descriptor for closeFile(). Throws a
   *  KernelError. */
  openFile(netns: string, path: string, writable: boolean): number;
  closeFile(fd: number): void;
  /** A socket that is not connected yet. Throws a KernelError. */
  openSocket(netns: string, spec: { readonly transport: string; readonly ipv6: boolean } & NativeSource): number;
  /** Who is at the other end of a unix socket. Throws a KernelError, also for sockets of other families. */
  peerOf(fd: number): Peer;
  readonly codec: {
    readonly layout: Layouts;
    /** The netlink messages of whole op records, numbered from 1. Throws a KernelError for an op that may not be sent. */
    encode(ops: Uint8Array, family: number): Uint8Array;
    /** What a dump of these replies gives. */
    decode(messages: Uint8Array, counters: boolean): NativeDump;
    readonly vrrp: NativeVrrpCodec;
  };
  /** `netns` is a path or '' for the process's own. Sockets open with the first request. */
  readonly Ipvs: new (
    netns: string,
    deadlineMs: number,
  ) => NativeIpvs;
  readonly Route: new (netns: string, deadlineMs: number) => NativeRoute;
  readonly Vrrp: new (
    netns: string,
    options: { readonly realtime: boolean; readonly lifeS: number; readonly warden: string },
    onEvents: (events: readonly NativeEngineEvent[]) => void,
  ) => NativeVrrp;
  readonly Watch: new (netns: string, onEvents: (events: readonly NativeEvent[]) => void) => NativeWatch;
  /** Packets are judged by the settings of their virtual router; without any settings, in themselves. */
  readonly VrrpListen: new (
    netns: string,
    interfaceName: string,
    instances: readonly WireSettings[],
    onEvents: (events: readonly NativeVrrpEvent[]) => void,
  ) => NativeVrrpListen;
  readonly Exits: new (onExits: (pids: Float64Array) => void) => NativeExits;
  /** Told are rows of six numbers: id, ending, phase, detail, when it began and how long it took. */
  readonly Prober: new (
    options: {
      readonly netns: string;
      readonly most: number;
      readonly mostSlow: number;
      readonly boundsMs: readonly number[];
    },
    onRows: (rows: Float64Array) => void,
  ) => NativeProber;
}

const EXPECTED_VERSION = 7;

let loaded: Addon | undefined;

/** The addon, loaded when first asked for: commands that touch no kernel work without it. */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

function load(): Addon {
  let native: Addon;
  try {
    const require = createRequire(import.meta.url);
    const built = ownBuild();
    native = built ? require(built) : (require('node-gyp-build') as (directory: string) => Addon)(packageRoot());
  } catch (error) {
    throw failure('addon-missing', { reason: firstLine(error) }, error);
  }
  if (native.version !== EXPECTED_VERSION) {
    throw failure('addon-missing', { reason: `it has interface ${native.version}, not ${EXPECTED_VERSION}` });
  }
  native.initialize(KernelError);
  return native;
}

/** The program that cleans up after a daemon that died; '' where it was not built. It lies beside the addon. */
export function wardenProgram(): string {
  const folders = ['../build/Release', '../../build/Release', `../prebuilds/${process.platform}-${process.arch}`];
  const here = dirname(fileURLToPath(import.meta.url));
  return folders.map((folder) => join(here, folder, 'fairlead-warden')).find((path) => existsSync(path)) ?? '';
}

/** The addon that was built in this clone, which node-gyp-build would take too, only later. Both src/kernel/ and dist/ lie
 *  below the package's folder. */
function ownBuild(): string | undefined {
  // node-gyp-build's way to name another one.
  if (process.env.FAIRLEAD_PREBUILD) return undefined;
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, '../build/Release/fairlead.node'), join(here, '../../build/Release/fairlead.node')];
  return candidates.find((path) => existsSync(path));
}

/** The nearest folder above this file, be it src/kernel/addon.ts or a bundle in dist/, that is the package itself. */
function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (isPackage(folder)) return folder;
    if (folder === dirname(folder)) throw new Error('no package.json of fairlead above the program');
  }
}

function isPackage(folder: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown }).name === 'fairlead';
  } catch {
    return false;
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
