import type { Conditions } from '../../decide/conditions.ts';
import type { QuorumState } from '../../health/quorum.ts';
import type { Quorum } from '../../model/desired.ts';
import type { Run, RunProgram } from '../../model/program.ts';
import { Lane } from '../notify/lane.ts';
import { runProgram } from '../programs/program.ts';
import type { Store } from '../store.ts';

/** Tells of panics and quorums that begin and end, and runs the hooks of a quorum: per service in order, one at a time. */
export class ConditionTeller {
  readonly #store: Store;
  readonly #run: RunProgram;
  readonly #lanes = new Map<string, Lane>();
  readonly #runs = new Set<Run>();

  constructor(store: Store, run: RunProgram = runProgram) {
    this.#store = store;
    this.#run = run;
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
    for (const lane of this.#lanes.values()) lane.clear();
    for (const run of this.#runs) run.stop();
  }

  #quorum(name: string, { held, why }: QuorumState): void {
    this.#store.tell('health', `${name}: the quorum is ${held ? 'there' : 'lost'}: ${why}`);
    const quorum = this.#store.get().desired.services.find((service) => service.name === name)?.quorum;
    const command = held ? quorum?.up : quorum?.down;
    if (!quorum || !command) return;
    const state = held ? 'UP' : 'DOWN';
    this.#lane(name).add({
      what: `${command[0]} for ${state}`,
      run: () => this.#hook(name, quorum, command, { FAIRLEAD_STATE: state, FAIRLEAD_WHY: why }),
    });
  }

  async #hook(
    name: string,
    { user, timeoutMs }: Quorum,
    command: readonly string[],
    told: Readonly<Record<string, string>>,
  ): Promise<void> {
    const environment = { FAIRLEAD_KIND: 'SERVICE', FAIRLEAD_SERVICE: name, ...told };
    const run = this.#run({ command, user, timeoutMs, environment, hear: 'errors' });
    this.#runs.add(run);
    const { ok, outcome, text } = await run.ending;
    if (!ok && outcome !== 'stopped') this.#store.tell('problem', `service ${name}: ${command[0]} ${text}`);
    await run.over;
    this.#runs.delete(run);
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane = new Lane(({ what }) =>
      this.#store.tell('problem', `service ${name}: too many changes wait; not run: ${what}`),
    );
    this.#lanes.set(name, lane);
    return lane;
  }
}
