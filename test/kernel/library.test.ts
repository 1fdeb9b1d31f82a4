import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  type Change,
  type Connection,
  type Ipvs,
  open,
  realServer,
  serviceId,
  virtualService,
} from '../../src/library/ipvs.ts';
import type { MeteredService } from '../../src/library/meter.ts';
import { examplesOf } from '../support/package.ts';

// The public module on a real kernel, beyond what the contract and test/kernel/ipvs.test.ts ask.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const name = `fl-library-${process.pid}`;
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });
const inside = (...args: string[]): string => run('ip', 'netns', 'exec', name, ...args);

const DNS = serviceId('udp://10.9.0.100:53');
const WEB = serviceId('tcp://10.9.0.100:80');
// Ports of their own for tests that send: a connection whose server an earlier test took away lives on, and the kernel
// drops a datagram that happens to come from the same port again.
const DRAINED = serviceId('udp://10.9.0.100:5354');
const COUNTED = serviceId('udp://10.9.0.100:5353');
const first = realServer('10.9.0.11:53', { forward: 'nat', weight: 3, upperThreshold: 5000 });
const second = realServer('10.9.0.12:53', { forward: 'nat' });
const service = (id = DNS, scheduler = 'rr'): Change => ({
  kind: 'add-service',
  service: virtualService(id, { scheduler }),
});
const add = (destination = first, id = DNS): Change => ({ kind: 'add-destination', id, destination });

let ipvs: Ipvs;
beforeAll(() => {
  run('ip', 'netns', 'add', name);
  inside('ip', 'link', 'set', 'lo', 'up');
  for (const address of ['10.9.0.100', '10.9.0.11', '10.9.0.12', '10.9.0.13'])
    inside('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
});
afterAll(() => {
  run('ip', 'netns', 'delete', name);
});
beforeEach(() => {
  ipvs = open({ namespace: name });
});
afterEach(async () => {
  await ipvs.flush();
  ipvs.close();
});

const applied = async (...changes: Change[]): Promise<void> => {
  expect((await ipvs.apply(changes)).flatMap(({ failure }) => (failure ? [failure] : []))).toEqual([]);
};
/** Each datagram comes from a port of its own and so is a connection of its own. */
const SEND = `import socket, sys
all = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(sys.argv[1]))]
for one in all:
    one.sendto(b"x", ("10.9.0.100", int(sys.argv[2])))`;
const send = (count: number, port = 53): string => inside('python3', '-c', SEND, String(count), String(port));
const collect = async (list: AsyncIterable<Connection>): Promise<Connection[]> => {
  const all: Connection[] = [];
  for await (const connection of list) all.push(connection);
  return all;
};

test('a namespace can be named, pathed, or given by a process', async () => {
  await applied(service(), add());
  const inThere = spawn('ip', ['netns', 'exec', name, 'sleep', '60'], { stdio: 'ignore' });
  onTestFinished(() => void inThere.kill());
  for (const namespace of [name, `/run/netns/${name}`]) {
    await using other = open({ namespace });
    expect(await other.destinations(DNS)).toMatchObject([first]);
  }
  await using own = open({ namespace: process.pid });
  await expect(own.destinations(DNS)).rejects.toMatchObject({ code: 'service-missing' });
  const spaceOf = (pid: number): string => readlinkSync(`/proc/${pid}/ns/net`);
  // `ip` enters the namespace when it comes to it.
  await expect.poll(() => spaceOf(inThere.pid ?? 0), { timeout: 60_000 }).not.toBe(spaceOf(process.pid));
  await using byProcess = open({ namespace: inThere.pid ?? 0 });
  expect(await byProcess.services()).toHaveLength(1);
  await using nowhere = open({ namespace: 'fl-nosuch' });
  await expect(nowhere.services()).rejects.toMatchObject({ name: 'KernelError', errno: 2 });
  await expect(nowhere.sysctls.get('conntrack')).rejects.toMatchObject({ name: 'KernelError', errno: 2 });
  await expect(collect(nowhere.connections())).rejects.toMatchObject({ name: 'KernelError', errno: 2 });
});

test('services and destinations one by one', async () => {
  await applied(service(), add(), add(second), service(WEB));
  const services = await ipvs.services();
  expect(
    services.map((entry) => entry.service.id).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  ).toEqual([WEB, DNS]);
  expect(services[0]).toHaveProperty('stats.connections', 0n);
  expect(await ipvs.destinations(DNS, { stats: false })).toMatchObject([{ ...second, stats: null }, first]);
  expect(await ipvs.destinations(WEB)).toEqual([]);
  await expect(ipvs.destinations(serviceId('fwmark://7'))).rejects.toMatchObject({
    code: 'service-missing',
    operation: 'read service',
  });
});

test('connections of the namespace, with filters and limits', async () => {
  await applied(service(), add(), add(second));
  send(120);
  const all = ipvs.connections();
  expect(all.end).toBeNull();
  const rows = await collect(all);
  expect([rows.length, all.scanned, all.end]).toEqual([120, 120, 'complete']);
  expect(rows[0]).toMatchObject({
    protocol: 'udp',
    virtual: '10.9.0.100',
    virtualPort: 53,
    state: 'UDP',
    engine: null,
  });
  expect(new Set(rows.map(({ clientPort }) => clientPort)).size).toBe(120);

  const filtered = await collect(ipvs.connections({ filter: { destination: '10.9.0.11', protocol: 'udp' } }));
  expect(filtered).toHaveLength(60);
  const port = rows[7]?.clientPort ?? 0;
  expect(await collect(ipvs.connections({ filter: ({ clientPort }) => clientPort === port }))).toHaveLength(1);
  const limited = ipvs.connections({ limit: 10 });
  expect([(await collect(limited)).length, limited.end]).toEqual([10, 'limit']);
  const hurried = ipvs.connections({ timeLimitMs: 0 });
  expect((await collect(hurried)).length).toBeLessThan(120);
  expect(hurried.end).toBe('time');
  const left = ipvs.connections();
  for await (const _ of left) break;
  expect(left.end).toBe('stopped');
  expect(() => ipvs.connections({ filter: { client: 'nobody' } })).toThrow(TypeError);
  await using own = open();
  expect(await collect(own.connections({ filter: { virtual: '10.9.0.100' } }))).toEqual([]);
});

test('settings are those of the namespace, typed and checked', async () => {
  await using own = open();
  const here = await own.sysctls.get('sync_threshold');
  await ipvs.sysctls.set('sync_threshold', [4, 60]);
  expect(await ipvs.sysctls.get('sync_threshold')).toEqual([4, 60]);
  expect(await own.sysctls.get('sync_threshold')).toEqual(here);
  await ipvs.sysctls.set('conntrack', 1);
  expect(await ipvs.sysctls.get('conntrack')).toBe(1);
  await expect(ipvs.sysctls.set('sync_threshold', [60, 4])).rejects.toMatchObject({ code: 'out-of-range' });
  await expect(ipvs.sysctls.set('sync_ports', 3)).rejects.toMatchObject({ code: 'out-of-range' });
  expect(await ipvs.sysctls.get('est_cpulist')).toBeUndefined();
  await expect(ipvs.sysctls.set('est_cpulist', '0')).rejects.toMatchObject({
    code: 'invalid',
    text: expect.stringContaining('Linux 6.2'),
  });
  const all = await ipvs.sysctls.all();
  expect(Object.keys(all).length).toBeGreaterThanOrEqual(28);
});

test('asking what the kernel can do leaves nothing behind', async () => {
  await applied(service());
  const answers = await Promise.all(
    (
      [
        'scheduler-mh',
        'scheduler-twos',
        'tunnel-gre',
        'tunnel-gue',
        'engine-sip',
        'mixed-families',
        'scheduler-flags',
      ] as const
    ).map((feature) => ipvs.supports(feature)),
  );
  expect(answers).toEqual([true, false, true, true, true, true, true]);
  expect(await ipvs.supports('estimation-cpus')).toBe(false);
  expect(await ipvs.supports('sync-daemon-multicast')).toBeUndefined();
  expect(await ipvs.services()).toHaveLength(1);
  const [refused] = await ipvs.apply([service(WEB, 'twos')]);
  expect(refused?.failure).toMatchObject({ code: 'scheduler-missing', text: expect.stringContaining('Linux 5.12') });
});

test('draining: UDP lasts until the deadline, an unused server goes at once, a cancelled one serves again', async () => {
  // Of its own: a destination that was deleted with connections brings them along when it is added again.
  const quiet = realServer('10.9.0.13:53', { forward: 'nat', weight: 3, upperThreshold: 5000 });
  await applied(
    service(DRAINED),
    add(quiet, DRAINED),
    add(second, DRAINED),
    service(WEB),
    add(realServer('10.9.0.11:80'), WEB),
    add(realServer('10.9.0.12:80'), WEB),
  );
  send(20, 5354);
  expect(await ipvs.drain(WEB, realServer('10.9.0.11:80'))).toMatchObject({ because: 'idle', cut: 0 });
  const cancel = new AbortController();
  const cancelled = ipvs.drain(DRAINED, quiet, {
    signal: cancel.signal,
    onProgress: () => cancel.abort(new Error('enough')),
  });
  await expect(cancelled).rejects.toThrow('enough');
  expect(await ipvs.destinations(DRAINED)).toMatchObject([second, quiet]);
  const seen: number[] = [];
  const drained = await ipvs.drain(DRAINED, quiet, {
    deadlineMs: 200,
    pollMs: 50,
    onProgress: ({ openConnections }) => seen.push(openConnections),
  });
  expect(drained).toMatchObject({ because: 'deadline', cut: 10, destination: quiet });
  expect(seen[0]).toBe(10);
  expect(await ipvs.destinations(DRAINED)).toMatchObject([second]);
  await expect(ipvs.drain(DRAINED, second)).rejects.toMatchObject({ name: 'DrainError', code: 'last-server' });
});

test('rates are measured from counters', async () => {
  await applied(service(COUNTED), add(first, COUNTED), add(second, COUNTED));
  const seen: MeteredService[] = [];
  for await (const dump of ipvs.meter({ everyMs: 2100 })) {
    seen.push(...dump);
    send(50, 5353);
    if (seen.length === 4) break;
  }
  expect(seen[0]?.measured).toBeNull();
  const last = seen.at(-1);
  expect(last?.measured?.connections).toBeGreaterThan(0);
  expect(last?.stats?.connections).toBeGreaterThan(0n);
  expect(last?.destinations.every(({ measured }) => (measured?.connections ?? 0) > 0)).toBe(true);
});

test('every example of docs/ipvs.md runs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const examples = examplesOf(readFileSync(join(ROOT, 'docs/ipvs.md'), 'utf8'));
  for (const [i, code] of examples.entries()) {
    const built = code.replace("'fairlead/ipvs'", JSON.stringify(join(ROOT, 'dist/ipvs.js')));
    writeFileSync(join(folder, `${i}.mjs`), transformSync(built, { loader: 'ts', target: 'node20' }).code);
  }
  const all = examples.map((_, i) => `await import('./${i}.mjs'); console.log('example ${i} done');`);
  writeFileSync(join(folder, 'all.mjs'), all.join('\n'));
  const output = inside(process.execPath, join(folder, 'all.mjs'));
  for (const i of examples.keys()) expect(output).toContain(`example ${i} done`);
  expect(output).toContain('tcp://192.0.2.100:80 mh\n  192.0.2.12:80 2 0n\n  192.0.2.11:80 1 0n');
  expect(output).toContain('nobody has made it yet');
  expect(output).toContain('idle 0');
  expect(output).toContain('twos came with Linux 5.12');
});
