import { familyOf } from '../../base/ip.ts';
import type { Route, RoutingRule } from '../../model/instance.ts';
import { ADDRESS_OWNER, type InterfaceAddress, type Link, type ObservedAddress } from '../../model/observed.ts';
import { type AddressOp, isRoutingOp, type KernelErrorCode, type NetOp, type OpResult } from '../../model/op.ts';
import type { NetEvent, NetPort } from '../../model/ports.ts';
import type { FakeControl } from './control.ts';
import { FakeRouting, type Ground } from './routing.ts';

/** Links and addresses in memory. IPv4 holds an address once per prefix on an interface, IPv6 once. */
export class FakeNet implements NetPort {
  readonly #control: FakeControl;
  readonly #links = new Map<string, Link>();
  readonly #watchers = new Set<(event: NetEvent) => void>();
  #addresses: ObservedAddress[] = [];
  readonly routing = new FakeRouting();

  constructor(control: FakeControl, interfaces: readonly string[]) {
    this.#control = control;
    interfaces.forEach((name, i) => {
      this.#links.set(name, {
        index: i + 1,
        name,
        up: true,
        carrier: true,
        mtu: name === 'lo' ? 65536 : 1500,
        hardwareAddress: name === 'lo' ? '' : `02:00:00:00:00:0${(i + 1).toString(16)}`,
      });
    });
  }

  async addresses(): Promise<ObservedAddress[]> {
    this.#control.call('net.addresses');
    return this.state();
  }

  async links(): Promise<Link[]> {
    this.#control.call('net.links');
    return [...this.#links.values()];
  }

  async routes(): Promise<Route[]> {
    this.#control.call('net.routes');
    return [...this.routing.routes];
  }

  async rules(): Promise<RoutingRule[]> {
    this.#control.call('net.rules');
    return [...this.routing.rules];
  }

  async apply(ops: readonly NetOp[]): Promise<OpResult[]> {
    this.#control.call('net.apply');
    return ops.map((op) => this.applyOne(op));
  }

  watch(onChange: (event: NetEvent) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  close(): void {
    this.#watchers.clear();
  }

  /** addresses() for tests that do not want to wait, not counted as a call. */
  state(): ObservedAddress[] {
    return [...this.#addresses];
  }

  link(name: string): Link | undefined {
    return this.#links.get(name);
  }

  applyOne(op: NetOp): OpResult {
    return this.#control.run(op, (one) => (isRoutingOp(one) ? this.routing.act(one, this.#ground()) : this.#act(one)));
  }

  #ground(): Ground {
    return { links: [...this.#links.keys()], addresses: this.#addresses.map(({ address }) => address) };
  }

  /** Replaces all addresses, without events. */
  load(addresses: readonly ObservedAddress[]): void {
    this.#addresses = [...addresses];
  }

  /** A link appears or changes. */
  setLink(link: Link): void {
    this.#links.set(link.name, link);
    this.#tell({ kind: 'link', gone: false, link });
  }

  /** A link goes, and its addresses with it. */
  removeLink(name: string): void {
    const link = this.#links.get(name);
    if (!link) return;
    for (const address of this.#addresses.filter((held) => held.interface === name)) {
      this.#addresses = this.#addresses.filter((held) => held !== address);
      this.#tell({ kind: 'address', gone: true, address });
    }
    this.#links.delete(name);
    this.#tell({ kind: 'link', gone: true, link });
  }

  #act(op: AddressOp): KernelErrorCode | null {
    const { address } = op;
    if (!this.#links.has(address.interface)) return 'link-missing';
    const family = familyOf(address.address);
    const held = this.#addresses.find(
      (other) =>
        other.interface === address.interface &&
        other.address === address.address &&
        (other.prefix === address.prefix || (family === 'inet6' && op.kind === 'add-address')),
    );
    if (op.kind === 'add-address') return held ? 'address-exists' : this.#add(address);
    if (!held) return 'address-missing';
    this.#addresses = this.#addresses.filter((other) => other !== held);
    this.#tell({ kind: 'address', gone: true, address: held });
    return null;
  }

  #add({ interface: name, address, prefix }: InterfaceAddress): null {
    const family = familyOf(address);
    const label = family === 'inet' ? name : null;
    const added = { interface: name, address, prefix, family, owner: ADDRESS_OWNER, label, duplicate: false };
    this.#addresses.push(added);
    this.#tell({ kind: 'address', gone: false, address: added });
    return null;
  }

  #tell(event: NetEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }
}
