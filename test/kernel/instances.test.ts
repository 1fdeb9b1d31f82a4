import { afterEach, expect, test } from 'vitest';
import type { InstancesStatus } from '../../src/api/operations.ts';
import type { LabProcess } from '../../src/lab/client.ts';
import { until } from '../support/director.ts';
import { lab } from '../support/lab.ts';

/** Instances together with what only a kernel with IPVS has: services whose health moves a role, and services on an address
 *  whose other packets are not taken. */

const FILE = '/run/fairlead/instances.yaml';
const VIP = '10.0.2.100';
const file = (priority: number): string => `
instances:
  - { name: edge, interface: eth0, vrid: 51, priority: ${priority}, advertise: 500ms, accept: false,
      addresses: [${VIP}/24], track: [{ service: web }] }
services:
  - { name: web, listen: ["tcp://${VIP}:80"], scheduler: rr, forward: dr, servers: [{ address: 10.0.2.11 }],
      check: { tcp: {}, every: 500ms, timeout: 400ms, rise: 1, fall: 1 } }
`;

const running: LabProcess[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) {
    each.kill('SIGTERM');
    await each.exited;
  }
  for (const host of ['director', 'standby'])
    await lab.exec(host, ['sh', '-c', 'ip route delete blackhole 10.0.2.11; ipvsadm -C; rm -rf /run/fairlead']);
});

async function start(host: string, priority: number): Promise<void> {
  await lab.exec(host, ['sh', '-c', `mkdir -p /run/fairlead && cat > ${FILE}`], { input: file(priority) });
  const process = await lab.spawn(host, ['fairlead', 'run', FILE]);
  running.push(process);
  await process.waitForLine(/started with/, 120_000);
}

const instance = async (host: string) => {
  const { stdout } = await lab.exec(host, ['fairlead', 'instances', '--json']);
  return (JSON.parse(stdout) as InstancesStatus).instances[0];
};
const becomes = (host: string, state: string): Promise<void> =>
  until(`${host} is ${state}`, async () => (await instance(host))?.state === state);
/** curl's exit code, and what it printed. */
const asked = async (address: string, port: number) => {
  const url = `http://${address}:${port}/`;
  const { code, stdout } = await lab.exec('client', ['curl', '-sS', '--max-time', '5', url]);
  return { code, stdout };
};
const serves = (): Promise<void> => until('web1 answers', async () => (await asked(VIP, 80)).stdout.includes('web1'));

test('a director that reaches no healthy server steps down, its peer takes over, and hands back', async () => {
  await Promise.all([start('director', 150), start('standby', 100)]);
  await becomes('director', 'master');
  await becomes('standby', 'backup');
  await serves();

  await lab.exec('director', ['ip', 'route', 'add', 'blackhole', '10.0.2.11/32']);
  await becomes('standby', 'master');
  expect(await instance('director')).toMatchObject({
    state: 'fault',
    faults: [expect.stringContaining('service web')],
  });
  await serves();

  await lab.exec('director', ['ip', 'route', 'delete', 'blackhole', '10.0.2.11/32']);
  await becomes('director', 'master');
  await becomes('standby', 'backup');
  await serves();
});

const REFUSED = 7;
const TIMED_OUT = 28;

test('with accept: false a service of IPVS is served, and nothing else is taken on its address', async () => {
  await start('director', 150);
  await becomes('director', 'master');
  await serves();
  expect((await asked('10.0.2.2', 9)).code).toBe(REFUSED);
  expect((await asked(VIP, 9)).code).toBe(TIMED_OUT);
  await serves();
});
