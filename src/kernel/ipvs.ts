import { KernelError } from '../model/kernel-error.ts';
import type { IpvsInfo, ObservedService } from '../model/observed.ts';
import type { OpFailure } from '../model/op.ts';
import type { IpvsPort } from '../model/ports.ts';
import { serviceKey, type VirtualServiceId } from '../model/service.ts';
import type { SyncDaemon } from '../model/sync.ts';
import { addon, type Layouts, type NativeDaemon } from './addon.ts';
import { applyBatch, type IpvsChange } from './batch.ts';
import { readConnections } from './connections.ts';
import { type DumpOptions, packOps, type RatedService, Unpacker } from './records.ts';
import { Pace, unpackInTurns } from './turns.ts';

/** Seconds; 0 when set keeps the current value. */
export interface IpvsTimeouts {
  readonly tcpS: number;
  readonly tcpFinS: number;
  readonly udpS: number;
}

export type { SyncDaemon } from '../model/sync.ts';

export interface Ipvs extends IpvsPort {
  /** As apply(), of changes that need not say why, with results as `told` makes them. */
  carryOut<Each extends IpvsChange, Told>(
    changes: readonly Each[],
    told: (change: Each, failure: OpFailure | null) => Told,
  ): Promise<Told[]>;
  /** All services, their destinations left out. */
  services(options?: { readonly stats?: boolean }): Promise<Omit<ObservedService, 'destinations'>[]>;
  /** One service with its destinations; rejects with `service-missing`. */
  service(id: VirtualServiceId, options?: { readonly stats?: boolean }): Promise<ObservedService>;
  dumpWithRates(): Promise<RatedService[]>;
  timeouts(): Promise<IpvsTimeouts>;
  setTimeouts(timeouts: IpvsTimeouts): Promise<void>;
  daemons(): Promise<SyncDaemon[]>;
  startDaemon(daemon: SyncDaemon): Promise<void>;
  stopDaemon(state: SyncDaemon['state']): Promise<void>;
  /** Sets the counters of one service with its destinations, or of all, to zero. */
  zero(id?: VirtualServiceId): Promise<void>;
  /** Deletes every service. */
  flush(): Promise<void>;
}

const DUMP_ATTEMPTS = 4;

/** The IPVS of a network namespace: `netns` is a path such as /run/netns/x or /proc/PID/ns/net, without it the process's
 *  own. Nothing is opened before the first request, which so is the one that tells of a missing module or permission. */
export function openIpvs(options: { readonly netns?: string; readonly deadlineMs?: number } = {}): Ipvs {
  const native = addon();
  const client = new native.Ipvs(options.netns ?? '', options.deadlineMs ?? 2000);
  const { layout } = native.codec;
  const dump = async (want: DumpOptions): Promise<ObservedService[]> => {
    for (let attempt = 1; ; attempt++) {
      const unpacker = new Unpacker(layout, want);
      const pace = new Pace();
      try {
        await client.dump(want.stats, (portion) => {
          pace.turn(() => unpacker.add(portion));
          return pace.size;
        });
        return unpacker.services;
      } catch (error) {
        // Half of it is of a table that is gone.
        const reloaded = error instanceof KernelError && error.code === 'family-reloaded';
        if (!reloaded || attempt === DUMP_ATTEMPTS) throw error;
      }
    }
  };
  return {
    async info(): Promise<IpvsInfo> {
      const { version, connectionTableSize } = await client.info();
      return { version: `${version >> 16}.${(version >> 8) & 255}.${version & 255}`, connectionTableSize };
    },
    async dump({ stats = true } = {}) {
      return dump({ stats });
    },
    async services({ stats = true } = {}) {
      const services = await unpackInTurns(layout, await client.services(stats), { stats });
      return services.map(({ service, stats: counters }) => ({ service, stats: counters }));
    },
    async service(id, { stats = true } = {}) {
      const one = await client.one(recordOf(layout, id), stats);
      const [service] = await unpackInTurns(layout, one, { stats });
      if (!service) throw new KernelError(unreadable(id));
      return service;
    },
    async dumpWithRates() {
      return (await dump({ stats: true, rates: true })) as RatedService[];
    },
    apply: async (ops) => applyBatch(client, layout, ops, (op, failure) => ({ op, failure })),
    carryOut: async (changes, told) => applyBatch(client, layout, changes, told),
    async timeouts() {
      const { tcp, tcpFin, udp } = await client.timeouts();
      return { tcpS: tcp, tcpFinS: tcpFin, udpS: udp };
    },
    setTimeouts: async ({ tcpS, tcpFinS, udpS }) => client.setTimeouts({ tcp: tcpS, tcpFin: tcpFinS, udp: udpS }),
    async daemons() {
      return (await client.daemons()).map(toSyncDaemon);
    },
    startDaemon: async (daemon) => client.startDaemon(toNativeDaemon(daemon)),
    stopDaemon: async (state) => client.stopDaemon(DAEMON_STATES[state]),
    async zero(id) {
      if (!id) return client.zero();
      return client.zero(recordOf(layout, id));
    },
    flush: async () => client.flush(),
    connections: (query) => readConnections(options.netns ?? '', query),
    close: () => client.close(),
  };
}

/** A record that names a service. Throws a KernelError for what no record can say. */
function recordOf(layout: Layouts, id: VirtualServiceId): Uint8Array {
  const { bytes, failures } = packOps(layout, [{ kind: 'delete-service', id, why: '' }]);
  const misfit = failures.get(0);
  if (misfit) throw new KernelError({ ...misfit, operation: `read ${serviceKey(id)}` });
  return bytes;
}

const unreadable = (id: VirtualServiceId): OpFailure => ({
  code: 'service-missing',
  errno: 0,
  operation: `read ${serviceKey(id)}`,
  text: 'the kernel gave no service that has a name here',
});

const DAEMON_STATES = { master: 1, backup: 2 } as const;

const toSyncDaemon = (daemon: NativeDaemon): SyncDaemon => ({
  state: daemon.state === DAEMON_STATES.master ? 'master' : 'backup',
  interface: daemon.interface,
  syncId: daemon.syncId,
  maxLength: daemon.maxLength,
  group: daemon.group4 || daemon.group6,
  port: daemon.port,
  ttl: daemon.ttl,
});

const toNativeDaemon = (daemon: SyncDaemon): NativeDaemon => ({
  state: DAEMON_STATES[daemon.state],
  interface: daemon.interface,
  syncId: daemon.syncId,
  maxLength: daemon.maxLength ?? 0,
  group4: daemon.group?.includes(':') ? '' : (daemon.group ?? ''),
  group6: daemon.group?.includes(':') ? daemon.group : '',
  port: daemon.port ?? 0,
  ttl: daemon.ttl ?? 0,
});
