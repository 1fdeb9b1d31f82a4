import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Change, type Ipvs, open, realServer, serviceId, virtualService } from '../../src/library/ipvs.ts';
import { destinationKey } from '../../src/model/service.ts';

// What can go wrong in the middle: IPVS unloaded and loaded again, answers thrown away or never sent, permissions lost,
// other programs at the same table. The built module runs in a process of its own, and test/support/between.cc makes the
// fault happen between two of its messages.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULE = join(ROOT, 'dist/ipvs.js');
const directory = mkdtempSync(join(tmpdir(), 'fairlead-faults-'));
const between = join(directory, 'between.so');
const name = `fl-faults-${process.pid}`;
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });

const WEB = serviceId('tcp://10.9.0.100:80');
const make = (id = WEB): Change => ({ kind: 'add-service', service: virtualService(id, { scheduler: 'rr' }) });
const drop = (id = WEB): Change => ({ kind: 'delete-service', id });
const server = (i: number) => realServer(`10.9.${1 + (i >> 7)}.${1 + (i & 127)}:80`);
const add = (i: number): Change => ({ kind: 'add-destination', id: WEB, destination: server(i) });

/** Takes IPVS away; a scheduler or a dying table may hold it for a moment. */
const UNLOAD = `for i in $(seq 100); do
  modprobe -r -a $(sed -n 's/^\\(ip_vs[a-z_]*\\) .*/\\1/p' /proc/modules | grep ip_vs_) ip_vs 2>/dev/null && break; sleep 0.2
done; ! grep -q '^ip_vs ' /proc/modules`;
const RELOAD = `${UNLOAD} && modprobe ip_vs`;

const ipvsModules = (): string[] =>
  [...readFileSync('/proc/modules', 'utf8').matchAll(/^(ip_vs\w*) /gm)].map(([, module = '']) => module);
let modules: string[] = [];

let ipvs: Ipvs;
beforeAll(() => {
  modules = ipvsModules();
  const source = join(ROOT, 'test/support/between.cc');
  run('g++', '-std=c++20', '-O1', '-shared', '-fPIC', '-Wall', '-Wextra', '-Werror', source, '-o', between);
  run('ip', 'netns', 'add', name);
  run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  run('ip', '-n', name, 'link', 'add', 'fl0', 'type', 'veth', 'peer', 'name', 'fl1');
  for (const link of ['fl0', 'fl1']) run('ip', '-n', name, 'link', 'set', link, 'up');
  run('ip', '-n', name, 'address', 'add', '10.9.0.1/24', 'dev', 'fl0');
  // Compiling in an emulated machine takes a while.
}, 600_000);
afterAll(() => {
  // Other tests find schedulers loaded as the lab did it.
  run('modprobe', '-a', 'ip_vs', ...modules);
  run('ip', 'netns', 'delete', name);
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  ipvs = open({ namespace: name });
});
afterEach(async () => {
  await ipvs.flush();
  ipvs.close();
});

/** Runs a program that gets the built module as `fairlead` and an open `ipvs`, and prints what its `give()` was given. */
async function program(code: string, environment: Record<string, string | number> = {}): Promise<unknown> {
  const file = join(directory, 'program.mjs');
  writeFileSync(
    file,
    `import * as fairlead from ${JSON.stringify(MODULE)};
    const { open, serviceId, virtualService, realServer } = fairlead;
    const ipvs = open({ namespace: ${JSON.stringify(name)}, deadlineMs: 60_000 });
    const give = (value) => process.stdout.write(JSON.stringify(value));
    const codeOf = (promise) => promise.then(() => null, (error) => error.code ?? String(error));
    const WEB = serviceId('tcp://10.9.0.100:80');
    ${code}
    ipvs.close();`,
  );
  const env = { ...process.env, LD_PRELOAD: between, ...environment } as NodeJS.ProcessEnv;
  for (const key of Object.keys(environment)) env[key] = String(environment[key]);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
  return JSON.parse(stdout);
}

const applied = async (...changes: Change[]): Promise<void> => {
  const failures = (await ipvs.apply(changes)).flatMap(({ failure }) => (failure ? [failure] : []));
  expect(failures).toEqual([]);
};

describe('IPVS is unloaded and loaded again', () => {
  test('in the middle of a batch: the batch fails as a whole, the next request goes on', async () => {
    await ipvs.flush();
    // Two sends of a batch (1,024 messages and the rest). What it makes it takes away, so that nothing holds the module; the
    // rest is refused, but for the reload. Sends: the family's number, info, first half | second half.
    const result = await program(
      `await ipvs.info();
      const gone = { kind: 'delete-service', id: WEB };
      const pair = [{ kind: 'add-service', service: virtualService(WEB, { scheduler: 'rr' }) }, gone];
      const batch = await codeOf(ipvs.apply([...pair, ...Array.from({ length: 1100 }, () => gone)]));
      const [again] = await ipvs.apply(pair);
      give([batch, again.failure, await ipvs.services()]);`,
      { BETWEEN_SEND: 4, BETWEEN_COMMAND: RELOAD },
    );
    expect(result).toEqual(['family-reloaded', null, []]);
  });

  test('before a batch: the new family is found and nobody notices', async () => {
    const result = await program(
      `await ipvs.info();
      const results = await ipvs.apply([{ kind: 'add-service', service: virtualService(WEB, { scheduler: 'rr' }) },
        { kind: 'delete-destination', id: WEB, destination: realServer('10.9.0.11:80') }]);
      give(results.map(({ failure }) => failure?.code ?? null));`,
      { BETWEEN_SEND: 3, BETWEEN_COMMAND: RELOAD },
    );
    expect(result).toEqual([null, 'destination-missing']);
  });

  test('in the middle of a dump, with another table afterwards: the dump is of the new one', async () => {
    await applied(make(), add(1));
    const command = `ip netns exec ${name} ipvsadm -C && ${RELOAD} && ip netns exec ${name} ipvsadm -A -u 10.9.0.200:53 -s rr`;
    // Sends: the family's number, services | destinations.
    const result = await program(
      `give((await ipvs.dump()).map(({ service, destinations }) => [fairlead.serviceKey(service.id), destinations.length]));`,
      { BETWEEN_SEND: 3, BETWEEN_COMMAND: command },
    );
    expect(result).toEqual([['udp://10.9.0.200:53', 0]]);
  });

  test('gone for good is another code, until it is back', async () => {
    await ipvs.info();
    const setting = '/proc/sys/kernel/modprobe';
    const loader = readFileSync(setting, 'utf8');
    onTestFinished(() => {
      writeFileSync(setting, loader);
      run('modprobe', 'ip_vs');
    });
    run('sh', '-c', UNLOAD);
    writeFileSync(setting, '/bin/false');
    await expect(ipvs.dump()).rejects.toMatchObject({ code: 'ipvs-missing' });
    await expect(ipvs.apply([make()])).rejects.toMatchObject({ code: 'ipvs-missing' });
    writeFileSync(setting, loader);
    await applied(make(), add(1));
    expect(await ipvs.destinations(WEB)).toHaveLength(1);
  });
});

test('answers that overflow a tiny receive buffer: what was carried out is found out by reading', async () => {
  await applied(make(), ...Array.from({ length: 50 }, (_, i) => add(i)));
  // Of 50 deletions of what is missing each is answered, and six answers fit.
  const result = await program(
    `await ipvs.info();
    const server = (i) => realServer('10.9.' + (1 + (i >> 7)) + '.' + (1 + (i & 127)) + ':80');
    const changes = Array.from({ length: 50 }, (_, i) => [
      { kind: 'delete-destination', id: WEB, destination: server(200 + i) },
      { kind: 'add-destination', id: WEB, destination: server(100 + i) },
      { kind: 'add-destination', id: WEB, destination: { ...server(i), weight: 7 } },
    ]).flat();
    const results = await ipvs.apply(changes);
    const codes = (k) => results.flatMap(({ failure }, i) => i % 3 === k ? [failure?.code ?? null] : []);
    give({ missing: codes(0), fresh: codes(1), present: codes(2), count: (await ipvs.destinations(WEB)).length });`,
    { BETWEEN_SEND: 3, BETWEEN_RECEIVE_BYTES: 1 },
  );
  const { missing, fresh, present, count } = result as Record<'missing' | 'fresh' | 'present', (string | null)[]> & {
    count: number;
  };
  expect(count).toBe(100);
  expect(new Set(fresh)).toEqual(new Set([null]));
  // Lost: what is not there is as a deletion wants it.
  expect(new Set(missing)).toEqual(new Set(['destination-missing', null]));
  // Lost: there, and not as asked.
  expect(new Set(present)).toEqual(new Set(['destination-exists', 'timeout']));
  expect((await ipvs.destinations(WEB)).every(({ weight }) => weight === 1)).toBe(true);
});

test('dumps while another program changes the table', async () => {
  const STAY = 400;
  await applied(make(), ...Array.from({ length: STAY }, (_, i) => add(i)));
  const staying = new Set(Array.from({ length: STAY }, (_, i) => destinationKey(server(i))));
  // Bursts with a rest in between, so that now and then two dumps in a row can agree.
  const lines = Array.from({ length: 40 }, (_, i) => `-t 10.9.0.100:80 -r 10.9.99.${i + 1}:80`);
  const burst = [...lines.map((line) => `-a ${line} -g`), ...lines.map((line) => `-d ${line}`)].join('\\n');
  const script = `while :; do printf '${burst}\\n' | ipvsadm -R; sleep 0.3; done`;
  const other = spawn('ip', ['netns', 'exec', name, 'sh', '-c', script], { stdio: 'ignore', detached: true });
  onTestFinished(() => void process.kill(-(other.pid ?? 0), 'SIGKILL'));
  let settled = 0;
  for (let i = 0; i < 60 || settled === 0; i++) {
    const [entry] = await ipvs.dump({ stats: false });
    const keys = (entry?.destinations ?? []).map(destinationKey);
    expect(new Set(keys).size).toBe(keys.length);
    const dump = await ipvs.dump({ stats: false, settled: true }).catch((error: { code: string }) => error.code);
    if (typeof dump === 'string') {
      expect(dump).toBe('unsettled');
      continue;
    }
    settled++;
    const seen = new Set(dump[0]?.destinations.map(destinationKey));
    expect([...staying].filter((key) => !seen.has(key))).toEqual([]);
  }
});

test('an acknowledgement that the kernel never sends is made up for by reading', async () => {
  // A daemon that is stopped before its thread ran: the kernel stops it and answers nothing.
  for (let i = 0; i < 10; i++) {
    await ipvs.startDaemon({ state: 'backup', interface: 'fl0', syncId: 7 });
    await ipvs.stopDaemon('backup');
    expect(await ipvs.daemons()).toEqual([]);
  }
  await expect(ipvs.stopDaemon('backup')).rejects.toMatchObject({ code: 'daemon-not-running' });
});

test('a process that gives up its rights half-way is told so, and nothing changes any more', async () => {
  const result = await program(
    `const [added] = await ipvs.apply([{ kind: 'add-service', service: virtualService(WEB, { scheduler: 'rr' }) }]);
    process.setgid(65534);
    process.setuid(65534);
    const server = realServer('10.9.0.11:80');
    const results = await ipvs.apply([{ kind: 'add-destination', id: WEB, destination: server }, { kind: 'delete-service', id: WEB }]);
    give([added.failure, ...results.map(({ failure }) => failure.code), await codeOf(ipvs.dump()), await codeOf(ipvs.flush()),
      await codeOf(ipvs.sysctls.set('conntrack', 1))]);`,
  );
  const refused = 'not-permitted';
  expect(result).toEqual([null, refused, refused, refused, refused, refused]);
  expect(await ipvs.destinations(WEB)).toEqual([]);
});

test('mixed families and a sync daemon exclude each other, whichever was first', async () => {
  const six = {
    ...server(1),
    address: '2001:db8:9::11',
    forward: 'tunnel',
    tunnel: { type: 'ipip', port: 0, checksum: 'none' },
  } as const;
  const mixed: Change = { kind: 'add-destination', id: WEB, destination: six };
  const daemon = { state: 'master', interface: 'fl0', syncId: 1 } as const;
  await applied(make());
  await ipvs.startDaemon(daemon);
  const [refused] = await ipvs.apply([mixed]);
  expect(refused?.failure).toMatchObject({ code: 'mixed-families', errno: 22 });
  await expect(ipvs.startDaemon(daemon)).rejects.toMatchObject({ code: 'daemon-running' });
  await ipvs.stopDaemon('master');
  await applied(mixed);
  await expect(ipvs.startDaemon(daemon)).rejects.toMatchObject({ code: 'mixed-families' });
  await applied(drop());
  await vi.waitFor(() => ipvs.startDaemon(daemon), { timeout: 20_000, interval: 200 });
  await expect(ipvs.startDaemon({ ...daemon, state: 'backup', group: '10.0.0.1' })).rejects.toMatchObject({
    code: 'invalid',
  });
  await ipvs.stopDaemon('master');
});
