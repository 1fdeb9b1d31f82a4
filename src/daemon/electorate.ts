import { readFileSync } from 'node:fs';
import { type FairleadError, failure } from '../base/errors.ts';
import type { Desired } from '../model/desired.ts';
import type { DesiredInstance, Tracker, TrackerState } from '../model/instance.ts';
import type { Tracked } from '../vrrp/priority.ts';
import type { Electable } from './election-loop.ts';

/** What the election is told of instances and their trackers. */

export function electableOf({ name, election, engine, tracksOwnInterface, secretFiles }: DesiredInstance): Electable {
  const { hmac } = engine.wire;
  if (hmac === null || secretFiles.size === 0) return { name, election, engine, tracksOwnInterface };
  const keys = hmac.keys.map((key) => {
    const file = secretFiles.get(key.id);
    return file === undefined ? key : { ...key, secret: readSecret(file) };
  });
  return {
    name,
    election,
    engine: { ...engine, wire: { ...engine.wire, hmac: { ...hmac, keys } } },
    tracksOwnInterface,
  };
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw failure('config-unreadable', { file, reason: String(error) }, error);
  }
}

/** A file's number moves the priority by itself: as if it were a weight, of a thing that is up or down. */
export function trackedOf({ tracker, state }: { readonly tracker: Tracker; readonly state: TrackerState }): Tracked {
  const { name, weight, reverse } = tracker;
  if (tracker.kind !== 'file' || state.state === 'unknown') return { name, weight, reverse, ...state };
  if (weight === 0) return { name, weight, reverse, state: state.value === 0 ? 'up' : 'down', why: state.why };
  const moved = state.value * weight * (reverse ? -1 : 1);
  return { name, weight: moved, state: moved > 0 ? 'up' : moved < 0 ? 'down' : 'unknown', why: state.why };
}

/** Secrets that cannot be read, before anything is changed because of them. */
export const secretProblems = ({ instances }: Desired): FairleadError[] =>
  instances.flatMap(({ secretFiles }) =>
    [...secretFiles.values()].flatMap((file) => {
      try {
        readSecret(file);
        return [];
      } catch (error) {
        return [error as FairleadError];
      }
    }),
  );
