import type { ObservedService } from '../model/observed.ts';
import { serviceKey } from '../model/service.ts';

/** Destinations between two yields. */
const STRETCH = 64;

/** Whether two dumps name the same services and destinations in the same order; yields every now and then, for inTurns(). */
export function* sameNames(
  left: readonly ObservedService[],
  right: readonly ObservedService[],
): Generator<void, boolean> {
  if (left.length !== right.length) return false;
  for (const [i, { service, destinations }] of left.entries()) {
    const other = right[i] as ObservedService;
    if (serviceKey(service.id) !== serviceKey(other.service.id)) return false;
    if (destinations.length !== other.destinations.length) return false;
    for (const [d, { address, port }] of destinations.entries()) {
      const same = other.destinations[d];
      if (address !== same?.address || port !== same.port) return false;
      if (d % STRETCH === STRETCH - 1) yield;
    }
    yield;
  }
  return true;
}
