import { createRequire } from 'node:module';
import { PassThrough, Readable } from 'node:stream';
import { breathing } from '../src/api/pieces.ts';
import { configSchema } from '../src/config/schema.ts';
import type { Family } from '../src/metrics/family.ts';
import { type Format, render } from '../src/metrics/render.ts';
import type { Scene } from '../src/metrics/scene.ts';
import { DESTINATION } from '../src/metrics/subjects.ts';
import { familiesFor } from '../src/metrics/table.ts';
import { NO_OVERRIDES } from '../src/model/override.ts';
import { sceneOf } from '../test/support/metrics.ts';
import type { Bench, Figures } from './harness.ts';
import { watchLoop } from './loop.ts';

const SERVICES = 500;
const SERVERS = 20;
const SERIES = SERVICES * SERVERS * 8;

/** /metrics of 500 services x 20 servers: the 8 families of destinations, 80,000 series, as the API sends them; the whole
 *  text with all other families; and the same 80,000 through prom-client, which keeps a number for each. */
export const bench: Bench = {
  title: 'metrics of 500 services x 20 servers (80,000 series)',
  place: 'host',
  peers: {},
  ratios: [
    { title: '80,000 series, ms', of: 'ours.ms', aim: '<= 150' },
    { title: '80,000 series, longest time the event loop was held, ms', of: 'ours.held', aim: '<= 20' },
    { title: 'all families, ms', of: 'everything.ms' },
    { title: 'all families, longest time the event loop was held, ms', of: 'everything.held', aim: '<= 20' },
    { title: 'prom-client over ours', of: 'prom-client.ms', over: 'ours.ms', aim: '>= 1' },
    { title: 'prom-client, longest time the event loop was held, ms', of: 'prom-client.held' },
  ],
  async setup() {
    const all = familiesFor([]);
    const eight = all.filter((family) => family.subject === DESTINATION);
    const scene = largeScene();
    const peer = promClient();
    return {
      sides: [
        { name: 'ours', run: () => measured(() => send(eight, scene, 'prometheus'), SERIES) },
        { name: 'openmetrics', run: () => measured(() => send(eight, scene, 'openmetrics'), SERIES) },
        { name: 'everything', run: () => measured(() => send(all, scene, 'prometheus'), SERIES) },
        ...(peer === undefined
          ? []
          : [{ name: 'prom-client', run: () => measured(() => viaPeer(peer, scene), SERIES) }]),
      ],
      async teardown() {},
    };
  },
};

/** Time, size, and how long the loop was held; throws when too little came out. */
async function measured(work: () => Promise<string>, atLeast: number): Promise<Figures> {
  // What an idle process does late is not the work's.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const held = watchLoop();
  const start = performance.now();
  const text = await work();
  const ms = performance.now() - start;
  const longest = held();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  if (lines < atLeast) throw new Error(`expected ${atLeast} series, got ${lines}`);
  return { ms, held: longest, mb: text.length / 1e6 };
}

/** As the server does it, with a reader at the other end that keeps up. */
async function send(families: readonly Family[], scene: Scene, format: Format): Promise<string> {
  const pieces: Buffer[] = [];
  const sink = new PassThrough();
  sink.on('data', (piece: Buffer) => pieces.push(piece));
  Readable.from(breathing(render(families, scene, format)), { objectMode: false }).pipe(sink);
  await new Promise((resolve) => sink.on('end', resolve));
  return Buffer.concat(pieces).toString('latin1');
}

interface Gauge {
  set(labels: Readonly<Record<string, string>>, value: number): void;
  reset(): void;
}
interface PromClient {
  readonly Registry: new () => { metrics(): Promise<string> };
  readonly Gauge: new (options: object) => Gauge;
}

function promClient(): PromClient | undefined {
  try {
    return createRequire(import.meta.url)('prom-client') as PromClient;
  } catch {
    return undefined;
  }
}

const NAMES = ['weight', 'active', 'inactive', 'connections', 'in_packets', 'out_packets', 'in_bytes', 'out_bytes'];

async function viaPeer(client: PromClient, scene: Scene): Promise<string> {
  const registry = new client.Registry();
  const labelNames = DESTINATION.labels;
  const gauges = NAMES.map((name) => new client.Gauge({ name, help: name, labelNames, registers: [registry] }));
  for (const { service, destinations } of scene.dump?.services ?? []) {
    const listener = service.id.kind === 'address' ? `tcp://${service.id.address}:${service.id.port}` : '';
    for (const one of destinations) {
      const labels = { service: listener, listener, server: one.address, destination: `${one.address}:${one.port}` };
      const { connections = 0n, inPackets = 0n, outPackets = 0n, inBytes = 0n, outBytes = 0n } = one.stats ?? {};
      const counters = [connections, inPackets, outPackets, inBytes, outBytes].map(Number);
      const values = [one.weight, one.activeConnections, one.inactiveConnections, ...counters];
      for (let i = 0; i < values.length; i++) gauges[i]?.set(labels, values[i] ?? 0);
    }
  }
  return registry.metrics();
}

/** Thousands of destinations with counters that all differ. */
function largeScene(): Scene {
  const config = configSchema.parse({
    services: Array.from({ length: SERVICES }, (_, s) => ({
      name: `service-${s}`,
      listen: [`tcp://10.${100 + (s >> 8)}.${s & 255}.1:80`],
      servers: Array.from({ length: SERVERS }, (_, i) => ({ address: `10.200.${s >> 2}.${(s & 3) * 50 + i + 1}` })),
    })),
  });
  const counted = (number: number) => ({
    connections: BigInt(number * 7919),
    inPackets: BigInt(number * 104729),
    outPackets: BigInt(number * 104723),
    inBytes: BigInt(number) * 1_299_709_000n,
    outBytes: BigInt(number) * 15_485_863_000n,
  });
  return sceneOf(config, counted, { overrides: NO_OVERRIDES, verdicts: new Map() });
}
