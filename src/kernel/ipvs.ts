import type { IpvsInfo } from '../model/observed.ts';
import type { OpResult } from '../model/op.ts';
import type { IpvsPort } from '../model/ports.ts';
import type { VirtualServiceId } from '../model/service.ts';
import type { SyncDaemon } from '../model/sync.ts';
import { addon, type NativeDaemon } from './addon.ts';
import { operationOf } from './errors.ts';
import { packOps, type RatedService, unpackDump } from './records.ts';

/** Seconds; 0 when set keeps the current value. */
export interface IpvsTimeouts {
  readonly tcpS: number;
  readonly tcpFinS: number;
  readonly udpS: number;
}

export type { SyncDaemon } from '../model/sync.ts';

export interface Ipvs extends IpvsPort {
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

/** The IPVS of a network namespace: `netns` is a path such as /run/netns/x or /proc/PID/ns/net, without it the process's
 *  own. Nothing is opened before the first request, which so is the one that tells of a missing module or permission. */
export function openIpvs(options: { readonly netns?: string; readonly deadlineMs?: number } = {}): Ipvs {
  const native = addon();
  const client = new native.Ipvs(options.netns ?? '', options.deadlineMs ?? 2000);
  const { layout } = native.codec;
  return {
    async info(): Promise<IpvsInfo> {
      const { version, connectionTableSize } = await client.info();
      return { version: `${version >> 16}.${(version >> 8) & 255}.${version & 255}`, connectionTableSize };
    },
    async dump({ stats = true } = {}) {
      return unpackDump(layout, await client.dump(stats), { stats });
    },
    async dumpWithRates() {
      return unpackDump(layout, await client.dump(true), { stats: true, rates: true }) as RatedService[];
    },
    async apply(ops) {
      const { bytes, failures } = packOps(layout, ops);
      for (const { index, ...refusal } of await client.apply(bytes)) {
        const op = ops[index];
        if (op) failures.set(index, { ...refusal, operation: operationOf(op) });
      }
      return ops.map((op, index): OpResult => ({ op, failure: failures.get(index) ?? null }));
    },
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
      return client.zero(packOps(layout, [{ kind: 'delete-service', id, why: '' }]).bytes);
    },
    flush: async () => client.flush(),
    close: () => client.close(),
  };
}

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
