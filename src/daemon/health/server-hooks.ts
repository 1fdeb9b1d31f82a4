import type { Desired, DesiredServer, DesiredService, Hooks } from '../../model/desired.ts';
import { serverKey } from '../../model/health.ts';
import type { RunProgram } from '../../model/program.ts';
import { HookQueue } from '../notify/hooks.ts';
import type { Store } from '../store.ts';
import type { StatusChange } from './book.ts';

interface Hooked {
  readonly hooks: Hooks;
  /** What does not change with the server's health. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs the hooks of servers whose verdict has changed. */
export class ServerHooks {
  readonly #store: Store;
  readonly #queue: HookQueue;
  #indexed: Desired | undefined;
  /** By serverKey, those that have hooks. */
  #hooked: ReadonlyMap<string, Hooked> = new Map();

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
    for (const { key, verdict } of changes) {
      const known = this.#hooked.get(key);
      if (known === undefined || verdict.status === 'unknown') continue;
      const state = verdict.status === 'up' ? 'UP' : 'DOWN';
      this.#queue.changed(known.hooks, { name: key, state, why: verdict.why, more: known.environment });
    }
  }

  /** What waits is not begun, what runs is ended. */
  stop(): void {
    this.#queue.stop();
  }
}

function hookedServers({ services }: Desired): ReadonlyMap<string, Hooked> {
  const found = new Map<string, Hooked>();
  for (const service of services)
    for (const server of service.servers)
      if (server.notify)
        found.set(serverKey(service.name, server.name), {
          hooks: server.notify,
          environment: environmentOf(service, server),
        });
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
