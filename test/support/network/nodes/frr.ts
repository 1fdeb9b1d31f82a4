import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Segment, until } from '../../segment.ts';
import {
  bare,
  type Daemon,
  endDaemon,
  type InstanceSpec,
  type Node,
  PEERS,
  peerEnvironment,
  readLog,
  startDaemon,
  sweepHost,
} from './node.ts';

/** FRR's zebra and vrrpd. It wants the macvlan with the virtual router's hardware address and its addresses beforehand. */
export function frr(segment: Segment, host: string, instances: readonly InstanceSpec[]): Node {
  const folder = join(segment.folder, `${host}-frr`);
  const file = (name: string): string => join(folder, name);
  let daemons: Daemon[] = [];
  const start = (name: string): Daemon => {
    const program = [join(PEERS, 'usr/lib/frr', name), '-u', 'root', '-g', 'root', '--log', 'stdout'];
    const files = ['-f', file('conf'), '-i', file(`${name}.pid`), '-z', file('zapi'), '--vty_socket', folder];
    // It insists on a group of its own, which only an installed package would bring.
    const script = 'mount --make-rprivate / && mount --bind "$0" /etc/group && exec "$@"';
    const command = ['unshare', '--mount', 'sh', '-c', script, file('group'), ...program, ...files];
    return startDaemon(segment, host, command, file('log'), peerEnvironment());
  };
  return {
    kind: 'frr',
    host,
    async start() {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file('conf'), configuration(instances));
      writeFileSync(file('group'), 'root:x:0:\nfrr:x:998:\nfrrvty:x:999:root\n');
      writeFileSync(file('log'), '');
      await sweepHost(segment, host, instances);
      rmSync(file('zapi'), { force: true });
      await segment.ip(
        host,
        instances.flatMap((each) => macvlan(each, segment.routers.indexOf(host) + 1)),
      );
      daemons = [start('zebra')];
      await until('zebra listens', () => existsSync(file('zapi')) || gone(daemons));
      daemons.push(start('vrrpd'));
    },
    async stop() {
      for (const daemon of [...daemons].reverse()) await endDaemon(daemon);
    },
    async role(instance) {
      const spec = instances.find(({ name }) => name === instance);
      if (!spec) throw new Error(`${host} has no instance ${instance}`);
      return (await up(segment, host, macvlanOf(spec))) ? 'master' : 'backup';
    },
    // A backup keeps the addresses on an interface that it holds down.
    async holds(address) {
      const spec = instances.find(({ addresses }) => addresses.some((each) => bare(each) === bare(address)));
      return spec !== undefined && up(segment, host, macvlanOf(spec));
    },
    mainPid: () => daemons[1]?.pid ?? 0,
    log: () => readLog(file('log')),
    tidy: () => sweepHost(segment, host, instances),
  };
}

/** Nothing is to be waited for when a program has ended. */
function gone(daemons: readonly Daemon[]): false {
  if (daemons.some(({ alive }) => !alive())) throw new Error('zebra has ended');
  return false;
}

const isSix = ({ addresses }: InstanceSpec): boolean => addresses.some((address) => address.includes(':'));
const macvlanOf = (instance: InstanceSpec): string => `vrrp${isSix(instance) ? 6 : 4}-${instance.vrid}`;

/** `number` tells the routers apart where the shared hardware address cannot. */
function macvlan(instance: InstanceSpec, number: number): string[] {
  const name = macvlanOf(instance);
  const last = instance.vrid.toString(16).padStart(2, '0');
  const mac = `00:00:5e:00:0${isSix(instance) ? 2 : 1}:${last}`;
  return [
    `link add ${name} link eth0 address ${mac} type macvlan mode bridge`,
    ...instance.addresses.map((address) => `address add ${address} dev ${name}${isSix(instance) ? ' nodad' : ''}`),
    // The link-local address that was added last is the one that FRR sends from.
    ...(isSix(instance)
      ? [`link set ${name} addrgenmode none`, `address add fe80::5e:${number}/64 dev ${name} nodad`]
      : []),
    `link set ${name} up`,
  ];
}

async function up(segment: Segment, host: string, link: string): Promise<boolean> {
  const [state] = JSON.parse(await segment.exec(host, ['ip', '-json', '-details', 'link', 'show', link])) as {
    operstate?: string;
    proto_down?: boolean;
  }[];
  return state?.proto_down !== true && state?.operstate === 'UP';
}

function configuration(instances: readonly InstanceSpec[]): string {
  const lines = instances.flatMap((instance) => {
    const { vrid, version, priority, advertiseMs, preempt = true, addresses } = instance;
    const family = isSix(instance) ? 'ipv6' : 'ip';
    return [
      `vrrp ${vrid} version ${version}`,
      `vrrp ${vrid} priority ${priority}`,
      `vrrp ${vrid} advertisement-interval ${advertiseMs}`,
      `${preempt ? '' : 'no '}vrrp ${vrid} preempt`,
      ...addresses.map((address) => `vrrp ${vrid} ${family} ${bare(address)}`),
    ];
  });
  return ['log stdout', 'interface eth0', ...lines.map((line) => ` ${line}`), ''].join('\n');
}
