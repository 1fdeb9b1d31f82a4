import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Director } from '../../daemon/lifecycle.ts';
import { openConnections } from '../../decide/drain-step.ts';
import { overrideId, serverTarget } from '../../model/override.ts';
import { serviceKey } from '../../model/service.ts';
import type { Operation } from '../operations.ts';

const LOOK_MS = 1000;
const KEPT = 100;

/** Operations that watch the open connections of a drained server end. The drain itself is an override and does not hang on
 *  this: an operation is only eyes. */
export class Drains {
  readonly #director: Director;
  readonly #clock: Clock;
  #operations: Operation[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(director: Director, clock: Clock) {
    this.#director = director;
    this.#clock = clock;
  }

  /** Newest first. */
  list(): readonly Operation[] {
    return this.#operations;
  }

  get(id: string): Operation | undefined {
    return this.#operations.find((operation) => operation.id === id);
  }

  /** The operation that watches this drain: a running one, or a new one. */
  watch(service: string, server: string, startedBy: string): Operation {
    const running = this.#operations.find(
      (each) => each.state === 'running' && each.service === service && each.server === server,
    );
    if (running) return running;
    const open = this.#open(service, server);
    const operation: Operation = {
      id: randomUUID(),
      kind: 'drain',
      service,
      server,
      ...stateOf(open),
      openConnections: open,
      initialConnections: open,
      startedAtMs: this.#clock.wall(),
      endedAtMs: open === 0 ? this.#clock.wall() : null,
      startedBy,
    };
    this.#operations = [operation, ...this.#operations].slice(0, KEPT);
    if (open > 0) this.#schedule();
    return operation;
  }

  /** Ends what watches this server: it serves again. */
  cancel(service: string, server: string, by: string): void {
    this.#change((each) =>
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
    this.#change((each) => {
      if (each.state !== 'running') return each;
      const open = this.#open(each.service, each.server);
      if (!this.#isDrained(each))
        return { ...each, state: 'cancelled', why: 'the drain was taken back', endedAtMs: this.#clock.wall() };
      return {
        ...each,
        ...stateOf(open),
        openConnections: open,
        endedAtMs: open === 0 ? this.#clock.wall() : null,
      };
    });
    if (this.#operations.some(({ state }) => state === 'running')) this.#schedule();
  }

  #change(change: (operation: Operation) => Operation): void {
    this.#operations = this.#operations.map(change);
  }

  #isDrained({ service, server }: Operation): boolean {
    const { rows } = this.#director.store.get().overrides;
    return rows.has(overrideId({ kind: 'drain', target: serverTarget(service, server) }));
  }

  #open(service: string, server: string): number {
    const { dump, target } = this.#director.store.get();
    const observed = new Map((dump?.services ?? []).map((each) => [serviceKey(each.service.id), each]));
    let open = 0;
    for (const listener of target?.services ?? []) {
      if (listener.name !== service) continue;
      const present = observed.get(serviceKey(listener.service.id));
      for (const { destination, server: name } of listener.destinations) {
        if (name !== server) continue;
        const found = present?.destinations.find(
          (each) => each.address === destination.address && each.port === destination.port,
        );
        if (found) open += openConnections(listener.service, found);
      }
    }
    return open;
  }
}

const stateOf = (open: number): Pick<Operation, 'state' | 'why'> =>
  open === 0
    ? { state: 'done', why: 'no connection is open any more' }
    : { state: 'running', why: `${open} connections are still open` };
