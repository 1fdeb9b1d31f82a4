import { schedulerRow } from '../model/schedulers.ts';
import type { Destination, VirtualService } from '../model/service.ts';

/** sh and mh refuse the clients of a server that is in the list with weight 0, unless their fallback flag is set
 *  (ip_vs_mh.c, ip_vs_mh_get_fallback). Draining must cost no client, so the flag is on while such a server is listed. */
export function withFallbackFlag(service: VirtualService, destinations: readonly Destination[]): VirtualService {
  const bit = fallbackBit(service.scheduler);
  if (bit === 0 || destinations.every((d) => d.weight > 0)) return service;
  return { ...service, schedulerFlags: service.schedulerFlags | bit };
}

export const fallbackBit = (scheduler: string): number => schedulerRow(scheduler)?.flags.fallback ?? 0;

/** Schedulers that refuse the clients of a server at weight 0 and know no flag against it (dh). */
export const weightZeroRefuses = (scheduler: string): boolean =>
  schedulerRow(scheduler)?.orderMatters === true && fallbackBit(scheduler) === 0;
