import type { DesiredInstance, Tracker, TrackerState } from '../../model/instance.ts';
import { runProgram } from '../programs/program.ts';
import { trackFiles } from './file.ts';
import { trackInterfaces } from './interface.ts';
import { type Kind, type KindParts, NOT_YET, type Tell, type TrackerOf } from './kind.ts';
import { trackProcesses } from './process.ts';
import { trackReach } from './reach.ts';
import { trackScripts } from './script.ts';
import { ServiceBoard, trackServices } from './service.ts';

/** Every kind of tracker and what watches it: a new kind is its settings, its file and one row here. */
const KINDS: { readonly [K in Tracker['kind']]: (parts: KindParts) => Kind<K> } = {
  interface: trackInterfaces,
  process: trackProcesses,
  file: trackFiles,
  script: trackScripts,
  reach: trackReach,
  service: trackServices,
};

export interface Tracked {
  readonly tracker: Tracker;
  readonly state: TrackerState;
}

export type TrackersParts = Omit<KindParts, 'run' | 'proc' | 'services'> &
  Partial<Pick<KindParts, 'run' | 'proc'>> & {
    /** Something that an instance depends on changed, or the list of it did. */
    readonly onChange: (instance: string, states: readonly Tracked[]) => void;
  };

/** One thing that is watched, for all trackers that ask the same of it. */
interface Source {
  state: TrackerState;
  stop: () => void;
}

interface Dependent {
  readonly name: string;
  readonly trackers: readonly { readonly tracker: Tracker; readonly key: string }[];
  told: string;
}

/** Watches what instances depend on. What stays in a new configuration keeps its state and its rhythm. */
export class Trackers {
  readonly #onChange: TrackersParts['onChange'];
  readonly #board = new ServiceBoard();
  readonly #kinds: { readonly [K in Tracker['kind']]: Kind<K> };
  readonly #sources = new Map<string, Source>();
  #dependents: ReadonlyMap<string, Dependent> = new Map();
  /** In the middle of sync(): told at its end. */
  #quiet = false;

  constructor({ onChange, ...parts }: TrackersParts) {
    this.#onChange = onChange;
    const all: KindParts = { run: runProgram, proc: '/proc', ...parts, services: this.#board };
    this.#kinds = {
      interface: KINDS.interface(all),
      process: KINDS.process(all),
      file: KINDS.file(all),
      script: KINDS.script(all),
      reach: KINDS.reach(all),
      service: KINDS.service(all),
    };
  }

  sync(instances: readonly DesiredInstance[]): void {
    this.#quiet = true;
    const before = this.#dependents;
    this.#dependents = new Map(
      instances.map((instance) => {
        const trackers = trackersOf(instance).map((tracker) => ({ tracker, key: keyOf(tracker) }));
        return [instance.name, { name: instance.name, trackers, told: before.get(instance.name)?.told ?? '' }];
      }),
    );
    const wanted = new Map<string, Tracker>();
    for (const { trackers } of this.#dependents.values()) {
      for (const { tracker, key } of trackers) wanted.set(key, tracker);
    }
    // New ones first: what a kind shares among its trackers then lives on.
    for (const [key, tracker] of wanted) if (!this.#sources.has(key)) this.#begin(key, tracker);
    for (const [key, source] of this.#sources) {
      if (wanted.has(key)) continue;
      this.#sources.delete(key);
      source.stop();
    }
    this.#quiet = false;
    for (const dependent of this.#dependents.values()) this.#tell(dependent);
  }

  /** What the services are now, by name (decide/service-states.ts). */
  serviceStates(states: ReadonlyMap<string, TrackerState>): void {
    this.#board.set(states);
  }

  states(instance: string): readonly Tracked[] {
    return (this.#dependents.get(instance)?.trackers ?? []).map(({ tracker, key }) => ({
      tracker,
      state: this.#sources.get(key)?.state ?? NOT_YET,
    }));
  }

  stop(): void {
    for (const source of this.#sources.values()) source.stop();
    this.#sources.clear();
    this.#dependents = new Map();
  }

  #begin(key: string, tracker: Tracker): void {
    const source: Source = { state: NOT_YET, stop: () => {} };
    this.#sources.set(key, source);
    source.stop = this.#watch(tracker.kind, tracker, (state) => {
      source.state = state;
      if (this.#quiet || this.#sources.get(key) !== source) return;
      for (const dependent of this.#dependents.values()) {
        if (dependent.trackers.some((one) => one.key === key)) this.#tell(dependent);
      }
    });
  }

  #watch<K extends Tracker['kind']>(kind: K, tracker: Tracker, tell: Tell): () => void {
    return this.#kinds[kind].watch(tracker as TrackerOf<K>, tell);
  }

  #tell(dependent: Dependent): void {
    const states = this.states(dependent.name);
    const text = JSON.stringify(states);
    if (text === dependent.told) return;
    dependent.told = text;
    this.#onChange(dependent.name, states);
  }
}

/** Its own interface being down is a fault of every instance that does not say otherwise. */
function trackersOf({ engine, track, tracksOwnInterface }: DesiredInstance): readonly Tracker[] {
  if (!tracksOwnInterface) return track;
  const name = engine.wire.interface;
  const own: Tracker = { kind: 'interface', name: `interface ${name}`, interface: name, weight: 0, reverse: false };
  return [own, ...track.filter((tracker) => tracker.weight !== 0 || tracker.reverse || keyOf(tracker) !== keyOf(own))];
}

/** What is asked of the world, whatever each instance makes of the answer. */
function keyOf({ name: _name, weight: _weight, reverse: _reverse, ...question }: Tracker): string {
  return JSON.stringify(Object.entries(question).sort());
}
