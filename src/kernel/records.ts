import type { Family } from '../base/ip.ts';
import type { Counters, ObservedDestination, ObservedService } from '../model/observed.ts';
import type { IpvsOp, OpFailure, Unexplained } from '../model/op.ts';
import type { Destination, Forward, Protocol, Tunnel, VirtualService, VirtualServiceId } from '../model/service.ts';
import type { Layouts, NativeDump } from './addon.ts';
import { readIpv4, readIpv6, writeIpv4, writeIpv6 } from './address-bytes.ts';
import { invalid } from './errors.ts';

// Ops and dumps cross to C++ as packed records: packing 10,000 ops takes 2 ms, reading eight properties of each through
// Node-API 22 ms.

/** Per second, over the kernel's last few 2 s estimates. */
export interface Rates {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export interface RatedService extends ObservedService {
  readonly rates: Rates;
  readonly destinations: readonly (ObservedDestination & { readonly rates: Rates })[];
}

const PROTOCOLS: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };
const PROTOCOL_NAMES: Readonly<Record<number, Protocol>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };
const FORWARDS: readonly Forward[] = ['nat', 'local', 'tunnel', 'dr', 'bypass'];
const TUNNELS: readonly Tunnel['type'][] = ['ipip', 'gue', 'gre'];
const CHECKSUMS: readonly Tunnel['checksum'][] = ['none', 'csum', 'remcsum'];
const AF_INET = 2;
const AF_INET6 = 10;
const PERSISTENT = 0x1;
const ONE_PACKET = 0x4;
const SCHEDULER_SHIFT = 3;
/** The flags we set; the kernel's own IP_VS_SVC_F_HASHED is not among them. */
const OUR_FLAGS = PERSISTENT | ONE_PACKET | (7 << SCHEDULER_SHIFT);

/** Packs ops as records (native/ipvs/model.h, struct Op). An op that no record can hold gets a failure and a record that
 *  is skipped; whether the rest makes sense, C++ judges. */
export function packOps(
  layout: Layouts,
  ops: readonly Unexplained<IpvsOp>[],
): { readonly bytes: Uint8Array; readonly failures: Map<number, OpFailure> } {
  const packer = new Packer(layout, ops.length);
  const failures = new Map<number, OpFailure>();
  for (let index = 0; index < ops.length; index++) {
    const op = ops[index] as Unexplained<IpvsOp>;
    const misfit = packer.op(index, op);
    if (misfit) failures.set(index, invalid(op, misfit));
  }
  return { bytes: packer.bytes, failures };
}

class Packer {
  readonly bytes: Uint8Array;
  readonly #layout: Layouts;
  readonly #words: Uint32Array;
  #misfit: string | undefined;
  #last: { id: VirtualServiceId; at: number } | undefined;

  constructor(layout: Layouts, count: number) {
    this.#layout = layout;
    this.#words = new Uint32Array((layout.op.size * count) / 4);
    this.bytes = new Uint8Array(this.#words.buffer);
  }

  /** Why the op does not fit a record, or undefined. */
  op(index: number, op: Unexplained<IpvsOp>): string | undefined {
    const { size, service, destination, kinds } = this.#layout.op;
    const start = index * size;
    this.#misfit = undefined;
    if ('service' in op) this.#service(start + service, op.service);
    else this.#id(start + service, op.id);
    if ('destination' in op) this.#destination(start + destination, op.destination);
    if (this.#misfit === undefined) this.#words[start >> 2] = kinds[op.kind] ?? 0;
    return this.#misfit;
  }

  #number(at: number, value: number, name: string): void {
    if (value >>> 0 !== value) this.#misfit = `${name} ${value} is not a whole number from 0 to 4294967295`;
    this.#words[at >> 2] = value;
  }

  #address(at: number, text: string): number {
    if (writeIpv4(this.bytes, at, text)) return AF_INET;
    if (writeIpv6(this.bytes, at, text)) return AF_INET6;
    this.#misfit = `"${text}" is not an address`;
    return 0;
  }

  #text(at: number, text: string, limit: number): void {
    if (text.length > limit || !/^[\x21-\x7e]*$/.test(text))
      this.#misfit = `"${text}" is not a name of up to ${limit} characters`;
    else for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i);
  }

  #id(at: number, id: VirtualServiceId): void {
    // Ops on one service mostly follow each other and share its id.
    if (this.#last?.id === id) {
      this.bytes.copyWithin(at, this.#last.at, this.#last.at + this.#layout.op.destination - this.#layout.op.service);
      return;
    }
    const { fields } = this.#layout.service;
    if (id.kind === 'fwmark') {
      this.#words[(at + fields.family) >> 2] = id.family === 'inet' ? AF_INET : AF_INET6;
      this.#number(at + fields.mark, id.mark, 'mark');
    } else {
      this.#words[(at + fields.family) >> 2] = this.#address(at + fields.address, id.address);
      this.#number(at + fields.port, id.port, 'port');
      this.#number(at + fields.protocol, PROTOCOLS[id.protocol], 'protocol');
    }
    this.#last = this.#misfit === undefined ? { id, at } : undefined;
  }

  #service(at: number, service: VirtualService): void {
    this.#id(at, service.id);
    // The settings below must not enter the next op's identity.
    this.#last = undefined;
    const { fields } = this.#layout.service;
    const { persistence } = service;
    this.#text(at + fields.scheduler, service.scheduler, 15);
    this.#text(at + fields.engine, service.engine ?? '', 16);
    this.#number(at + fields.timeout, persistence?.timeoutS ?? 0, 'persistence time');
    this.#words[(at + fields.flags) >> 2] =
      (persistence ? PERSISTENT : 0) |
      (service.onePacket ? ONE_PACKET : 0) |
      (service.schedulerFlags << SCHEDULER_SHIFT);
    this.#words[(at + fields.flags + 4) >> 2] = OUR_FLAGS;
    if (service.schedulerFlags < 0 || service.schedulerFlags > 7) this.#misfit = 'the scheduler flags are not 0 to 7';
    this.#netmask(at + fields.netmask, service.netmask);
  }

  #netmask(at: number, netmask: string): void {
    if (writeIpv4(SCRATCH, 0, netmask)) this.#words[at >> 2] = SCRATCH_VIEW.getUint32(0);
    else if (/^\d{1,3}$/.test(netmask)) this.#words[at >> 2] = Number(netmask);
    else this.#misfit = `"${netmask}" is neither a mask nor a prefix length`;
  }

  #destination(at: number, destination: Destination): void {
    const { fields } = this.#layout.destination;
    this.#words[(at + fields.family) >> 2] = this.#address(at + fields.address, destination.address);
    this.#number(at + fields.port, destination.port, 'port');
    this.#number(at + fields.forward, FORWARDS.indexOf(destination.forward), 'forward');
    this.#number(at + fields.weight, destination.weight, 'weight');
    this.#number(at + fields.upperThreshold, destination.upperThreshold, 'upper threshold');
    this.#number(at + fields.lowerThreshold, destination.lowerThreshold, 'lower threshold');
    const { tunnel } = destination;
    if (!tunnel) return;
    this.#number(at + fields.tunnelType, TUNNELS.indexOf(tunnel.type), 'tunnel type');
    this.#number(at + fields.tunnelPort, tunnel.port, 'tunnel port');
    this.#number(at + fields.tunnelFlags, CHECKSUMS.indexOf(tunnel.checksum), 'tunnel checksum');
  }
}

const SCRATCH = new Uint8Array(4);
const SCRATCH_VIEW = new DataView(SCRATCH.buffer);

export interface DumpOptions {
  readonly stats: boolean;
  readonly rates?: boolean;
}

/** Turns a dump's records into the model. Services that the model cannot say (of another protocol, made by hand) are left out. */
export function unpackDump(layout: Layouts, dump: NativeDump, want: DumpOptions): ObservedService[] {
  const unpacker = new Unpacker(layout, want);
  unpacker.add(dump);
  return unpacker.services;
}

/** Does the same with a dump that comes in portions. */
export class Unpacker {
  readonly services: ObservedService[] = [];
  readonly #layout: Layouts;
  readonly #want: DumpOptions;
  /** Of the service that came last: where its destinations go, and how many are still to come. */
  #list: ObservedDestination[] | undefined;
  #missing = 0;

  constructor(layout: Layouts, want: DumpOptions) {
    this.#layout = layout;
    this.#want = want;
  }

  add(portion: NativeDump): void {
    const { size, fields } = this.#layout.service;
    const services = new Records(this.#layout, portion.services, this.#want);
    const destinations = new Records(this.#layout, portion.destinations, this.#want);
    let next = this.#take(destinations, 0);
    for (let at = 0; at < portion.services.length; at += size) {
      const service = services.service(at);
      const list: ObservedDestination[] = [];
      const counters = at + fields.counters;
      const rates = this.#want.rates ? { rates: services.rates(counters) } : {};
      if (service) this.services.push({ service, stats: services.stats(counters), ...rates, destinations: list });
      this.#list = service && list;
      this.#missing = services.number(at + fields.destinations);
      next = this.#take(destinations, next);
    }
  }

  /** Reads what there is of the last service's destinations, and gives where the next service's begin. */
  #take(records: Records, first: number): number {
    const { size } = this.#layout.destination;
    const count = Math.min(this.#missing, (records.length - first) / size);
    this.#missing -= count;
    const end = first + count * size;
    if (this.#list) for (let at = first; at < end; at += size) this.#list.push(records.destination(at));
    return end;
  }
}

class Records {
  readonly #layout: Layouts;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #longs: BigUint64Array;
  readonly #want: DumpOptions;

  constructor(layout: Layouts, bytes: Uint8Array, want: DumpOptions) {
    this.#layout = layout;
    this.#bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.#longs = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length >> 3);
    this.#want = want;
  }

  get length(): number {
    return this.#bytes.length;
  }

  number(at: number): number {
    return this.#words[at >> 2] as number;
  }

  #address(at: number, family: number): string {
    return family === AF_INET6 ? readIpv6(this.#bytes, at) : readIpv4(this.#bytes, at);
  }

  #text(at: number): string {
    let text = '';
    for (let i = at; this.#bytes[i]; i++) text += String.fromCharCode(this.#bytes[i] as number);
    return text;
  }

  #id(at: number): VirtualServiceId | undefined {
    const { fields } = this.#layout.service;
    const family = this.number(at + fields.family);
    const mark = this.number(at + fields.mark);
    if (mark !== 0) return { kind: 'fwmark', mark, family: familyName(family) };
    const protocol = PROTOCOL_NAMES[this.number(at + fields.protocol)];
    if (!protocol) return undefined;
    const address = this.#address(at + fields.address, family);
    return { kind: 'address', protocol, address, port: this.number(at + fields.port) };
  }

  service(at: number): VirtualService | undefined {
    const id = this.#id(at);
    if (!id) return undefined;
    const { fields } = this.#layout.service;
    const flags = this.number(at + fields.flags);
    const timeoutS = this.number(at + fields.timeout);
    const engine = this.#text(at + fields.engine);
    const mask = this.number(at + fields.netmask);
    return {
      id,
      scheduler: this.#text(at + fields.scheduler),
      schedulerFlags: (flags >> SCHEDULER_SHIFT) & 7,
      onePacket: (flags & ONE_PACKET) !== 0,
      persistence: flags & PERSISTENT ? { timeoutS } : null,
      ...(engine ? { engine } : {}),
      netmask:
        this.number(at + fields.family) === AF_INET6
          ? String(mask)
          : `${mask >>> 24}.${(mask >>> 16) & 255}.${(mask >>> 8) & 255}.${mask & 255}`,
    };
  }

  destination(at: number): ObservedDestination {
    const { fields } = this.#layout.destination;
    // 5 to 7 exist only where somebody made them by mistake; the kernel sends nothing there, as with bypass.
    const forward = FORWARDS[this.number(at + fields.forward) & 7] ?? 'bypass';
    const destination = {
      address: this.#address(at + fields.address, this.number(at + fields.family)),
      port: this.number(at + fields.port),
      forward,
      weight: this.number(at + fields.weight),
      upperThreshold: this.number(at + fields.upperThreshold),
      lowerThreshold: this.number(at + fields.lowerThreshold),
      tunnel: forward === 'tunnel' ? this.#tunnel(at) : null,
      activeConnections: this.number(at + fields.activeConnections),
      inactiveConnections: this.number(at + fields.inactiveConnections),
      persistentConnections: this.number(at + fields.persistentConnections),
      stats: this.stats(at + fields.counters),
    };
    return this.#want.rates ? Object.assign(destination, { rates: this.rates(at + fields.counters) }) : destination;
  }

  #tunnel(at: number): Tunnel {
    const { fields } = this.#layout.destination;
    return {
      type: TUNNELS[this.number(at + fields.tunnelType)] ?? 'ipip',
      port: this.number(at + fields.tunnelPort),
      checksum: CHECKSUMS[this.number(at + fields.tunnelFlags)] ?? 'none',
    };
  }

  #long(at: number): bigint {
    return this.#longs[at >> 3] as bigint;
  }

  /** Whether the counters of this record, rates included, are all zero. */
  #idle(at: number): boolean {
    const end = (at + this.#layout.counters.size) >> 2;
    for (let word = at >> 2; word < end; word++) if (this.#words[word] !== 0) return false;
    return true;
  }

  stats(at: number): Counters | null {
    if (!this.#want.stats) return null;
    const { fields } = this.#layout.counters;
    if (this.#idle(at)) return NO_TRAFFIC;
    return {
      connections: this.#long(at + fields.connections),
      inPackets: this.#long(at + fields.inPackets),
      outPackets: this.#long(at + fields.outPackets),
      inBytes: this.#long(at + fields.inBytes),
      outBytes: this.#long(at + fields.outBytes),
    };
  }

  rates(at: number): Rates {
    const { fields } = this.#layout.counters;
    return {
      connections: Number(this.#long(at + fields.connectionRate)),
      inPackets: Number(this.#long(at + fields.inPacketRate)),
      outPackets: Number(this.#long(at + fields.outPacketRate)),
      inBytes: Number(this.#long(at + fields.inByteRate)),
      outBytes: Number(this.#long(at + fields.outByteRate)),
    };
  }
}

/** One for all that was never used: in a large table most of a dump is counters, and the collector's pauses come from what it
 *  has to keep. */
const NO_TRAFFIC: Counters = Object.freeze({
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
});

const familyName = (family: number): Family => (family === AF_INET6 ? 'inet6' : 'inet');
