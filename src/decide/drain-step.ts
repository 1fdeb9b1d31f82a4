import type { ObservedDestination } from '../model/observed.ts';
import type { VirtualService } from '../model/service.ts';
import { fallbackBit, weightZeroRefuses } from './fallback-flag.ts';

/** Draining one destination by hand, decided without I/O: what stands against it, and what to do after each look. */

/** Why draining would hurt clients. */
export type DrainObstacle =
  | 'scheduler-refuses'
  | 'fallback-flag-missing'
  | 'templates-stay'
  | 'last-server'
  | 'destination-missing';

export const DRAIN_OBSTACLES: Readonly<Record<DrainObstacle, { readonly text: string; readonly advice: string }>> = {
  'scheduler-refuses': {
    text: 'the scheduler refuses the clients of a server at weight 0 and has no flag against that',
    advice: 'delete the destination at once, or use another scheduler',
  },
  'fallback-flag-missing': {
    text: 'without the fallback flag the clients of a server at weight 0 are refused',
    advice: 'set the flag on the service first (it keeps every other client where it is)',
  },
  'templates-stay': {
    text: 'expire_quiescent_template is 0, so persistent clients keep coming to a server at weight 0',
    advice: "set the sysctl to 1, or wait the service's persistence time",
  },
  'last-server': {
    text: 'no other server of the service takes connections, so new clients would be refused',
    advice: 'add a server first, or take the address away from this director',
  },
  'destination-missing': { text: 'the service has no such destination', advice: 'correct address and port' },
};

export interface DrainSubject {
  readonly service: VirtualService;
  readonly destinations: readonly ObservedDestination[];
  readonly destination: ObservedDestination | undefined;
  /** The sysctl expire_quiescent_template. */
  readonly templatesExpire: boolean;
}

/** The first thing that stands against draining, or null. */
export function drainObstacle(subject: DrainSubject): DrainObstacle | null {
  const { service, destination, destinations, templatesExpire } = subject;
  if (!destination) return 'destination-missing';
  if (weightZeroRefuses(service.scheduler)) return 'scheduler-refuses';
  const bit = fallbackBit(service.scheduler);
  if (bit !== 0 && (service.schedulerFlags & bit) === 0) return 'fallback-flag-missing';
  if (service.persistence && !templatesExpire) return 'templates-stay';
  return destinations.some((other) => other !== destination && other.weight > 0) ? null : 'last-server';
}

export interface DrainLook {
  readonly service: VirtualService;
  /** As it is now; undefined when somebody else deleted it. */
  readonly destination: ObservedDestination | undefined;
  readonly elapsedMs: number;
  readonly deadlineMs: number;
}

export type DrainStep =
  | { readonly kind: 'wait' }
  | { readonly kind: 'delete'; readonly because: 'idle' | 'deadline' }
  | { readonly kind: 'end'; readonly because: 'gone' | 'changed' };

/** What to do after a look. A weight that is no longer 0 was set by somebody else, who then knows better. */
export function drainStep({ service, destination, elapsedMs, deadlineMs }: DrainLook): DrainStep {
  if (!destination) return { kind: 'end', because: 'gone' };
  if (destination.weight !== 0) return { kind: 'end', because: 'changed' };
  if (openConnections(service, destination) === 0) return { kind: 'delete', because: 'idle' };
  return elapsedMs >= deadlineMs ? { kind: 'delete', because: 'deadline' } : { kind: 'wait' };
}

/** Connections that draining waits for. TCP and SCTP: the established ones; what has begun to close needs the server no
 *  more. UDP has no such state, all are "inactive" and last as long as the client sends, whatever the weight; and behind a
 *  firewall mark may be either. */
export function openConnections(service: VirtualService, destination: ObservedDestination): number {
  const { id } = service;
  const closes = id.kind === 'address' && id.protocol !== 'udp';
  return destination.activeConnections + (closes ? 0 : destination.inactiveConnections);
}
