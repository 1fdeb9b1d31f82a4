import { DEFAULT_SOCKET } from '../../base/paths.ts';
import { instanceAddresses } from '../../config/instance-names.ts';
import type { Config } from '../../config/schema.ts';
import { ADDRESS_OWNER, type Link, type ObservedAddress } from '../../model/observed.ts';
import type { Check, Finding } from './check.ts';

export const networkChecks: readonly Check[] = [
  {
    name: 'interfaces',
    why: 'an interface that is missing or down holds no address and hears no adverts',
    look: async (machine, config) => (config === null ? [] : judgeLinks(await machine.links(), config)),
  },
  {
    name: 'addresses left behind',
    why: 'an address that nobody answers for any more is on two machines after the next fail-over',
    async look(machine, config) {
      const running = await machine.answers(config?.director.socket ?? DEFAULT_SOCKET);
      return judgeAddresses(await machine.addresses(), running, config);
    },
  },
];

export function judgeLinks(links: readonly Link[], config: Config): Finding[] {
  const wanted = new Map<string, string>();
  for (const { interface: name, address } of config.addresses) wanted.set(name, `address ${address.address}`);
  for (const instance of config.instances) {
    wanted.set(instance.interface, `instance ${instance.name}`);
    for (const track of instance.track)
      if (track.interface) wanted.set(track.interface, `what ${instance.name} tracks`);
  }
  if (config.director.sync) wanted.set(config.director.sync.interface, 'director.sync');
  const present = links.map(({ name }) => name).join(', ');
  return [...wanted].flatMap(([name, what]): Finding[] => {
    const link = links.find((each) => each.name === name);
    if (!link)
      return [
        {
          what: `interface ${name} (${what}) does not exist; there are: ${present}`,
          fix: 'correct the name in the file, or create it before Fairlead starts',
        },
      ];
    if (!link.up) return [{ what: `interface ${name} (${what}) is down`, fix: `\`ip link set ${name} up\`` }];
    return link.carrier
      ? []
      : [{ what: `interface ${name} (${what}) has no carrier`, fix: 'see to cable, switch or bond' }];
  });
}

/** Addresses bear a mark of ours where the kernel has one (5.18); those of instances are known by the file as well. */
export function judgeAddresses(
  present: readonly ObservedAddress[],
  running: boolean,
  config: Config | null,
): Finding[] {
  const roles = new Set((config?.instances ?? []).flatMap(instanceAddresses).map(({ address }) => address));
  const fixed = new Set((config?.addresses ?? []).map(({ address }) => address.address));
  return present.flatMap((held): Finding[] => {
    const { address, prefix, interface: name, owner, duplicate } = held;
    const where = `${address}/${prefix} on ${name}`;
    const remove = `\`ip address del ${address}/${prefix} dev ${name}\``;
    if (duplicate && (roles.has(address) || fixed.has(address) || owner === ADDRESS_OWNER))
      return [
        {
          what: `${where} is a duplicate: another machine holds it`,
          fix: `find it (\`ip -6 neigh\`), then ${remove} here`,
        },
      ];
    if (!running && roles.has(address))
      return [{ what: `${where} belongs to an instance and no daemon runs`, fix: `start the daemon, or ${remove}` }];
    const ours = owner === ADDRESS_OWNER && config !== null && !roles.has(address) && !fixed.has(address);
    return ours ? [{ what: `${where} is marked as Fairlead's and not in the file`, fix: remove }] : [];
  });
}
