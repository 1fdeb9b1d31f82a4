import type { TargetDestination, TargetService } from '../model/desired.ts';
import { schedulerFlagWords } from '../model/schedulers.ts';
import { type Destination, destinationKey, serviceKey, type VirtualService } from '../model/service.ts';

/** `web: 10.0.0.12:80 is down: ...` or, when the server has a name, `web: r2 (10.0.0.12:80) is down: ...`. */
export function serverIs(service: string, entry: TargetDestination): string {
  const { server, destination } = entry;
  const key = destinationKey(destination);
  const isPlain = server === key || server === destination.address;
  return `${service}: ${isPlain ? key : `${server} (${key})`} is ${entry.why}`;
}

export const serviceIs = (entry: TargetService, what: string): string =>
  `${entry.name}: ${serviceKey(entry.service.id)} ${what}`;

/** `scheduler wlc -> mh, persistence none -> 300 s`; empty when nothing differs. */
export function serviceDifference(before: VirtualService, after: VirtualService): string {
  return difference(serviceSettings(before), serviceSettings(after));
}

/** `weight 1 -> 2`; empty when nothing differs. */
export function destinationDifference(before: Destination, after: Destination): string {
  return difference(destinationSettings(before), destinationSettings(after));
}

export const destinationInWords = (destination: Destination): string =>
  Object.entries(destinationSettings(destination))
    .filter(([name, value]) => name === 'weight' || name === 'forward' || value !== 'none')
    .map(([name, value]) => (name === 'forward' ? value : `${name} ${value}`))
    .join(', ');

export const serviceInWords = (service: VirtualService): string =>
  Object.entries(serviceSettings(service))
    .filter(([name, value]) => name === 'scheduler' || (value !== 'none' && value !== 'no' && name !== 'mask'))
    .map(([name, value]) => (name === 'scheduler' ? value : `${name} ${value}`))
    .join(', ');

function serviceSettings(service: VirtualService): Record<string, string> {
  const { persistence } = service;
  return {
    scheduler: service.scheduler,
    flags: schedulerFlagWords(service.scheduler, service.schedulerFlags).join('+') || 'none',
    'one-packet': service.onePacket ? 'yes' : 'no',
    persistence: persistence ? `${persistence.timeoutS} s` : 'none',
    engine: service.engine ?? 'none',
    mask: service.netmask,
  };
}

function destinationSettings(destination: Destination): Record<string, string> {
  const { tunnel } = destination;
  return {
    weight: String(destination.weight),
    forward: destination.forward,
    upper: destination.upperThreshold === 0 ? 'none' : String(destination.upperThreshold),
    lower: destination.lowerThreshold === 0 ? 'none' : String(destination.lowerThreshold),
    tunnel: tunnel ? [tunnel.type, tunnel.port || null, tunnel.checksum].filter((part) => part).join(' ') : 'none',
  };
}

function difference(before: Record<string, string>, after: Record<string, string>): string {
  return Object.entries(after)
    .filter(([name, value]) => before[name] !== value)
    .map(([name, value]) => `${name} ${before[name]} -> ${value}`)
    .join(', ');
}

/** `1 destination`, `2 destinations`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
