import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programPath } from '../../src/lab/installation.ts';
import { type OpenedLab, openLab } from '../../src/lab/lab.ts';
import { ROUTED, routed } from '../../src/lab/topologies/routed.ts';
import { until } from '../support/director.ts';

/** A file goes from the client through a virtual service to the server, by every way of forwarding. The kernel's own test of
 *  IPVS does the same with ipvsadm; here the services are made by our command. */

const folder = mkdtempSync(join(tmpdir(), 'fairlead-forwarding-'));
const ipvsadm = join(folder, 'ipvsadm');
let lab: OpenedLab;

async function run(host: string, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.exec(host, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} on ${host} ended with ${code}: ${stderr}`);
  return stdout;
}
const shell = (host: string, script: string): Promise<string> => run(host, 'sh', '-ec', script);

beforeAll(async () => {
  symlinkSync(programPath('ipvsadm.js'), ipvsadm);
  lab = await openLab({ topology: routed, driver: 'host', name: 'forwarding' });
  // The source of what goes into an IPv6 tunnel: the server takes nothing from the virtual address, which is its own too.
  await shell('director', `ip -6 addr change ${ROUTED.virtual[INET6]}/128 dev eth0 preferred_lft 0`);
  await shell('client', 'head -c 200000 /dev/urandom > /run/sent');
});

afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

const [INET, INET6] = [0, 1] as const;
type Way = readonly [name: string, family: 0 | 1, option: string, server: string];

const flags = (family: 0 | 1): string => (family === INET6 ? '-6' : '-4');

/** What the server needs for each way of forwarding: the virtual address, a tunnel's end, or a way back. */
const accept = (family: 0 | 1, device: string): string =>
  `ip ${flags(family)} addr add ${ROUTED.virtual[family]}/${family === INET6 ? '128 nodad' : '32'} dev ${device}`;
const answerThrough = (family: 0 | 1, host: 'routerInside' | 'director'): string =>
  `ip ${flags(family)} route replace default via ${ROUTED[host][family]}`;
const tunnel = (family: 0 | 1, device: string, kind: string): string =>
  [
    `ip link add ${device} type ${kind}`,
    `ip link set ${device} up`,
    accept(family, device),
    // What arrives in the tunnel is from where no route through the tunnel leads.
    ...(family === INET ? [`for f in all ${device}; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter; done`] : []),
    answerThrough(family, 'routerInside'),
  ].join('\n');

const direct = (family: 0 | 1): string => `${accept(family, 'lo')}\n${answerThrough(family, 'routerInside')}`;
const WAYS: readonly Way[] = [
  ['direct routing', INET, '-g', direct(INET)],
  ['NAT', INET, '-m', answerThrough(INET, 'director')],
  ['an IP-in-IP tunnel', INET, '-i', tunnel(INET, 'fl4', `ipip local ${ROUTED.server[INET]}`)],
  ['direct routing, IPv6', INET6, '-g', direct(INET6)],
  ['NAT, IPv6', INET6, '-m', answerThrough(INET6, 'director')],
  ['an IPv6-in-IPv6 tunnel', INET6, '-i', tunnel(INET6, 'fl6', `ip6tnl mode ip6ip6 local ${ROUTED.server[INET6]}`)],
];

test.each(WAYS)('a file arrives whole: %s', async (name, family, option, setUp) => {
  // One of its own for each way: connections outlive their service.
  const port = 8000 + WAYS.findIndex(([each]) => each === name);
  const endpoint = (address: string) => (family === INET6 ? `[${address}]:${port}` : `${address}:${port}`);
  const [service, server] = [endpoint(ROUTED.virtual[family]), endpoint(ROUTED.server[family])];
  await shell('server', setUp);
  await run('director', ipvsadm, '-A', '-t', service, '-s', 'rr');
  await run('director', ipvsadm, '-a', '-t', service, '-r', server, option);

  const receiver = await lab.spawn('server', ['sh', '-c', `busybox nc -l -p ${port} > /run/got`]);
  await until('the server listens', async () => (await run('server', 'ss', '-Hltn', `sport = ${port}`)) !== '');
  await shell('client', `busybox nc -w 60 ${ROUTED.virtual[family]} ${port} < /run/sent`);
  expect(await receiver.exited).toBe(0);
  const digests = [await run('client', 'sha256sum', '/run/sent'), await run('server', 'sha256sum', '/run/got')];
  expect(digests[1]?.split(' ')[0]).toBe(digests[0]?.split(' ')[0]);

  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  expect(await run('director', 'cat', '/proc/net/ip_vs_conn')).toMatch(
    new RegExp(`TCP .* ${hexadecimal} \\S+ ${hexadecimal} `),
  );

  await shell(
    'server',
    `ip addr flush to ${ROUTED.virtual[family]}; for d in fl4 fl6; do ip link del $d || :; done 2>&-`,
  );
});
