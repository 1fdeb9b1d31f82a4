import { familyOf } from '../base/ip.ts';
import type { Host, Topology } from './topology.ts';

/** A topology as the texts that build it. Processes are what costs under emulation, so each namespace gets one
 *  `ip -batch` and one shell script, whatever its size. */

const family = (address: string): string => (familyOf(address.split('/')[0] ?? '') === 'inet6' ? ' nodad' : '');

/** Lines for `ip -batch` in the lab's root: bridges, and one veth pair for each link, whose other end is born inside its
 *  host. `pidOf` names a process in the host's namespace. */
export function rootBatch(topology: Topology, pidOf: (host: string) => number): string {
  const lines = ['link set lo up'];
  for (const bridge of topology.bridges) {
    lines.push(`link add ${bridge.name} type bridge forward_delay 0 mcast_snooping 0`);
    lines.push(`link set ${bridge.name} up`);
    for (const address of bridge.addresses ?? [])
      lines.push(`addr add ${address} dev ${bridge.name}${family(address)}`);
  }
  for (const host of topology.hosts) {
    for (const link of host.links) {
      const port = `${host.name}.${link.name}`;
      lines.push(`link add ${port} type veth peer name ${link.name} netns ${pidOf(host.name)}`);
      lines.push(`link set ${port} master ${link.bridge} up`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The shell script that a host's keeper runs: its own /run and what Fairlead keeps, its name, its sysctls, its addresses. */
export function hostScript(host: Host, fairlead: { readonly cli: string; readonly node: string }): string {
  const lines = [
    'set -e',
    'mount -t tmpfs -o mode=755 tmpfs /run',
    'mount -t sysfs sysfs /sys || :',
    'mkdir -p /run/bin /run/lock /var/lib/fairlead',
    'mount -t tmpfs -o mode=755 tmpfs /var/lib/fairlead',
    `ln -s ${quote(fairlead.cli)} /run/bin/fairlead`,
    `echo ${host.name} > /proc/sys/kernel/hostname`,
    // Addresses are given by hand here, and an address that is still being checked for duplicates cannot be used.
    'echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad',
    'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad',
  ];
  for (const link of host.links) lines.push(`echo 0 > /proc/sys/net/ipv6/conf/${link.name}/accept_dad`);
  for (const [path, content] of Object.entries(host.files ?? {}))
    lines.push(`cat > ${path} <<'@end'\n${content}\n@end`);
  lines.push(`ip -batch - <<'@end'\n${hostBatch(host)}@end`);
  for (const [name, value] of Object.entries(host.sysctls ?? {})) {
    lines.push(`echo ${quote(value)} > /proc/sys/${name.replaceAll('.', '/')}`);
  }
  return `${lines.join('\n')}\n`;
}

function hostBatch(host: Host): string {
  const lines = ['link set lo up'];
  for (const address of host.lo ?? []) lines.push(`addr add ${address} dev lo${family(address)}`);
  for (const link of host.links) {
    for (const address of link.addresses) lines.push(`addr add ${address} dev ${link.name}${family(address)}`);
    lines.push(`link set ${link.name} up`);
  }
  for (const route of host.routes ?? []) lines.push(`route add ${route.to} via ${route.via}`);
  return `${lines.join('\n')}\n`;
}

/** A word that the shell takes literally. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
