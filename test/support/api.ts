import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerOf } from '../../src/api/access/guard.ts';
import { type Client, connect } from '../../src/api/client.ts';
import { serveApi } from '../../src/api/server.ts';
import { silentLog } from '../../src/base/log.ts';
import { loadConfig } from '../../src/daemon/config-file.ts';
import type { ConfigReader } from '../../src/daemon/config-reader.ts';
import { systemDisk } from '../../src/daemon/disk.ts';
import type { electionParts } from '../../src/daemon/election-parts.ts';
import { Director, type DirectorParts, type ElectionParts } from '../../src/daemon/lifecycle.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';

const clock = { now: () => performance.now(), wall: () => Date.now() };

export const WEB = `services:
  - { name: web, listen: ["tcp://10.0.0.100:80"], scheduler: rr, servers: [{ name: r1, address: 10.0.0.11 }, { name: r2, address: 10.0.0.12 }] }
  - { name: dns, listen: ["udp://10.0.0.100:53"], scheduler: rr, servers: [{ address: 10.0.0.13 }] }
  - { name: checked, listen: ["tcp://10.0.0.100:81"], check: { tcp: {}, every: 1h, timeout: 1s }, servers: [{ address: 10.0.0.14 }] }
`;

export interface ServedDirector {
  readonly kernel: FakeKernel;
  readonly director: Director;
  readonly client: Client;
  readonly socket: string;
  /** Nobody answers on the socket, and somebody does again. */
  silence(): Promise<void>;
  serve(): Promise<void>;
  stop(): Promise<void>;
}

export interface Serving {
  readonly services?: string;
  /** The `api` block of the file, in flow style. */
  readonly api?: string;
  /** More of the `director` block, after a comma. */
  readonly director?: string;
  /** Who is at the other end, in place of what the kernel says. */
  readonly peerOf?: PeerOf;
  /** Who reads configurations; without it they are read in place. */
  readonly reader?: ConfigReader;
  /** What elects; without it nobody does. */
  readonly elect?: (parts: Parameters<typeof electionParts>[0]) => ElectionParts;
}

/** A daemon over a kernel in memory that serves its API on a socket of its own. */
export async function servedDirector({
  services = WEB,
  api = '{}',
  director: settings = '',
  peerOf,
  reader,
  elect,
}: Serving = {}): Promise<ServedDirector> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-api-'));
  const file = join(folder, 'fairlead.yaml');
  const socket = join(folder, 'api.sock');
  const paths = `state: ${join(folder, 'state.json')}, overrides: ${join(folder, 'overrides.json')}, socket: ${socket}`;
  writeFileSync(file, `director: { ${paths}, resync: 1h${settings} }\napi: ${api}\n${services}`);
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.issues));
  const kernel = new FakeKernel();
  const parts: DirectorParts = {
    ports: kernel,
    prober: {
      probe: async () => ({
        ok: true,
        at: clock.now(),
        durationMs: 1,
        phase: 'connect',
        outcome: 'connected',
        evidence: 'it answered',
      }),
    },
    clock,
    random: () => 0,
    log: silentLog,
    disk: systemDisk,
  };
  const director = new Director(loaded.value.config, file, {
    ...parts,
    ...(reader && { reader }),
    ...(elect && { election: elect(parts) }),
  });
  await director.start();
  // Its first check ends by itself; what a test compares must not change for that.
  const settled = (): boolean =>
    !services.includes('10.0.0.14') ||
    kernel.state().services.some(({ destinations }) => destinations.some((each) => each.address === '10.0.0.14'));
  for (let tries = 0; !settled(); tries++) {
    if (tries > 1000) throw new Error('the checked server never came up');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  let server = await serveApi(director, socket, clock, peerOf);
  return {
    kernel,
    director,
    client: connect({ socket }),
    socket,
    silence: () => server.close(),
    async serve() {
      server = await serveApi(director, socket, clock, peerOf);
    },
    async stop() {
      await server.close();
      await director.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Sets what the kernel in memory counts as open connections of a destination. */
export function openConnections(kernel: FakeKernel, address: string, activeConnections: number): void {
  const dump = kernel.state({ stats: true });
  const services = dump.services.map((service) => ({
    ...service,
    destinations: service.destinations.map((each) =>
      each.address === address ? { ...each, activeConnections } : each,
    ),
  }));
  kernel.load({ ...dump, services });
}
