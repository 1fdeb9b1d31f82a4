import { familyOf } from '../../base/ip.ts';
import type { Config } from '../../config/schema.ts';
import type { ObservedAddress } from '../../model/observed.ts';
import { serviceFamily } from '../../model/service.ts';
import { SYSCTLS, sameSysctl } from '../../model/sysctls.ts';
import { type Check, type Finding, numberIn, Unseen } from './check.ts';

const CONF = '/proc/sys/net/ipv4/conf';

export const sysctlChecks: readonly Check[] = [
  {
    name: 'forwarding',
    why: 'with forward: nat the replies of servers pass through this machine',
    async look(machine, config) {
      return judgeForwarding(
        await numberIn(machine, '/proc/sys/net/ipv4/ip_forward'),
        await numberIn(machine, '/proc/sys/net/ipv6/conf/all/forwarding'),
        config,
      );
    },
  },
  {
    name: 'rp_filter',
    why: 'strict reverse path filtering drops, without a word, what comes in by another way than answers go out',
    async look(machine, config) {
      const all = (await numberIn(machine, `${CONF}/all/rp_filter`)) ?? 0;
      const links = (await machine.links()).map(({ name }) => name);
      const values = await Promise.all(
        links.map(async (name) => {
          const own = (await numberIn(machine, `${CONF}/${name}/rp_filter`)) ?? 0;
          return { name, value: Math.max(all, own) };
        }),
      );
      return judgeReversePath(values, config);
    },
  },
  {
    name: 'ARP of direct routing',
    why: 'a real server that answers ARP for the virtual address takes the traffic away from the director',
    async look(machine) {
      const read = async (setting: string) => {
        const values = [await numberIn(machine, `${CONF}/all/${setting}`)];
        for (const { name } of await machine.links())
          if (!isQuiet(name)) values.push(await numberIn(machine, `${CONF}/${name}/${setting}`));
        const [all = 0, ...own] = values.map((value) => value ?? 0);
        return Math.max(all, own.length > 0 ? Math.min(...own) : 0);
      };
      return judgeArp(await machine.addresses(), await read('arp_ignore'), await read('arp_announce'));
    },
  },
  {
    name: 'net.ipv4.vs',
    why: 'settings that differ from the file were changed by other hands; the daemon mends them',
    async look(machine, config) {
      if (config === null || config.services.length === 0) return [];
      if (!(await machine.answers(config.director.socket)))
        throw new Unseen('no daemon runs; it sets them when it starts');
      const present: Record<string, string> = {};
      for (const name of Object.keys(SYSCTLS)) {
        const value = await machine.text(`/proc/sys/net/ipv4/vs/${name}`);
        if (value !== undefined) present[name] = value.trim();
      }
      return judgeIpvsSettings(present, config);
    },
  },
];

export function judgeForwarding(v4: number | undefined, v6: number | undefined, config: Config | null): Finding[] {
  const families = new Set(
    (config?.services ?? [])
      .filter((service) => service.servers.some((server) => (server.forward ?? service.forward) === 'nat'))
      .flatMap(({ listen }) => listen.map(serviceFamily)),
  );
  const off = [
    ...(families.has('inet') && v4 !== 1 ? ['net.ipv4.ip_forward'] : []),
    ...(families.has('inet6') && v6 !== 1 ? ['net.ipv6.conf.all.forwarding'] : []),
  ];
  return off.map((name) => ({
    what: `${name} is 0: replies of servers with forward: nat are not sent on to clients`,
    fix: `\`sysctl -w ${name}=1\`, at boot with a line in /etc/sysctl.d/`,
  }));
}

/** `values` are effective: the larger one of `all` and the interface's own. Strict is 1; with one interface no packet has
 *  another way, except through the macvlan of a virtual hardware address. */
export function judgeReversePath(
  values: readonly { readonly name: string; readonly value: number }[],
  config: Config | null,
): Finding[] {
  const ours = new Set([
    ...(config?.addresses ?? []).map((held) => held.interface),
    ...(config?.instances ?? []).map((instance) => instance.interface),
  ]);
  const ways = values.filter(({ name }) => name !== 'lo');
  return ways
    .filter(({ name, value }) => value === 1 && (ours.has(name) ? ways.length > 1 : name.startsWith('vrrp')))
    .map(({ name }) => ({
      what: `rp_filter is strict on ${name}: clients whose way back is another interface are dropped`,
      fix: `\`sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${name}.rp_filter=2\` (loose), at boot in /etc/sysctl.d/`,
    }));
}

const isQuiet = (name: string): boolean => name === 'lo' || name.startsWith('dummy');

/** Only a machine that holds an address where the wire does not see it is a real server of direct routing. */
export function judgeArp(addresses: readonly ObservedAddress[], ignore: number, announce: number): Finding[] {
  const hidden = addresses.filter(
    ({ interface: name, address }) => isQuiet(name) && familyOf(address) === 'inet' && !address.startsWith('127.'),
  );
  if (hidden.length === 0 || (ignore >= 1 && announce >= 2)) return [];
  const held = hidden.map(({ address, interface: name }) => `${address} on ${name}`).join(', ');
  return [
    {
      what: `this machine holds ${held} and would answer ARP for it (arp_ignore ${ignore}, arp_announce ${announce})`,
      fix: '`sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2`, at boot in /etc/sysctl.d/, before the address is added',
    },
  ];
}

export const judgeIpvsSettings = (present: Readonly<Record<string, string>>, { director }: Config): Finding[] =>
  Object.entries(director.sysctls).flatMap(([name, wanted]): Finding[] => {
    const value = present[name];
    if (wanted === 'keep' || value === undefined || sameSysctl(name, String(wanted), value)) return [];
    return [
      {
        what: `net.ipv4.vs.${name} is ${value}, the file says ${wanted}`,
        fix: `find what else sets it (/etc/sysctl.d, another program); \`fairlead status\` shows the next repair`,
      },
    ];
  });
