import type { VirtualService } from '../../../src/model/service.ts';
import type { Candidate, Client, Prediction } from '../../../src/scheduling/predict.ts';

export const FALLBACK = 1;
export const PORT = 2;

export const service = (scheduler: string, schedulerFlags = 0, address = '10.9.0.100'): VirtualService => ({
  id: { kind: 'address', protocol: 'tcp', address, port: 80 },
  scheduler,
  schedulerFlags,
  onePacket: false,
  persistence: null,
  netmask: address.includes(':') ? '128' : '255.255.255.255',
});

/** Candidates in the scheduler's order from destinations in the order in which they were added. */
export const added = (...destinations: readonly Candidate[]): Candidate[] => [...destinations].reverse();

export const four = (host: number, weight = 1, lastWeight?: number): Candidate => ({
  address: `10.9.1.${host}`,
  port: 80,
  weight,
  ...(lastWeight === undefined ? {} : { lastWeight }),
});

export const six = (host: number, weight = 1): Candidate => ({ address: `2001:db8:9:1::${host}`, port: 80, weight });

/** `.13` for a destination 10.9.1.13, `-` for a refusal, `?` when it cannot be told. */
export function short(prediction: Prediction): string {
  if (prediction.kind === 'refused') return '-';
  if (prediction.kind === 'unpredictable') return '?';
  return prediction.destination.address.replace(/^.*[.:]/, '.');
}

/** Clients spread over 10.0.0.0/8 in a fixed way. */
export const manyClients = (count: number): Client[] =>
  Array.from({ length: count }, (_, i) => {
    const bits = Math.imul(i + 1, 0x9e3779b1) >>> 8;
    return { address: `10.${bits >>> 16}.${(bits >>> 8) & 255}.${bits & 255}`, port: 1024 + (i % 50_000) };
  });
