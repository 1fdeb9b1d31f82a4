import type { Target } from '../model/desired.ts';
import { ADDRESS_OWNER, type InterfaceAddress, type ObservedAddress } from '../model/observed.ts';
import { isAddressOp, type Plan } from '../model/op.ts';
import { serviceKey } from '../model/service.ts';
import { syncDaemonKey } from '../model/sync.ts';

/** What plan() may touch. */
export interface Policy {
  /** serviceKeys of the virtual services Fairlead made or adopted. */
  readonly owned: ReadonlySet<string>;
  /** addressKeys of the addresses Fairlead added; kernels before 5.18 do not remember it themselves. */
  readonly ownedAddresses: ReadonlySet<string>;
  /** syncDaemonKeys of the sync daemons Fairlead started or took over: with what it asked for. */
  readonly ownedDaemons: ReadonlySet<string>;
  /** The whole IPVS table is ours (director.ipvs: exclusive). Addresses and sync daemons are never taken that way. */
  readonly exclusive: boolean;
}

/** What is ours, as it is remembered across restarts. */
export interface Owned {
  readonly services: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
  readonly daemons: ReadonlySet<string>;
}

export const addressKey = ({ interface: name, address, prefix }: InterfaceAddress): string =>
  `${name} ${address}/${prefix}`;

export const ownsAddress = (policy: Policy, address: ObservedAddress): boolean =>
  address.owner === ADDRESS_OWNER || policy.ownedAddresses.has(addressKey(address));

/** What must be remembered before the plan is applied: everything old and everything that may come to be, so that a crash
 *  in the middle leaves no object that nobody owns. A service of the target is ours even if it was there before. An
 *  address is ours only if we add it: one that somebody else put there is used and never deleted. */
export function ownedDuring(target: Target, policy: Policy, change: Plan): Owned {
  return {
    services: union(policy.owned, serviceKeys(target)),
    addresses: union(policy.ownedAddresses, touched(change, 'add-address')),
    daemons: union(policy.ownedDaemons, daemonKeys(target)),
  };
}

/** What is ours once every operation of the plan was carried out. While one failed, ownedDuring() stays the truth. */
export function ownedAfter(target: Target, policy: Policy, change: Plan): Owned {
  const deleted = new Set(touched(change, 'delete-address'));
  const wanted = new Set(target.addresses.map(addressKey));
  const kept = [...policy.ownedAddresses].filter((key) => wanted.has(key) && !deleted.has(key));
  return {
    services: new Set(serviceKeys(target)),
    addresses: union(kept, touched(change, 'add-address')),
    daemons: new Set(daemonKeys(target)),
  };
}

const serviceKeys = (target: Target): string[] => target.services.map(({ service }) => serviceKey(service.id));

const daemonKeys = (target: Target): string[] => target.daemons.map(syncDaemonKey);

const touched = (change: Plan, kind: 'add-address' | 'delete-address'): string[] =>
  change.ops.flatMap((op) => (isAddressOp(op) && op.kind === kind ? [addressKey(op.address)] : []));

const union = (...sets: readonly Iterable<string>[]): Set<string> => new Set(sets.flatMap((set) => [...set]));
