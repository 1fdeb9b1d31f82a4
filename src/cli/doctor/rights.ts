import type { Config } from '../../config/schema.ts';
import { type Check, type Finding, Unseen } from './check.ts';
import { daemonOf } from './processes.ts';

interface Capability {
  readonly name: string;
  /** Of linux/capability.h. */
  readonly bit: number;
  readonly what: string;
  /** Absent: whatever the file says. */
  readonly needed?: (config: Config) => boolean;
}

const CAPABILITIES: readonly Capability[] = [
  { name: 'CAP_NET_ADMIN', bit: 12, what: 'services, addresses and settings' },
  {
    name: 'CAP_NET_RAW',
    bit: 13,
    what: 'VRRP and half-open checks',
    needed: (config) => config.instances.length > 0 || asksHalfOpen(config),
  },
  {
    name: 'CAP_SYS_NICE',
    bit: 23,
    what: 'VRRP that comes before ordinary processes (director.realtime)',
    needed: ({ instances, director }) => instances.length > 0 && director.realtime,
  },
  { name: 'CAP_SETUID', bit: 7, what: 'programs that run as another user', needed: usesUsers },
  { name: 'CAP_SETGID', bit: 6, what: 'programs that run as another user', needed: usesUsers },
  { name: 'CAP_KILL', bit: 5, what: 'ending programs of another user', needed: usesUsers },
];

function usesUsers({ instances, groups, services }: Config): boolean {
  return (
    [...instances, ...groups].some(({ notify }) => notify.user !== undefined) ||
    instances.some(({ track }) => track.some(({ user }) => user !== undefined)) ||
    services.some(({ quorum, notify, servers }) =>
      [quorum, notify, ...servers.map((server) => server.notify)].some(
        (hooks) => hooks !== undefined && hooks !== 'none' && hooks.user !== undefined,
      ),
    )
  );
}

const asksHalfOpen = ({ services }: Config): boolean =>
  services.some(({ check, servers }) =>
    [check, ...servers.map((server) => server.check)].some((one) => JSON.stringify(one ?? '').includes('"syn":')),
  );

export const rightsChecks: readonly Check[] = [
  {
    name: 'capabilities',
    why: 'without them the kernel refuses services, addresses or VRRP sockets',
    async look(machine, config) {
      const daemon = await daemonOf(machine);
      const status = await machine.text(`/proc/${daemon?.pid ?? machine.pid}/status`);
      const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(status ?? '')?.[1];
      if (mask === undefined) throw new Unseen('/proc does not tell the capabilities of a process');
      const who = daemon ? `the daemon (pid ${daemon.pid})` : `this user (uid ${machine.uid}; no daemon runs)`;
      return judgeCapabilities(BigInt(`0x${mask}`), who, config);
    },
  },
  {
    name: 'writable /proc/sys',
    why: 'Fairlead sets net.ipv4.vs, as the file says',
    look: async (machine) => judgeMounts((await machine.text('/proc/self/mounts')) ?? ''),
  },
];

export const judgeCapabilities = (effective: bigint, who: string, config: Config | null): Finding[] =>
  CAPABILITIES.filter(({ bit, needed }) => ((effective >> BigInt(bit)) & 1n) === 0n && needs(needed, config)).map(
    ({ name, what }) => ({
      what: `${who} lacks ${name}, needed for ${what}`,
      fix: `run as root, or add ${name} to AmbientCapabilities and CapabilityBoundingSet of the service`,
    }),
  );

/** Without a file only what every file needs is asked for. */
const needs = (needed: Capability['needed'], config: Config | null): boolean =>
  needed === undefined || (config !== null && needed(config));

/** The last mount that covers the settings counts. */
export function judgeMounts(mounts: string): Finding[] {
  const covering = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, where = '']) => ['/proc', '/proc/sys', '/proc/sys/net'].includes(where));
  const [, where, , options = ''] = covering.at(-1) ?? [];
  if (!options.split(',').includes('ro')) return [];
  return [
    {
      what: `${where} is read-only here, as in most containers, so net.ipv4.vs cannot be set`,
      fix: 'set director.sysctls to keep and set them on the host, or run the container with a writable /proc/sys',
    },
  ];
}
