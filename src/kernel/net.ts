import { canonicalAddress, familyOf, fullPrefix } from '../base/ip.ts';
import { ADDRESS_OWNER, type Link, type ObservedAddress } from '../model/observed.ts';
import { type AddressOp, isAddressOp, isRoutingOp, type NetOp, type OpFailure, type OpResult } from '../model/op.ts';
import type { NetEvent, NetPort } from '../model/ports.ts';
import { ROUTING_OWNER } from '../model/routing.ts';
import { addon, type NativeAddress, type NativeAddressOp, type NativeEvent, type NativeLink } from './addon.ts';
import { closed, invalid, operationOf } from './errors.ts';
import { routingObjection, toNativeRoutingOp, toRoute, toRule } from './routing.ts';

const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x10000;
const IFA_F_NODAD = 0x02;
/** Valid, and never chosen as the source of what this machine sends by itself. */
const IFA_F_DEPRECATED = 0x20;
const IFA_F_DADFAILED = 0x08;

/** Links and addresses of a network namespace (`netns` as for openIpvs). Addresses it adds carry ADDRESS_OWNER. `nodad`,
 *  on unless said otherwise, puts IPv6 addresses to use at once: a virtual address that moves to us has no second to wait,
 *  and the election has settled who holds it. An IPv6 address it adds is no source address: health checks that came from
 *  the virtual address would be answered to the real server's own copy of it. (IPv4 prefers the first address by itself.) */
export function openNet(
  options: { readonly netns?: string; readonly deadlineMs?: number; readonly nodad?: boolean } = {},
): NetPort {
  const native = addon();
  const netns = options.netns ?? '';
  const client = new native.Route(netns, options.deadlineMs ?? 2000);
  const stops = new Set<() => void>();
  let open = true;
  const nodad = options.nodad ?? true;

  /** One batch of operations that go the same way. */
  async function applyRun(ops: readonly NetOp[]): Promise<OpResult[]> {
    const failures = new Map<number, OpFailure>();
    const sent: number[] = [];
    ops.forEach((op, index) => {
      const text = isRoutingOp(op) ? routingObjection(op) : objection(op);
      if (text) failures.set(index, invalid(op, text));
      else sent.push(index);
    });
    const good = sent.flatMap((index) => ops[index] ?? []);
    const refusals = good.some(isRoutingOp)
      ? await client.applyRouting(good.filter(isRoutingOp).map(toNativeRoutingOp))
      : await client.apply(good.filter(isAddressOp).map((op) => toNativeOp(op, nodad)));
    for (const { index, ...refusal } of refusals) {
      const place = sent[index] ?? -1;
      const op = ops[place];
      if (op) failures.set(place, { ...refusal, operation: operationOf(op) });
    }
    return ops.map((op, index): OpResult => ({ op, failure: failures.get(index) ?? null }));
  }
  return {
    async addresses() {
      return (await client.addresses()).map(toAddress);
    },
    async links() {
      return (await client.links()).map(toLink);
    },
    async routes() {
      return (await client.routes(ROUTING_OWNER)).map(toRoute);
    },
    async rules() {
      return (await client.rules(ROUTING_OWNER)).map(toRule);
    },
    async apply(ops) {
      const results: OpResult[] = [];
      for (const run of runsOf(ops)) results.push(...(await applyRun(run)));
      return results;
    },
    watch(onChange) {
      if (!open) throw closed('watch');
      const watch = new native.Watch(netns, (events) => {
        for (const event of events) if (stops.has(stop)) onChange(toEvent(event));
      });
      const stop = () => {
        if (stops.delete(stop)) watch.stop();
      };
      stops.add(stop);
      return stop;
    },
    close() {
      open = false;
      for (const stop of stops) stop();
      client.close();
    },
  };
}

/** Cuts where addresses and routing meet. */
function runsOf(ops: readonly NetOp[]): NetOp[][] {
  const runs: NetOp[][] = [];
  for (const op of ops) {
    const last = runs.at(-1);
    if (last?.[0] && isRoutingOp(last[0]) === isRoutingOp(op)) last.push(op);
    else runs.push([op]);
  }
  return runs;
}

function objection({ address: { address, prefix } }: AddressOp): string | undefined {
  if (canonicalAddress(address) !== address) return `"${address}" is not an address in canonical form`;
  const longest = fullPrefix(familyOf(address));
  if (Number.isInteger(prefix) && prefix >= 0 && prefix <= longest) return undefined;
  return `prefix ${prefix} is not a whole number from 0 to ${longest}`;
}

const toNativeOp = ({ kind, address }: AddressOp, nodad: boolean): NativeAddressOp => ({
  add: kind === 'add-address',
  interface: address.interface,
  address: address.address,
  peer: address.address,
  prefix: address.prefix,
  label: '',
  flags: familyOf(address.address) === 'inet6' ? IFA_F_DEPRECATED | (nodad ? IFA_F_NODAD : 0) : 0,
  owner: ADDRESS_OWNER,
});

const toAddress = (address: NativeAddress): ObservedAddress => ({
  interface: address.interface,
  address: canonicalAddress(address.address) ?? address.address,
  prefix: address.prefix,
  family: address.family,
  owner: address.owner,
  label: address.label || null,
  duplicate: (address.flags & IFA_F_DADFAILED) !== 0,
});

const toLink = (link: NativeLink): Link => ({
  index: link.index,
  name: link.name,
  up: (link.flags & IFF_UP) !== 0,
  carrier: (link.flags & IFF_LOWER_UP) !== 0,
  mtu: link.mtu,
  // The loopback's is all zeros.
  hardwareAddress: /[1-9a-f]/.test(link.hardwareAddress) ? link.hardwareAddress : '',
});

function toEvent(event: NativeEvent): NetEvent {
  if (event.kind === 'resync') return event;
  if (event.kind === 'link') return { kind: 'link', gone: event.gone, link: toLink(event.link) };
  return { kind: 'address', gone: event.gone, address: toAddress(event.address) };
}
