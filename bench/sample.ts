import type { IpvsOp } from '../src/model/op.ts';
import { type Destination, destinationKey, type VirtualService } from '../src/model/service.ts';

/** The tables the benchmarks fill: services of 10 destinations each, as operations and as ipvsadm's lines. */

const DESTINATIONS = 10;

/** What makes a table of so many destinations. */
export function operations(destinations: number): IpvsOp[] {
  return Array.from({ length: destinations / DESTINATIONS }, (_, s): IpvsOp[] => {
    // The kernel finds a service by the last byte of its address: were that the same in all, it would walk one long list.
    const address = `10.100.${Math.floor(s / 250)}.${(s % 250) + 1}`;
    const id = { kind: 'address', protocol: 'tcp', address, port: 80 } as const;
    const service: VirtualService = {
      id,
      scheduler: 'rr',
      schedulerFlags: 0,
      onePacket: false,
      persistence: null,
      netmask: '255.255.255.255',
    };
    return [
      { kind: 'add-service', service, why: '' },
      ...Array.from({ length: DESTINATIONS }, (_, d) => add(id, s, d)),
    ];
  }).flat();
}

function add(id: VirtualService['id'], s: number, d: number): IpvsOp {
  const n = s * DESTINATIONS + d;
  const destination: Destination = {
    address: `10.${200 + Math.floor(n / 50_000)}.${Math.floor(n / 200) % 250}.${(n % 200) + 1}`,
    port: 80,
    forward: 'nat',
    weight: d + 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: null,
  };
  return { kind: 'add-destination', id, destination, why: '' };
}

/** The op as a line of `ipvsadm -R`, the same that `ipvsadm -Sn` writes. */
export function ipvsadmLine(op: IpvsOp): string {
  if (op.kind === 'add-service' && op.service.id.kind === 'address')
    return `-A -t ${destinationKey(op.service.id)} -s ${op.service.scheduler}`;
  if (op.kind !== 'add-destination' || op.id.kind !== 'address') throw new Error(`no line for ${op.kind}`);
  return `-a -t ${destinationKey(op.id)} -r ${destinationKey(op.destination)} -m -w ${op.destination.weight}`;
}
