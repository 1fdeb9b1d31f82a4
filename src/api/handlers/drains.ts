import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Director } from '../../daemon/lifecycle.ts';
import { DRAIN_OBSTACLES, drainObstacle, openConnections } from '../../decide/drain-step.ts';
import { overrideId, serverTarget } from '../../model/override.ts';
import { type Destination, destinationKey, serviceKey, type VirtualService } from '../../model/service.ts';
import type { Operation } from '../operations.ts';

const LOOK_MS = 1000;
/** Those that have ended; what runs is kept however many there are. */
const KEPT_ENDED = 100;

/** An operation, and where its server's connections are: `SERVICE DESTINATION` as the kernel knows them. They stay the same when
 *  the server leaves the file. */
interface Watched {
  readonly operation: Operation;
  readonly places: ReadonlySet<string>;
}

/** Operations that watch the open connections of a drained server end. The drain itself is an override and does not hang on
 *  this: an operation is only eyes. */
export class Drains {
  readonly #director: Director;
  readonly #clock: Clock;
  #watched: readonly Watched[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(director: Director, clock: Clock) {
    this.#director = director;
    this.#clock = clock;
  }

  /** Newest first. */
  list(): readonly Operation[] {
    return this.#watched.map(({ operation }) => operation);
  }

  get(id: string): Operation | undefined {
    return this.list().find((operation) => operation.id === id);
  }

  /** The operation that watches this drain: a running one, or a new one. */
  watch(service: string, server: string, startedBy: string): Operation {
    const running = this.list().find(
      (each) => each.state === 'running' && each.service === service && each.server === server,
    );
    if (running) return running;
    const places = this.#placesOf(service, server);
    const open = sumOf(places, this.#openNow());
    const operation: Operation = {
      id: randomUUID(),
      kind: 'drain',
      service,
      server,
      ...stateOf(open),
      warnings: this.#warnings(places),
      openConnections: open,
      initialConnections: open,
      startedAtMs: this.#clock.wall(),
      endedAtMs: open === 0 ? this.#clock.wall() : null,
      startedBy,
    };
    let ended = 0;
    this.#watched = [{ operation, places }, ...this.#watched].filter(
      (each) => each.operation.state === 'running' || ++ended <= KEPT_ENDED,
    );
    if (open > 0) this.#schedule();
    return operation;
  }

  /** Ends what watches this server: it serves again. */
  cancel(service: string, server: string, by: string): void {
    this.#change(({ operation: each }) =>
      each.state === 'running' && each.service === service && each.server === server
        ? { ...each, state: 'cancelled', why: `cancelled by ${by}`, endedAtMs: this.#clock.wall() }
        : each,
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.#look(), LOOK_MS).unref();
  }

  async #look(): Promise<void> {
    await this.#director.reconciler.observe({ stats: false }).catch(() => {});
    this.#timer = undefined;
    const now = this.#openNow();
    this.#change(({ operation: each, places }) => {
      if (each.state !== 'running') return each;
      const open = sumOf(places, now);
      if (!this.#isDrained(each))
        return { ...each, state: 'cancelled', why: 'the drain was taken back', endedAtMs: this.#clock.wall() };
      return {
        ...each,
        ...stateOf(open),
        openConnections: open,
        endedAtMs: open === 0 ? this.#clock.wall() : null,
      };
    });
    if (this.list().some(({ state }) => state === 'running')) this.#schedule();
  }

  #change(change: (watched: Watched) => Operation): void {
    this.#watched = this.#watched.map((each) => ({ ...each, operation: change(each) }));
  }

  #isDrained({ service, server }: Operation): boolean {
    const { rows } = this.#director.store.get().overrides;
    return rows.has(overrideId({ kind: 'drain', target: serverTarget(service, server) }));
  }

  #placesOf(service: string, server: string): Set<string> {
    const places = new Set<string>();
    for (const listener of this.#director.store.get().target?.services ?? []) {
      if (listener.name !== service) continue;
      for (const { destination, server: name } of listener.destinations)
        if (name === server) places.add(placeOf(listener.service, destination));
    }
    return places;
  }

  /** What stands against draining: of the kernel as it is with the drain in it. */
  #warnings(places: ReadonlySet<string>): string[] {
    const { services = [], sysctls = {} } = this.#director.store.get().dump ?? {};
    const templatesExpire = sysctls.expire_quiescent_template !== '0';
    const found = services.flatMap(({ service, destinations }) =>
      destinations.flatMap((destination) => {
        if (!places.has(placeOf(service, destination))) return [];
        const obstacle = drainObstacle({ service, destinations, destination, templatesExpire });
        return obstacle === null ? [] : [`${DRAIN_OBSTACLES[obstacle].text}: ${DRAIN_OBSTACLES[obstacle].advice}`];
      }),
    );
    return [...new Set(found)];
  }

  /** Open connections by place, as the kernel was seen last. */
  #openNow(): ReadonlyMap<string, number> {
    const services = this.#director.store.get().dump?.services ?? [];
    return new Map(
      services.flatMap(({ service, destinations }) =>
        destinations.map((each) => [placeOf(service, each), openConnections(service, each)] as const),
      ),
    );
  }
}

const sumOf = (places: ReadonlySet<string>, open: ReadonlyMap<string, number>): number =>
  [...places].reduce((sum, place) => sum + (open.get(place) ?? 0), 0);

const placeOf = ({ id }: VirtualService, destination: Pick<Destination, 'address' | 'port'>): string =>
  `${serviceKey(id)} ${destinationKey(destination)}`;

const stateOf = (open: number): Pick<Operation, 'state' | 'why'> =>
  open === 0
    ? { state: 'done', why: 'no connection is open any more' }
    : { state: 'running', why: `${open} connections are still open` };
