import { canonicalAddress } from '../../src/base/ip.ts';
import type { IpvsOp } from '../../src/model/op.ts';
import type { IpvsPort } from '../../src/model/ports.ts';
import { type Destination, fullNetmask, serviceKey, type VirtualService } from '../../src/model/service.ts';
import { type Candidate, predictor } from '../../src/scheduling/predict.ts';

import { DRAWS, type Draw } from './draws.ts';
/** Runs the sender with these lines, and reads /proc/net/ip_vs_conn, both in the service's network namespace. */
export interface Bench {
  readonly ipvs: IpvsPort;
  spray(lines: readonly string[]): Promise<void>;
  connections(): Promise<string>;
}

export const VIRTUAL = { inet: '198.18.0.100', inet6: '2001:db8:198::100' } as const;

/** Repeatable random 32-bit numbers (xorshift32). */
export function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function randomAddress(family: 'inet' | 'inet6', next: () => number): string {
  const group = (): string => (next() >>> 16).toString(16);
  for (;;) {
    if (family === 'inet6') {
      const text = `${(0x2000 | (next() >>> 19)).toString(16)}:${Array.from({ length: 7 }, group).join(':')}`;
      return canonicalAddress(text) ?? text;
    }
    const bits = next();
    const first = bits >>> 24;
    if (first === 0 || first === 127 || first >= 224) continue;
    return [first, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join('.');
  }
}

const distinct = <T>(count: number, make: () => T, key: (value: T) => string): T[] => {
  const found = new Map<string, T>();
  while (found.size < count) {
    const value = make();
    found.set(key(value), value);
  }
  return [...found.values()];
};

function serviceOf(draw: Draw, port: number): VirtualService {
  const id = { kind: 'address', protocol: draw.protocol, address: VIRTUAL[draw.family], port } as const;
  return {
    id,
    scheduler: draw.scheduler,
    schedulerFlags: draw.flags,
    onePacket: false,
    persistence: null,
    netmask: fullNetmask(draw.family),
  };
}

/** The connection table as `ADDRESS PORT` of the client and the virtual port to `ADDRESS PORT` of the destination. */
function parseConnections(text: string): Map<string, string> {
  const address = (hex: string): string =>
    hex.includes(':')
      ? (canonicalAddress(hex.toLowerCase()) ?? hex)
      : [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
  const chosen = new Map<string, string>();
  for (const line of text.split('\n').slice(1)) {
    const [, from = '', fromPort = '', , toPort = '', destination = '', destinationPort = ''] = line
      .trim()
      .split(/\s+/);
    const [client, to, server] = [fromPort, toPort, destinationPort].map((hex) => Number.parseInt(hex, 16));
    chosen.set(`${address(from)} ${client} ${to}`, `${address(destination)} ${server}`);
  }
  return chosen;
}

interface Prepared {
  readonly draw: Draw;
  readonly service: VirtualService;
  readonly port: number;
  readonly ops: readonly IpvsOp[];
  /** The last weight that was not 0, by destination address. */
  readonly lastWeights: ReadonlyMap<string, number>;
  readonly clients: readonly { readonly address: string; readonly port: number }[];
}

/** One service with destinations and clients made up from its port. */
function prepare(draw: Draw, port: number): Prepared {
  const next = generator(port * 7919);
  const service = serviceOf(draw, port);
  const { id } = service;
  const why = draw.name;
  const other = draw.family === 'inet' ? 'inet6' : 'inet';
  const addresses = distinct(draw.weights.length, () => randomAddress(draw.mixed ? other : draw.family, next), String);
  const destination = (index: number, weight: number): Destination => ({
    address: addresses[index] ?? '',
    port: draw.mixed ? port : 1 + ((port + index * 257) % 65535),
    forward: draw.mixed ? 'tunnel' : 'nat',
    weight,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: draw.mixed ? { type: 'ipip', port: 0, checksum: 'none' } : null,
  });
  const ops: IpvsOp[] = [{ kind: 'add-service', service, why }];
  const lastWeights = new Map<string, number>();
  const weigh = (
    kind: 'add-destination' | 'set-destination',
    index: number,
    weight: number | null | undefined,
  ): void => {
    if (weight === null || weight === undefined) return;
    const change = destination(index, weight);
    if (weight > 0) lastWeights.set(change.address, weight);
    ops.push({ kind, id, destination: change, why });
  };
  draw.weights.forEach((weight, index) => {
    weigh('add-destination', index, weight);
  });
  draw.later?.forEach((weight, index) => {
    weigh('set-destination', index, weight);
  });
  const clients = distinct(
    draw.clients ?? 500,
    () => {
      // One in a hundred comes from port 20, which IPVS never schedules.
      const random = next();
      return {
        address: randomAddress(draw.family, next),
        port: random % 100 === 0 ? 20 : 1 + ((random >>> 8) % 65535),
      };
    },
    (client) => `${client.address} ${client.port}`,
  );
  return { draw, service, port, ops, lastWeights, clients };
}

export interface Outcome {
  readonly name: string;
  readonly clients: number;
  readonly refused: number;
  /** One line for each client that the kernel and the prediction treated differently. */
  readonly differences: readonly string[];
}

/** Programs all services, lets all clients come at once, and compares the connection table with the predictions, which
 *  are made from the destination order of a dump. */
export async function compare(bench: Bench, draws: readonly Draw[] = DRAWS): Promise<Outcome[]> {
  const prepared = draws.map((draw, index) => prepare(draw, 1000 + index));
  const failed = (await bench.ipvs.apply(prepared.flatMap(({ ops }) => ops))).find(({ failure }) => failure !== null);
  if (failed?.failure) throw new Error(`${failed.failure.operation}: ${failed.failure.text}`);
  const dump = await bench.ipvs.dump({ stats: false });
  await bench.spray(
    prepared.flatMap(({ draw, port, clients }) =>
      clients.map((client) => `${draw.protocol} ${client.address} ${client.port} ${VIRTUAL[draw.family]} ${port}`),
    ),
  );
  const chosen = parseConnections(await bench.connections());
  return prepared.map((one) => {
    const observed = dump.find(({ service: { id } }) => serviceKey(id) === serviceKey(one.service.id));
    const list: Candidate[] = (observed?.destinations ?? []).map((destination) => ({
      ...destination,
      lastWeight: one.lastWeights.get(destination.address) ?? 0,
    }));
    const predict = predictor(one.service, list);
    const seen = one.clients.map((client) => chosen.get(`${client.address} ${client.port} ${one.port}`) ?? 'refused');
    const differences = one.clients.flatMap((client, index) => {
      const prediction = predict(client);
      const { kind, why } = prediction;
      const told = kind === 'destination' ? `${prediction.destination.address} ${prediction.destination.port}` : kind;
      return told === seen[index]
        ? []
        : [`${client.address} port ${client.port}: got ${seen[index]}, told ${told} (${why})`];
    });
    const refused = seen.filter((server) => server === 'refused').length;
    return { name: one.draw.name, clients: one.clients.length, refused, differences };
  });
}
