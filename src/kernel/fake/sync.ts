import { familyOf } from '../../base/ip.ts';
import type { Link, ObservedService } from '../../model/observed.ts';
import type { DaemonOp, KernelErrorCode, OpResult } from '../../model/op.ts';
import type { SyncPort } from '../../model/ports.ts';
import { mixesFamilies } from '../../model/service.ts';
import { SYNC_ROLES, type SyncDaemon, type SyncRole } from '../../model/sync.ts';
import type { FakeControl } from './control.ts';

interface Surroundings {
  readonly ipvs: { state(): readonly ObservedService[] };
  readonly net: { link(name: string): Link | undefined };
}

/** The connection sync daemons, with the kernel's refusals and choices (net/netfilter/ipvs/ip_vs_sync.c,
 *  start_sync_thread). They send nothing. */
export class FakeSync implements SyncPort {
  readonly #control: FakeControl;
  readonly #around: Surroundings;
  readonly #running = new Map<SyncRole, SyncDaemon>();

  constructor(control: FakeControl, around: Surroundings) {
    this.#control = control;
    this.#around = around;
  }

  async daemons(): Promise<SyncDaemon[]> {
    this.#control.call('sync.daemons');
    return this.state();
  }

  async apply(ops: readonly DaemonOp[]): Promise<OpResult[]> {
    this.#control.call('sync.apply');
    return ops.map((op) => this.applyOne(op));
  }

  /** daemons() for tests that do not want to wait, not counted as a call. Masters come first. */
  state(): SyncDaemon[] {
    return SYNC_ROLES.flatMap((role) => this.#running.get(role) ?? []);
  }

  applyOne(op: DaemonOp): OpResult {
    return this.#control.run(op, (one) =>
      one.kind === 'start-daemon' ? this.#start(one.daemon) : this.#stop(one.role),
    );
  }

  /** Replaces what runs. */
  load(daemons: readonly SyncDaemon[]): void {
    this.#running.clear();
    for (const daemon of daemons) this.#running.set(daemon.state, daemon);
  }

  #start(daemon: SyncDaemon): KernelErrorCode | null {
    const { group = '224.0.0.81', port = 8848, ttl = 1 } = daemon;
    if (!/^(22[4-9]|23\d)\.|^ff/.test(group)) return 'invalid';
    const mixed = this.#around.ipvs
      .state()
      .some(({ service, destinations }) => destinations.some((d) => mixesFamilies(service.id, d)));
    if (mixed) return 'mixed-families';
    const link = this.#around.net.link(daemon.interface);
    if (!link) return 'link-missing';
    if (this.#running.has(daemon.state)) return 'daemon-running';
    const headers = familyOf(group) === 'inet' ? 28 : 48;
    const isBackup = daemon.state === 'backup';
    const mtu = isBackup ? Math.min(Math.max(link.mtu, 1500), 65535) : 1500;
    const asked = daemon.maxLength && Math.min(Math.max(daemon.maxLength, isBackup ? 1024 : 1), 65535 - headers);
    this.#running.set(daemon.state, { ...daemon, group, port, ttl, maxLength: asked ?? mtu - headers });
    return null;
  }

  #stop(role: SyncRole): KernelErrorCode | null {
    return this.#running.delete(role) ? null : 'daemon-not-running';
  }
}
