import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Status } from '../../src/api/operations.ts';
import type { LabProcess } from '../../src/lab/client.ts';
import { type OpenedLab, openLab } from '../../src/lab/lab.ts';
import { directors } from '../../src/lab/topologies/directors.ts';
import { until } from '../support/director.ts';

/** Connection sync between two directors, each run by Fairlead from its own file. */

const FILE = '/run/fairlead.yaml';
const WEB = 'name: web, listen: ["tcp://10.0.2.100:80"], scheduler: rr, servers: [{ address: 10.0.2.11 }]';
const MIXED = WEB.replace(']', ', "tcp://[fd00:2::100]:80"]').replace('scheduler', 'forward: tunnel, scheduler');
const file = (sync: string, service = WEB): string => `director:
  onStop: remove
  sync: { interface: eth1, ${sync} }
services:
  - { ${service} }
`;
/** One connection with a request every few seconds: the kernel tells of a connection with its third packet. */
const TALKER = `const socket = require('node:net').connect(80, '10.0.2.100');
setInterval(() => socket.write('GET / HTTP/1.1\\r\\nHost: web\\r\\n\\r\\n'), 2000);`;
const ADDRESS = 'addresses: [{ address: 10.0.2.100/32, interface: eth0 }]\n';

let lab: OpenedLab;
let director: LabProcess;
let standby: LabProcess;

const write = (host: string, text: string): Promise<unknown> =>
  lab.exec(host, ['sh', '-c', `cat > ${FILE}`], { input: text });
async function start(host: string, text: string): Promise<LabProcess> {
  await write(host, text);
  const process = await lab.spawn(host, ['fairlead', 'run', FILE]);
  await process.waitForLine(/started with/, 120_000);
  return process;
}
const stdout = async (host: string, ...words: string[]): Promise<string> => (await lab.exec(host, words)).stdout;
/** As Debian's ipvsadm tells of them. */
const daemons = (host: string): Promise<string> => stdout(host, 'ipvsadm', '-L', '--daemon');

beforeAll(async () => {
  lab = await openLab({ topology: directors, driver: 'host', name: 'directors' });
  [standby, director] = await Promise.all([
    start('standby', file('role: backup, id: 5')),
    start('director', file('role: master, id: 5') + ADDRESS),
  ]);
}, 300_000);
afterAll(() => lab.close());

test('the standby takes up a connection that the director has', async () => {
  const held = await lab.spawn('client', ['node', '-e', TALKER]);
  // 10.0.2.10 to 10.0.2.100:80, served by 10.0.2.11.
  const synced = /TCP 0A00020A [0-9A-F]{4} 0A000264 0050 0A00020B 0050 ESTABLISHED +SYNC/;
  await until('the standby has the connection', async () =>
    synced.test(await stdout('standby', 'cat', '/proc/net/ip_vs_conn_sync')),
  );
  held.kill('SIGKILL');
});

test('a reload with another id restarts the daemon, and another one beside it is left alone', async () => {
  await lab.exec('director', ['ipvsadm', '--start-daemon', 'backup', '--mcast-interface', 'eth1', '--syncid', '9']);
  await write('director', file('role: master, id: 6') + ADDRESS);
  director.kill('SIGHUP');
  await director.waitForLine(/revision 2: director\.sync\.id/, 60_000);
  await until('the master has its new id', async () =>
    /master sync daemon \(mcast=eth1, syncid=6,/.test(await daemons('director')),
  );
  expect(await daemons('director')).toContain('backup sync daemon (mcast=eth1, syncid=9,');
  const status = JSON.parse(await stdout('director', 'fairlead', 'status', '--json')) as Status;
  expect(status.sync).toMatchObject([{ role: 'master', interface: 'eth1', id: 6, running: true }]);
  expect(status.notes.join()).toMatch(/sync backup eth1 id 9 .*is not ours and left alone/);
});

test('a file that mixes families beside sync is refused with the place', async () => {
  await write('standby', file('role: backup, id: 5', MIXED));
  const { code, stderr } = await lab.exec('standby', ['fairlead', 'check', FILE]);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /fairlead\.yaml:5:\d+: address: 10\.0\.2\.11 would serve tcp:\/\/\[fd00:2::100\]:80.*sync-families/,
  );
});

test('a director that stops takes its own daemon along and no other', async () => {
  for (const process of [director, standby]) {
    process.kill('SIGTERM');
    expect(await process.exited).toBe(0);
  }
  expect(await daemons('director')).toMatch(/^backup sync daemon \(mcast=eth1, syncid=9,[^\n]*\n$/);
  expect(await daemons('standby')).toBe('');
});
