import type { Route, RoutingRule } from './instance.ts';

/** Protocol number (RTPROT_*, FRA_PROTOCOL) of every route and rule that Fairlead makes, so that it knows its own again. */
export const ROUTING_OWNER = 112;

const network = (to: { readonly address: string; readonly prefix: number } | null): string =>
  to === null ? 'default' : `${to.address}/${to.prefix}`;

/** What makes a route another one: there is one for each family, network, table and metric. */
export const routeKey = ({ family, to, table, metric }: Route): string =>
  `${family} ${network(to)} table ${table} metric ${metric}`;

/** Whether a route that is there does what is wanted; where no interface is named, the kernel chose one. */
export const routeFits = (wanted: Route, present: Route): boolean =>
  routeKey(wanted) === routeKey(present) &&
  wanted.via === present.via &&
  wanted.source === present.source &&
  (wanted.interface === null || wanted.interface === present.interface);

/** As `ip route` writes it: `default via 10.0.0.1 dev eth0 src 10.0.0.100 table 100`. */
export function routeInWords({ to, via, interface: device, source, table, metric }: Route): string {
  const parts = [network(to)];
  if (via !== null) parts.push(`via ${via}`);
  if (device !== null) parts.push(`dev ${device}`);
  if (source !== null) parts.push(`src ${source}`);
  if (table !== MAIN_TABLE) parts.push(`table ${table}`);
  if (metric !== 0) parts.push(`metric ${metric}`);
  return parts.join(' ');
}

const MAIN_TABLE = 254;

/** As `ip rule` writes it, with all that makes it another one: `32000: inet from 10.0.0.0/24 lookup 100`. */
export function ruleKey({ family, from, to, interface: device, mark, table, priority }: RoutingRule): string {
  const parts = [`${priority}:`, family, `from ${from === null ? 'all' : network(from)}`];
  if (to !== null) parts.push(`to ${network(to)}`);
  if (device !== null) parts.push(`iif ${device}`);
  if (mark !== null) parts.push(`fwmark ${mark}`);
  return [...parts, `lookup ${table}`].join(' ');
}

/** The kernel's choice for IPv6 routes that name no metric (IP6_RT_PRIO_USER). */
export const IPV6_METRIC = 1024;
