import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  type Role,
  readLog,
  startDaemon,
  sweepHost,
} from './node.ts';

const ROLES: Readonly<Record<string, Role>> = { MASTER: 'master', BACKUP: 'backup', FAULT: 'fault' };

export function keepalived(segment: Segment, host: string, instances: readonly InstanceSpec[]): Node {
  const file = (name: string): string => join(segment.folder, `${host}-keepalived.${name}`);
  let daemon: Daemon | undefined;
  return {
    kind: 'keepalived',
    host,
    async start() {
      writeFileSync(file('conf'), configuration(instances));
      writeFileSync(file('log'), '');
      // What a killed one left would make it believe that it runs already.
      for (const name of ['pid', 'vrrp']) rmSync(file(name), { force: true });
      const command = [join(PEERS, 'usr/sbin/keepalived'), '--dont-fork', '--log-console', '--log-detail', '--vrrp'];
      const files = ['--use-file', file('conf'), '--pid', file('pid'), '--vrrp_pid', file('vrrp')];
      daemon = startDaemon(segment, host, [...command, ...files], file('log'), peerEnvironment());
      await until(`keepalived runs on ${host}`, () =>
        / Entering |Opening file|Starting VRRP/.test(readLog(file('log'))),
      );
    },
    stop: () => endDaemon(daemon),
    async role(instance) {
      const entered = [...readLog(file('log')).matchAll(/\(([^)]+)\) Entering (\w+) STATE/g)];
      const last = entered.filter(([, name]) => name === instance).at(-1)?.[2] ?? '';
      return ROLES[last] ?? 'init';
    },
    holds: async (address) => (await segment.addresses(host)).includes(bare(address)),
    mainPid: () => Number(readFileSync(file('vrrp'), 'utf8')),
    log: () => readLog(file('log')),
    tidy: () => sweepHost(segment, host, instances),
  };
}

function configuration(instances: readonly InstanceSpec[]): string {
  const sections = instances.map((instance) => {
    const lines = [
      'state BACKUP',
      'interface eth0',
      `virtual_router_id ${instance.vrid}`,
      `version ${instance.version}`,
      `priority ${instance.priority}`,
      `advert_int ${instance.advertiseMs / 1000}`,
      ...(instance.preempt === false ? ['nopreempt'] : []),
      ...(instance.virtualMac ? [`use_vmac vrrp.${instance.vrid}`] : []),
      ...(instance.password ? [`authentication { auth_type PASS\n auth_pass ${instance.password}\n }`] : []),
      ...(instance.peers ? [`unicast_peer {\n ${instance.peers.join('\n ')}\n }`] : []),
      `virtual_ipaddress {\n ${instance.addresses.join('\n ')}\n }`,
    ];
    return `vrrp_instance ${instance.name} {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\n`;
  });
  return ['global_defs {\n  script_user root\n}\n', ...sections].join('\n');
}
