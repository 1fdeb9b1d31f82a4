import type { TrackerState } from '../../model/instance.ts';
import { found, type Kind, type KindParts, type Tell, unknown } from './kind.ts';

/** Where the daemon pins up what its services are. */
export class ServiceBoard {
  readonly #watched = new Map<Tell, string>();
  #states: ReadonlyMap<string, TrackerState> | null = null;

  /** States of all services, by name. */
  set(states: ReadonlyMap<string, TrackerState>): void {
    this.#states = states;
    for (const [tell, name] of this.#watched) tell(this.#stateOf(name));
  }

  watch(name: string, tell: Tell): () => void {
    this.#watched.set(tell, name);
    tell(this.#stateOf(name));
    return () => this.#watched.delete(tell);
  }

  #stateOf(name: string): TrackerState {
    if (this.#states === null) return unknown('its servers are not checked yet');
    return this.#states.get(name) ?? found(false, 'there is no such service');
  }
}

/** Up: the service has a server that takes connections. */
export const trackServices = ({ services }: KindParts): Kind<'service'> => ({
  watch: ({ service }, tell) => services.watch(service, tell),
});
