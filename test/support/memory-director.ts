import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { loadConfig } from '../../src/daemon/config-file.ts';
import { Director } from '../../src/daemon/lifecycle.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';
import type { ProbeResult } from '../../src/model/health.ts';
import type { ProberPort } from '../../src/model/ports.ts';
import type { VirtualService } from '../../src/model/service.ts';

/** Daemons over a kernel in memory and servers whose answers the test decides, anew for each test of a file that imports this. */

export let directory: string;
export let kernel: FakeKernel;
export let running: Director[];
export const dead = new Set<string>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  kernel = new FakeKernel();
  running = [];
  dead.clear();
  silence = undefined;
});
afterEach(async () => {
  for (const director of running) await director.stop().catch(() => {});
  rmSync(directory, { recursive: true });
});

const clock = { now: () => performance.now(), wall: () => Date.now() };
/** While set, the dead answer only when it resolves. */
export let silence: { waiting: number; readonly end: Promise<void> } | undefined;
const prober: ProberPort = {
  async probe(target): Promise<ProbeResult> {
    if (silence && dead.has(target.address)) {
      silence.waiting++;
      await silence.end;
    }
    const ok = !dead.has(target.address);
    const evidence = `connect to ${target.address}:${target.port} ${ok ? 'succeeded' : 'refused'}`;
    return { ok, at: clock.now(), durationMs: 0, phase: 'connect', outcome: ok ? 'connected' : 'refused', evidence };
  },
};

export const CHECK = 'check: { tcp: {}, every: 10ms, timeout: 10ms, rise: 2, fall: 2 }';
export const SERVERS = '[{ address: 10.0.0.11 }, { address: 10.0.0.12 }]';
export const service = (name: string, port: number, rest = '', servers = SERVERS): string =>
  `  - { name: ${name}, listen: ["tcp://10.0.0.100:${port}"], scheduler: rr, servers: ${servers}${rest && `, ${rest}`} }`;
export const file = (services: readonly string[], top = ''): string =>
  `director: { state: ${join(directory, 'state.json')}, resync: 1h${top} }\naddresses: [{ address: 10.0.0.100/32, interface: eth0 }]\nservices:\n${services.join('\n')}\n`;

export function write(text: string): string {
  const path = join(directory, 'fairlead.yaml');
  writeFileSync(path, text);
  return path;
}

export function direct(text: string): Director {
  const path = write(text);
  const loaded = loadConfig(path);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.issues));
  const director = new Director(loaded.value.config, path, {
    ports: kernel,
    prober,
    clock,
    random: () => 0.5,
    log: silentLog,
  });
  running.push(director);
  return director;
}

export async function started(text: string): Promise<Director> {
  const director = direct(text);
  await director.start();
  return director;
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 500) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const table = (): Record<string, Record<string, number>> =>
  Object.fromEntries(
    kernel
      .state()
      .services.map(({ service: { id }, destinations }) => [
        id.kind === 'address' ? `${id.address}:${id.port}` : `mark ${id.mark}`,
        Object.fromEntries(destinations.map((d) => [`${d.address}:${d.port}`, d.weight])),
      ]),
  );
export const FULL = { '10.0.0.100:80': { '10.0.0.11:80': 1, '10.0.0.12:80': 1 } };

export const foreign: VirtualService = {
  id: { kind: 'address', protocol: 'udp', address: '10.9.9.9', port: 53 },
  scheduler: 'wlc',
  schedulerFlags: 0,
  onePacket: false,
  persistence: null,
  netmask: '255.255.255.255',
};

export function fallSilent(now: typeof silence): void {
  silence = now;
}
