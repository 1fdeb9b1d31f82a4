import { familyOf } from '../base/ip.ts';
import type { Target } from '../model/desired.ts';
import type { InterfaceAddress, KernelDump, ObservedAddress } from '../model/observed.ts';
import { compareText } from './canonical.ts';
import type { StepList } from './order.ts';
import { addressKey, ownsAddress, type Policy } from './policy.ts';

/** Adds the addresses that are missing and deletes those of ours that are no longer wanted. An address somebody else put on
 *  the same interface serves as well; it stays as it is, whatever its prefix. */
export function planAddresses(
  steps: StepList,
  notes: string[],
  target: Target,
  dump: KernelDump,
  policy: Policy,
  notInFile: string,
): void {
  const wanted = new Map(target.addresses.map((address) => [holder(address), address]));
  const present = new Map<string, ObservedAddress[]>();
  for (const address of dump.addresses) {
    const key = holder(address);
    present.set(key, [...(present.get(key) ?? []), address]);
  }

  for (const [key, address] of [...wanted].sort((a, b) => compareText(a[0], b[0]))) {
    const here = present.get(key) ?? [];
    const foreign = here.filter((other) => !ownsAddress(policy, other));
    const misfits = here.filter((other) => ownsAddress(policy, other) && other.prefix !== address.prefix);
    const fits = here.some((other) => other.prefix === address.prefix);
    if (!fits && foreign[0])
      notes.push(`${addressKey(foreign[0])} is not ours and is used as it is, without /${address.prefix}`);
    else if (!fits) planAddition(steps, address, misfits);
    if (fits || foreign.length > 0) planDeletions(steps, misfits, 'has another prefix in the file');
  }

  const elected = new Set(target.elected.map(holder));
  const unwanted = dump.addresses.filter(
    (address) => !wanted.has(holder(address)) && !elected.has(holder(address)) && ownsAddress(policy, address),
  );
  planDeletions(steps, unwanted, notInFile);
}

const holder = ({ interface: name, address }: InterfaceAddress): string => `${name} ${address}`;

function planAddition(steps: StepList, address: InterfaceAddress, misfits: readonly ObservedAddress[]): void {
  steps.add('add-address', {
    kind: 'add-address',
    address,
    why: `${addressKey(address)} is in the file and not on the interface`,
  });
  // IPv4 holds one address with two prefixes, so the old one goes after the new one came; IPv6 does not.
  const step = familyOf(address.address) === 'inet' ? 'delete-address' : 'replace-address';
  planDeletions(steps, misfits, `becomes /${address.prefix}`, step);
}

function planDeletions(
  steps: StepList,
  addresses: readonly ObservedAddress[],
  what: string,
  step: 'delete-address' | 'replace-address' = 'delete-address',
): void {
  const sorted = addresses
    .map(({ interface: name, address, prefix }) => ({ interface: name, address, prefix }))
    .sort((a, b) => compareText(addressKey(a), addressKey(b)));
  for (const address of sorted)
    steps.add(step, { kind: 'delete-address', address, why: `${addressKey(address)} ${what}` });
}
