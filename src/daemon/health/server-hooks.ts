import type { Desired, DesiredServer, DesiredService, Hooks } from '../../model/desired.ts';
import { serverKey } from '../../model/health.ts';
import type { RunProgram } from '../../model/program.ts';
import { HookQueue } from '../notify/hooks.ts';
import type { Store } from '../store.ts';
import type { StatusChange } from './book.ts';

/** Thousands may change at once; to queue a hook costs some 10 µs. */
const QUEUED_IN_ONE_TURN = 200;

interface Hooked {
  readonly hooks: Hooks;
  readonly service: DesiredService;
  readonly server: DesiredServer;
}

interface Waiting {
  readonly hooked: Hooked;
  readonly change: StatusChange;
}

/** Runs the hooks of servers whose verdict has changed. */
export class ServerHooks {
  readonly #store: Store;
  readonly #queue: HookQueue;
  #indexed: Desired | undefined;
  /** By serverKey, those that have hooks. */
  #hooked: ReadonlyMap<string, Hooked> = new Map();
  #waiting: Waiting[] = [];
  #next: NodeJS.Immediate | undefined;

  constructor(store: Store, run?: RunProgram) {
    this.#store = store;
    this.#queue = new HookQueue('SERVER', {
      onProblem: (text) => store.tell('problem', text),
      onDropped: () => store.counts.dropped('hooks'),
      ...(run && { run }),
    });
  }

  changed(changes: readonly StatusChange[]): void {
    const { desired } = this.#store.get();
    if (desired !== this.#indexed) {
      this.#indexed = desired;
      this.#hooked = hookedServers(desired);
    }
    if (this.#hooked.size === 0) return;
    for (const change of changes) {
      const hooked = this.#hooked.get(change.key);
      if (hooked !== undefined && change.verdict.status !== 'unknown') this.#waiting.push({ hooked, change });
    }
    if (this.#waiting.length > 0) this.#next ??= setImmediate(() => this.#enqueue());
  }

  /** What waits is not begun, what runs is ended. */
  stop(): void {
    clearImmediate(this.#next);
    this.#queue.stop();
  }

  #enqueue(): void {
    for (const { hooked, change } of this.#waiting.splice(0, QUEUED_IN_ONE_TURN)) {
      const { key, verdict } = change;
      const state = verdict.status === 'up' ? 'UP' : 'DOWN';
      const more = environmentOf(hooked.service, hooked.server);
      this.#queue.changed(hooked.hooks, { name: key, state, why: verdict.why, more });
    }
    this.#next = this.#waiting.length > 0 ? setImmediate(() => this.#enqueue()) : undefined;
  }
}

function hookedServers({ services }: Desired): ReadonlyMap<string, Hooked> {
  const found = new Map<string, Hooked>();
  for (const service of services)
    for (const server of service.servers)
      if (server.notify) found.set(serverKey(service.name, server.name), { hooks: server.notify, service, server });
  return found;
}

const environmentOf = (service: DesiredService, server: DesiredServer): Readonly<Record<string, string>> => ({
  FAIRLEAD_SERVICE: service.name,
  FAIRLEAD_SERVER: server.name,
  FAIRLEAD_ADDRESS: server.address,
  FAIRLEAD_PORT: String(server.port ?? listenerPort(service) ?? ''),
});

/** Of the first listener that has one. */
const listenerPort = ({ listeners }: DesiredService): number | undefined =>
  listeners.flatMap(({ id }) => (id.kind === 'address' && id.port !== 0 ? [id.port] : []))[0];
