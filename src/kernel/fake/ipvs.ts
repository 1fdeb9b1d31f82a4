import { familyOf } from '../../base/ip.ts';
import type { Connection, ConnectionQuery, Connections as ConnectionTable } from '../../model/connection.ts';
import type { Counters, IpvsInfo, ObservedDestination, ObservedService } from '../../model/observed.ts';
import type { IpvsOp, KernelErrorCode, OpResult } from '../../model/op.ts';
import type { IpvsPort } from '../../model/ports.ts';
import { SCHEDULERS } from '../../model/schedulers.ts';
import {
  type Destination,
  destinationKey,
  mixesFamilies,
  serviceFamily,
  serviceKey,
  settingsOf,
  type VirtualService,
  type VirtualServiceId,
} from '../../model/service.ts';
import { selectConnections } from '../connections.ts';
import type { FakeControl } from './control.ts';

export interface Connections {
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
}

interface StoredDestination {
  destination: Destination;
  connections: Connections;
  stats: Counters;
}

interface StoredService {
  service: VirtualService;
  stats: Counters;
  /** Newest first, as in the kernel's list. */
  destinations: StoredDestination[];
}

const NO_CONNECTIONS: Connections = { activeConnections: 0, inactiveConnections: 0, persistentConnections: 0 };
const NO_STATS: Counters = { connections: 0n, inPackets: 0n, outPackets: 0n, inBytes: 0n, outBytes: 0n };
const MAX_INT = 2147483647;

/** IPVS in memory, with the kernel's rules (net/netfilter/ipvs/ip_vs_ctl.c): newcomers come first in the list, SET replaces
 *  everything and keeps the place, a deleted destination that comes back brings its connections and counters along. */
export class FakeIpvs implements IpvsPort {
  /** Names the kernel can load. Debian's kernels have all but twos. */
  readonly schedulers = new Set<string>(Object.keys(SCHEDULERS).filter((name) => name !== 'twos'));
  /** The connection table, as the kernel would list it. */
  connectionTable: readonly Connection[] = [];
  /** While a sync daemon runs, no destination of another family than its service can be added or changed. */
  refuseMixed: () => boolean = () => false;
  readonly #control: FakeControl;
  readonly #services = new Map<string, StoredService>();
  /** Deleted destinations by service and destination key. The kernel forgets them after two minutes, we on forgetDeleted(). */
  readonly #trash = new Map<string, StoredDestination>();

  constructor(control: FakeControl) {
    this.#control = control;
  }

  async info(): Promise<IpvsInfo> {
    this.#control.call('ipvs.info');
    return { version: '1.2.1', connectionTableSize: 4096 };
  }

  async dump(options?: { readonly stats?: boolean }): Promise<ObservedService[]> {
    this.#control.call('ipvs.dump');
    return this.state(options);
  }

  async apply(ops: readonly IpvsOp[]): Promise<OpResult[]> {
    this.#control.call('ipvs.apply');
    return ops.map((op) => this.applyOne(op));
  }

  connections(query: ConnectionQuery = {}): ConnectionTable {
    const { connectionTable } = this;
    const control = this.#control;
    async function* table() {
      control.call('ipvs.connections');
      yield connectionTable;
    }
    return selectConnections(table, query);
  }

  close(): void {}

  /** dump() for tests that do not want to wait, not counted as a call. */
  state(options?: { readonly stats?: boolean }): ObservedService[] {
    const stats = options?.stats ?? true;
    return [...this.#services.values()].map((stored) => ({
      service: stored.service,
      stats: stats ? stored.stats : null,
      destinations: stored.destinations.map((d) => ({
        ...d.destination,
        ...d.connections,
        stats: stats ? d.stats : null,
      })),
    }));
  }

  applyOne(op: IpvsOp): OpResult {
    return this.#control.run(op, (one) => this.#act(one));
  }

  /** Replaces the table by this one, as if others had made it. */
  load(services: readonly ObservedService[]): void {
    this.#services.clear();
    this.#trash.clear();
    for (const { service, stats, destinations } of services) {
      this.#services.set(serviceKey(service.id), {
        service,
        stats: stats ?? NO_STATS,
        destinations: destinations.map((d) => ({
          destination: configured(d),
          connections: connectionsOf(d),
          stats: d.stats ?? NO_STATS,
        })),
      });
    }
  }

  setConnections(
    id: VirtualServiceId,
    destination: Pick<Destination, 'address' | 'port'>,
    connections: Partial<Connections>,
  ): void {
    const stored = this.#find(id, destination);
    stored.connections = { ...stored.connections, ...connections };
  }

  setStats(id: VirtualServiceId, destination: Pick<Destination, 'address' | 'port'>, stats: Partial<Counters>): void {
    const stored = this.#find(id, destination);
    stored.stats = { ...stored.stats, ...stats };
  }

  /** As if two minutes had passed without connections to deleted destinations. */
  forgetDeleted(): void {
    this.#trash.clear();
  }

  #find(id: VirtualServiceId, destination: Pick<Destination, 'address' | 'port'>): StoredDestination {
    const stored = this.#services.get(serviceKey(id))?.destinations.find(sameAs(destination));
    if (!stored) throw new Error(`the fake kernel has no ${serviceKey(id)} ${destinationKey(destination)}`);
    return stored;
  }

  #act(op: IpvsOp): KernelErrorCode | null {
    switch (op.kind) {
      case 'add-service':
      case 'set-service':
        return this.#writeService(op.service, op.kind === 'add-service');
      case 'delete-service':
        return this.#deleteService(op.id);
      default: {
        const service = this.#services.get(serviceKey(op.id));
        return service ? this.#actOnDestination(service, op) : 'service-missing';
      }
    }
  }

  #writeService(service: VirtualService, isNew: boolean): KernelErrorCode | null {
    const key = serviceKey(service.id);
    const present = this.#services.get(key);
    if (isNew && present) return 'service-exists';
    if (!isNew && !present) return 'service-missing';
    if (service.scheduler.length > 15) return 'invalid';
    if (!this.schedulers.has(service.scheduler)) return 'scheduler-missing';
    if (service.engine !== undefined && service.engine !== 'sip') return 'engine-missing';
    if (serviceFamily(service.id) === 'inet6' && !isPrefix(service.netmask)) return 'invalid';
    if (service.id.kind === 'address' && service.id.port === 0 && service.persistence === null) return 'invalid';
    if (present) present.service = service;
    else this.#services.set(key, { service, stats: NO_STATS, destinations: [] });
    return null;
  }

  #deleteService(id: VirtualServiceId): KernelErrorCode | null {
    const key = serviceKey(id);
    const service = this.#services.get(key);
    if (!service) return 'service-missing';
    for (const stored of service.destinations)
      this.#trash.set(trashKey(service.service.id, stored.destination), stored);
    this.#services.delete(key);
    return null;
  }

  #actOnDestination(service: StoredService, op: Extract<IpvsOp, { destination: Destination }>): KernelErrorCode | null {
    const { destination } = op;
    const index = service.destinations.findIndex(sameAs(destination));
    if (op.kind === 'add-destination') {
      const refused = this.#refused(service.service.id, destination);
      if (refused) return refused;
      return index === -1 ? this.#insert(service, destination) : 'destination-exists';
    }
    const stored = service.destinations[index];
    if (op.kind !== 'delete-destination') {
      const refused = this.#refused(service.service.id, destination);
      if (refused) return refused;
    }
    if (!stored) return 'destination-missing';
    if (op.kind === 'set-destination') {
      stored.destination = configured(destination);
      return null;
    }
    service.destinations.splice(index, 1);
    this.#trash.set(trashKey(service.service.id, destination), stored);
    return op.kind === 'move-destination' ? this.#insert(service, destination) : null;
  }

  #refused(id: VirtualServiceId, destination: Destination): KernelErrorCode | null {
    if (mixesFamilies(id, destination) && this.refuseMixed()) return 'mixed-families';
    return refusedDestination(id, destination);
  }

  #insert(service: StoredService, destination: Destination): null {
    const key = trashKey(service.service.id, destination);
    const revived = this.#trash.get(key);
    this.#trash.delete(key);
    const { connections = NO_CONNECTIONS, stats = NO_STATS } = revived ?? {};
    service.destinations.unshift({ destination: configured(destination), connections, stats });
    return null;
  }
}

const sameAs =
  (wanted: Pick<Destination, 'address' | 'port'>) =>
  ({ destination }: StoredDestination): boolean =>
    destination.address === wanted.address && destination.port === wanted.port;

const trashKey = (id: VirtualServiceId, destination: Destination): string =>
  `${serviceKey(id)} ${destinationKey(destination)}`;

/** Only what SET and NEW carry: a caller's extra fields must not come back in a dump. */
const configured = (d: Destination): Destination =>
  d.forward === 'tunnel' ? settingsOf(d) : { ...settingsOf(d), tunnel: null };

const connectionsOf = ({
  activeConnections,
  inactiveConnections,
  persistentConnections,
}: ObservedDestination): Connections => ({
  activeConnections,
  inactiveConnections,
  persistentConnections,
});

const isPrefix = (netmask: string): boolean => /^\d+$/.test(netmask) && Number(netmask) >= 1 && Number(netmask) <= 128;

/** EINVAL: not unicast, families mixed without a tunnel, gue without a port. ERANGE: weight or thresholds. */
function refusedDestination(id: VirtualServiceId, d: Destination): KernelErrorCode | null {
  if (d.forward !== 'tunnel' && mixesFamilies(id, d)) return 'mixed-families';
  if (d.tunnel?.type === 'gue' && d.tunnel.port === 0) return 'invalid';
  if (!isUnicast(d.address)) return 'invalid';
  if (d.weight < 0 || d.weight > MAX_INT) return 'out-of-range';
  return d.lowerThreshold > d.upperThreshold ? 'out-of-range' : null;
}

function isUnicast(address: string): boolean {
  if (familyOf(address) === 'inet6') return address !== '::' && !/^(ff|fe[89ab])/.test(address);
  const first = Number(address.split('.')[0]);
  return address !== '0.0.0.0' && (first < 224 || first > 239) && address !== '255.255.255.255';
}
