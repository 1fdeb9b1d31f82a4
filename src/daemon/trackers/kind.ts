import type { Clock, Random } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Tracker, TrackerState } from '../../model/instance.ts';
import type { ExitsPort, NetPort, ProberPort } from '../../model/ports.ts';
import type { RunProgram } from '../../model/program.ts';
import type { ServiceBoard } from './service.ts';

export type TrackerOf<K extends Tracker['kind']> = Extract<Tracker, { kind: K }>;

/** Takes what a tracker finds, as often as it likes; equal states in a row are one. */
export type Tell = (state: TrackerState) => void;

/** One kind of tracker, for all trackers of the kind: what they share is in here. */
export interface Kind<K extends Tracker['kind']> {
  /** Watches until the returned function is called. What nobody told yet is unknown. */
  watch(tracker: TrackerOf<K>, tell: Tell): () => void;
}

export interface KindParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly net: NetPort;
  readonly prober: ProberPort;
  readonly openExits: (onExit: (pid: number) => void) => ExitsPort;
  readonly run: RunProgram;
  /** Where processes are listed: /proc. */
  readonly proc: string;
  readonly services: ServiceBoard;
}

export const NOT_YET: TrackerState = { state: 'unknown', value: 0, why: 'not looked yet' };

export const unknown = (why: string): TrackerState => ({ state: 'unknown', value: 0, why });

export const found = (up: boolean, why: string): TrackerState =>
  up ? { state: 'up', value: 1, why } : { state: 'down', value: 0, why };
