import { afterEach, expect, test } from 'vitest';
import {
  cleanDirector,
  fairlead,
  kernelTable,
  type RunningDirector,
  startDirector,
  until,
} from '../support/director.ts';
import { lab } from '../support/lab.ts';

/** A server that forgets the address of its service, behind a director that holds it and balances what comes for it: its own
 *  address answers all the while. */

const PORT = 80;
const WEB = ['web1', 'web2'] as const;

interface Way {
  readonly name: string;
  readonly address: string;
  readonly mask: number;
  /** Of the service. */
  readonly settings: string;
  readonly servers: readonly [string, string];
  /** Where a server holds the address, and how that device is made; none: it is there. */
  readonly device: string;
  readonly make?: (own: string) => string;
}

const tunnel = (device: string, type: string) => (own: string) =>
  `ip link add ${device} type ${type} local ${own}; ip link set ${device} up; ` +
  `for f in all ${device}; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter || :; done`;
const four = { servers: ['10.0.2.11', '10.0.2.12'], mask: 32 } as const;
const six = { servers: ['fd00:2::11', 'fd00:2::12'], mask: 128 } as const;

const WAYS: readonly Way[] = [
  { name: 'direct routing', address: '10.0.2.100', settings: 'forward: dr', device: 'lo', ...four },
  { name: 'direct routing, IPv6', address: 'fd00:2::100', settings: 'forward: dr', device: 'lo', ...six },
  {
    name: 'IP in IP',
    address: '10.0.2.101',
    settings: 'forward: tunnel',
    device: 'fl4',
    make: tunnel('fl4', 'ipip'),
    ...four,
  },
  {
    name: 'IPv6 in IPv6',
    address: 'fd00:2::101',
    settings: 'forward: tunnel',
    device: 'fl6',
    make: tunnel('fl6', 'ip6tnl mode ip6ip6'),
    ...six,
  },
  {
    name: 'GRE',
    address: '10.0.2.101',
    settings: 'forward: tunnel, tunnel: { type: gre }',
    device: 'flg',
    make: tunnel('flg', 'gre'),
    ...four,
  },
];

const shell = async (host: string, script: string): Promise<void> => {
  const { code, stderr } = await lab.exec(host, ['sh', '-ec', script]);
  if (code !== 0) throw new Error(`${script} on ${host} ended with ${code}: ${stderr}`);
};

let running: RunningDirector | undefined;
let undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  await running?.stop();
  running = undefined;
  for (const one of undo.reverse()) await one();
  undo = [];
  await cleanDirector();
});

test.each(WAYS)('by $name', async ({ address, mask, settings, servers, device, make }) => {
  const hold = (host: string) =>
    shell(host, `ip addr replace ${address}/${mask} dev ${device}${mask === 128 ? ' nodad' : ''}`);
  const forget = (host: string) => shell(host, `ip addr del ${address}/${mask} dev ${device}`);
  for (const [index, host] of WEB.entries()) {
    if (!make) continue;
    await shell(host, make(servers[index] ?? ''));
    undo.push(() => shell(host, `ip link del ${device}`));
    await hold(host);
  }
  const shown = (of: string): string => (mask === 128 ? `[${of}]:${PORT}` : `${of}:${PORT}`);
  const [forgetful, other] = servers.map(shown);
  running = await startDirector(`
addresses: [{ address: "${address}/${mask}", interface: eth0 }]
services:
  - { name: web, listen: ["tcp://${shown(address)}"], ${settings}, servers: [{ address: "${servers[0]}" }, { address: "${servers[1]}" }],
      check: { syn: { path: service }, every: 500ms, timeout: 500ms, rise: 2, fall: 2 } }
`);
  const serving = async (): Promise<string[]> =>
    (await kernelTable()).flatMap((line) => / -r (\S+) /.exec(line)?.[1] ?? []).sort();
  await until('both serve', async () => (await serving()).length === 2);
  await forget('web1');
  await until('one does not', async () => (await serving()).length === 1);
  expect(await serving()).toEqual([other]);
  expect(await fairlead('status')).toContain(`${servers[0]} did not answer for ${shown(address)}`);
  await hold('web1');
  await until('both serve again', async () => (await serving()).length === 2);
  expect(await serving()).toEqual([forgetful, other]);
});

test('over a VLAN, also after its interface was made again', async () => {
  const vlan = (last: number): string =>
    `ip link add link eth0 name eth0.7 type vlan id 7; ip addr add 10.0.7.${last}/24 dev eth0.7; ip link set eth0.7 up`;
  for (const [host, last] of [
    ['director', 2],
    ['web1', 11],
    ['web2', 12],
  ] as const) {
    await shell(host, vlan(last));
    undo.push(() => shell(host, 'ip link del eth0.7'));
  }
  const hold = (host: string) => shell(host, 'ip addr replace 10.0.7.100/32 dev lo');
  const forget = (host: string) => shell(host, 'ip addr del 10.0.7.100/32 dev lo');
  for (const host of WEB) {
    await hold(host);
    undo.push(() => forget(host));
  }
  running = await startDirector(`
addresses: [{ address: 10.0.7.100/32, interface: eth0 }]
services:
  - { name: web, listen: ["tcp://10.0.7.100:${PORT}"], forward: dr, servers: [{ address: 10.0.7.11 }, { address: 10.0.7.12 }],
      check: { all: [{ syn: { path: service } }, { ping: {} }], from: { interface: eth0.7 }, every: 500ms, timeout: 500ms, rise: 2, fall: 2 } }
`);
  const serving = async (): Promise<string[]> =>
    (await kernelTable()).flatMap((line) => / -r (\S+) /.exec(line)?.[1] ?? []).sort();
  const both = ['10.0.7.11:80', '10.0.7.12:80'];
  await until('both serve', async () => (await serving()).length === 2);
  await shell('director', 'ip link del eth0.7');
  await until('it is told', async () => (await fairlead('status')).includes('no-interface'));
  // That this machine lacks an interface is no word about a server.
  expect(await serving()).toEqual(both);
  await shell('director', vlan(2));
  await forget('web1');
  await until('one does not', async () => (await serving()).length === 1);
  expect(await serving()).toEqual(['10.0.7.12:80']);
  await hold('web1');
  await until('both serve again', async () => (await serving()).length === 2);
  expect(await serving()).toEqual(both);
});
