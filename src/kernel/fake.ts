import type { KernelDump } from '../model/observed.ts';
import { isDaemonOp, isIpvsOp, isNetOp, type KernelErrorCode, type Op, type OpResult } from '../model/op.ts';
import { FakeControl } from './fake/control.ts';
import { FakeIpvs } from './fake/ipvs.ts';
import { FakeNet } from './fake/net.ts';
import { FakeSync } from './fake/sync.ts';
import { FakeSysctls } from './fake/sysctls.ts';

/** A kernel in memory that really stores, for tests and dry runs. The contract suite (test/contract/kernel.ts) runs over it
 *  and over Linux, so that what is proven here holds there. */
export class FakeKernel {
  readonly ipvs: FakeIpvs;
  readonly net: FakeNet;
  readonly sysctls: FakeSysctls;
  readonly sync: FakeSync;
  readonly #control = new FakeControl();

  constructor(options: { readonly interfaces?: readonly string[] } = {}) {
    this.ipvs = new FakeIpvs(this.#control);
    this.net = new FakeNet(this.#control, options.interfaces ?? ['lo', 'eth0', 'eth1']);
    this.sysctls = new FakeSysctls(this.#control);
    this.sync = new FakeSync(this.#control, { ipvs: this.ipvs, net: this.net });
    this.ipvs.refuseMixed = () => this.sync.state().length > 0;
  }

  /** How often each port call was made. */
  get calls(): FakeControl['calls'] {
    return this.#control.calls;
  }

  /** Every operation carried out, in order. */
  get log(): readonly Op[] {
    return this.#control.log;
  }

  /** The next operation is refused and changes nothing. */
  failNext(code: KernelErrorCode): void {
    this.#control.failNext(code);
  }

  /** The next whole call (a dump, a batch) rejects with a KernelError. */
  failNextCall(code: KernelErrorCode): void {
    this.#control.failNextCall(code);
  }

  applyOne(op: Op): OpResult {
    if (isIpvsOp(op)) return this.ipvs.applyOne(op);
    if (isDaemonOp(op)) return this.sync.applyOne(op);
    return isNetOp(op) ? this.net.applyOne(op) : this.sysctls.applyOne(op);
  }

  /** The whole state at once, in the form plan() reads. */
  state(options?: { readonly stats?: boolean }): KernelDump {
    return {
      services: this.ipvs.state(options),
      addresses: this.net.state(),
      sysctls: Object.fromEntries(this.sysctls.values),
      daemons: this.sync.state(),
      routes: [...this.net.routing.routes],
      rules: [...this.net.routing.rules],
    };
  }

  /** Replaces the whole state. */
  load(dump: KernelDump): void {
    this.ipvs.load(dump.services);
    this.net.load(dump.addresses);
    this.net.routing.routes = [...dump.routes];
    this.net.routing.rules = [...dump.rules];
    this.sync.load(dump.daemons);
    this.sysctls.values.clear();
    for (const [name, value] of Object.entries(dump.sysctls)) this.sysctls.values.set(name, value);
  }
}
