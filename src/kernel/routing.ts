import { canonicalAddress, fullPrefix } from '../base/ip.ts';
import type { Route, RoutingRule } from '../model/instance.ts';
import type { RoutingOp } from '../model/op.ts';
import { ROUTING_OWNER } from '../model/routing.ts';
import type { NativePath, NativeRoutingOp, NativeRule } from './addon.ts';

/** Routes and rules between the model and the addon. */

type Network = Route['to'];

const networkOf = (address: string, prefix: number): Network =>
  prefix === 0 ? null : { address: canonical(address), prefix };

const canonical = (address: string): string => canonicalAddress(address) ?? address;

/** What is not there comes as zeros. */
const present = (address: string): string | null => (/[1-9a-f]/.test(address) ? canonical(address) : null);

export const toRoute = ({ family, to, prefix, via, interface: device, source, table, metric }: NativePath): Route => ({
  family,
  to: networkOf(to, prefix),
  via: present(via),
  interface: device === '' ? null : device,
  source: present(source),
  table,
  metric,
});

export const toRule = (rule: NativeRule): RoutingRule => ({
  family: rule.family,
  from: networkOf(rule.from, rule.fromPrefix),
  to: networkOf(rule.to, rule.toPrefix),
  interface: rule.interface === '' ? null : rule.interface,
  mark: rule.mark === 0 ? null : rule.mark,
  table: rule.table,
  priority: rule.priority,
});

export function toNativeRoutingOp(op: RoutingOp): NativeRoutingOp {
  if ('rule' in op) return { kind: op.kind, ...nativeRule(op.rule) };
  if (op.kind === 'delete-route') return { kind: op.kind, ...nativePath(op.route) };
  return { kind: op.replaces === null ? 'add-route' : 'replace-route', ...nativePath(op.route) };
}

const nativePath = ({ family, to, via, interface: device, source, table, metric }: Route): NativePath => ({
  family,
  to: to?.address ?? '',
  prefix: to?.prefix ?? 0,
  via: via ?? '',
  interface: device ?? '',
  source: source ?? '',
  table,
  metric,
  protocol: ROUTING_OWNER,
});

const nativeRule = ({ family, from, to, interface: device, mark, table, priority }: RoutingRule): NativeRule => ({
  family,
  from: from?.address ?? '',
  fromPrefix: from?.prefix ?? 0,
  to: to?.address ?? '',
  toPrefix: to?.prefix ?? 0,
  interface: device ?? '',
  mark: mark ?? 0,
  table,
  priority,
  protocol: ROUTING_OWNER,
});

/** Why the kernel cannot be asked for it. */
export function routingObjection(op: RoutingOp): string | undefined {
  const { family, networks, addresses } =
    'route' in op
      ? { family: op.route.family, networks: [op.route.to], addresses: [op.route.via, op.route.source] }
      : { family: op.rule.family, networks: [op.rule.from, op.rule.to], addresses: [] };
  for (const address of [...networks.map((network) => network?.address), ...addresses]) {
    if (address == null) continue;
    if (canonicalAddress(address) !== address) return `"${address}" is not an address in canonical form`;
    if (address.includes(':') !== (family === 'inet6')) return `${address} is of another family`;
  }
  const longest = fullPrefix(family);
  const bad = networks.find(
    (one) => one && !(Number.isInteger(one.prefix) && one.prefix >= 0 && one.prefix <= longest),
  );
  return bad ? `prefix ${bad.prefix} is not a whole number from 0 to ${longest}` : undefined;
}
