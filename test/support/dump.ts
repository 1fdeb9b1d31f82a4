import { addon, type NativeDump } from '../../src/kernel/addon.ts';
import { packOps } from '../../src/kernel/records.ts';
import type { IpvsOp } from '../../src/model/op.ts';

/** Dumps made without a kernel. */

const { codec } = addon();
const { layout } = codec;
const why = 'test';

export const id = (port: number) => ({ kind: 'address', protocol: 'tcp', address: '10.0.0.1', port }) as const;
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** A table of services with so many destinations each. */
export function table(sizes: readonly number[]): NativeDump {
  const ops = sizes.flatMap((count, s): IpvsOp[] => [
    {
      kind: 'add-service',
      service: {
        id: id(s + 1),
        scheduler: 'rr',
        schedulerFlags: 0,
        onePacket: false,
        persistence: null,
        netmask: '255.255.255.255',
      },
      why,
    },
    ...numbers(count).map((d): IpvsOp => {
      const rest = { forward: 'dr', weight: d, upperThreshold: 0, lowerThreshold: 0, tunnel: null } as const;
      return {
        kind: 'add-destination',
        id: id(s + 1),
        destination: { address: `10.1.${d >> 8}.${d & 255}`, port: 80, ...rest },
        why,
      };
    }),
  ]);
  return codec.decode(codec.encode(packOps(layout, ops).bytes, 0), true);
}

/** Services and destinations in a portion. */
export const recordsOf = ({ services, destinations }: NativeDump): number =>
  services.length / layout.service.size + destinations.length / layout.destination.size;
