import type { Conditions } from '../../decide/conditions.ts';
import type { QuorumState } from '../../health/quorum.ts';
import type { RunProgram } from '../../model/program.ts';
import { HookQueue } from '../notify/hooks.ts';
import type { Store } from '../store.ts';

/** Tells of panics and quorums that begin and end, and runs the hooks of a quorum: per service in order, one at a time. */
export class ConditionTeller {
  readonly #store: Store;
  readonly #queue: HookQueue;

  constructor(store: Store, run?: RunProgram) {
    this.#store = store;
    this.#queue = new HookQueue('SERVICE', {
      onProblem: (text) => store.tell('problem', text),
      onDropped: () => store.counts.dropped('hooks'),
      ...(run && { run }),
    });
  }

  changed(before: Conditions, after: Conditions): void {
    for (const [name, { panic, quorum }] of after) {
      const was = before.get(name);
      if (panic !== null && !was?.panic) this.#store.tell('problem', `${name}: all servers stay in service: ${panic}`);
      if (panic === null && was?.panic) this.#store.tell('health', `${name}: its checks are believed again`);
      if (quorum !== null && quorum.held !== null && quorum.held !== was?.quorum?.held) this.#quorum(name, quorum);
    }
  }

  /** What waits is not begun, what runs is ended. */
  stop(): void {
    this.#queue.stop();
  }

  #quorum(name: string, { held, why }: QuorumState): void {
    this.#store.tell('health', `${name}: the quorum is ${held ? 'there' : 'lost'}: ${why}`);
    const quorum = this.#store.get().desired.services.find((service) => service.name === name)?.quorum;
    if (quorum)
      this.#queue.changed(quorum, { name, state: held ? 'UP' : 'DOWN', why, more: { FAIRLEAD_SERVICE: name } });
  }
}
