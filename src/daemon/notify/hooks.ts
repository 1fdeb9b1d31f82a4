import type { Hooks } from '../../model/desired.ts';
import type { Run, RunProgram } from '../../model/program.ts';
import { runProgram } from '../programs/program.ts';
import { Lane } from './lane.ts';
import { Turns } from './turns.ts';

/** A program that is told of a change. */
export interface Hook {
  /** Of whom and of what, for people: `service web`. */
  readonly words: string;
  readonly command: readonly string[];
  readonly user: string | null;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs hooks, and tells which of them failed. */
export class HookRunner {
  readonly #run: RunProgram;
  readonly #onProblem: (text: string) => void;
  readonly #runs = new Set<Run>();

  constructor(run: RunProgram, onProblem: (text: string) => void) {
    this.#run = run;
    this.#onProblem = onProblem;
  }

  /** Ends when the program is really gone. Never rejects. */
  async run({ words, ...program }: Hook): Promise<void> {
    const run = this.#run({ ...program, hear: 'errors' });
    this.#runs.add(run);
    const { ok, outcome, text } = await run.ending;
    if (!ok && outcome !== 'stopped') this.#onProblem(`${words}: ${program.command[0]} ${text}`);
    await run.over;
    this.#runs.delete(run);
  }

  /** Ends what runs. */
  stop(): void {
    for (const run of this.#runs) run.stop();
  }
}

/** What differs between those that go up and down. */
const KINDS = {
  /** The hook of a quorum may move an address, and must not wait for others that hang. */
  SERVICE: { word: 'service', atOnce: 64, waiting: 100 },
  /** Half of a thousand may die at once, and each hook of theirs has its turn; one that comes and goes meanwhile takes no more
   *  than this from the others. */
  SERVER: { word: 'server', atOnce: 16, waiting: 10 },
} as const;

/** Troubles that are told one by one until the queue is empty; the others are counted. */
const TOLD_ALONE = 20;
/** After so many more their number is told although the queue is not empty. */
const TOLD_AT_LAST = 1000;

export interface UpOrDown {
  /** `web`, `web/web1`. */
  readonly name: string;
  readonly state: 'UP' | 'DOWN';
  readonly why: string;
  /** What is in the environment beside these. */
  readonly more: Readonly<Record<string, string>>;
}

export interface HookQueueParts {
  readonly onProblem: (text: string) => void;
  /** Changes came so fast that a hook was not run. */
  readonly onDropped?: () => void;
  readonly run?: RunProgram;
}

/** The hooks of all services, or of all servers: for each of them one at a time and in the order of its changes, over all of
 *  them so many at once. Too many that wait for one object are dropped, its oldest first. */
export class HookQueue {
  readonly #kind: keyof typeof KINDS;
  readonly #runner: HookRunner;
  readonly #turns: Turns;
  readonly #lanes = new Map<string, Lane>();
  readonly #onProblem: (text: string) => void;
  readonly #onDropped: () => void;
  #troubles = 0;
  #stopped = false;

  constructor(kind: keyof typeof KINDS, { onProblem, onDropped = () => {}, run = runProgram }: HookQueueParts) {
    this.#kind = kind;
    this.#onProblem = onProblem;
    this.#onDropped = onDropped;
    this.#runner = new HookRunner(run, (text) => this.#trouble(text));
    this.#turns = new Turns(KINDS[kind].atOnce);
  }

  changed(hooks: Hooks, { name, state, why, more }: UpOrDown): void {
    const command = state === 'UP' ? hooks.up : hooks.down;
    if (command === null || this.#stopped) return;
    const { user, timeoutMs } = hooks;
    const environment = { FAIRLEAD_KIND: this.#kind, ...more, FAIRLEAD_STATE: state, FAIRLEAD_WHY: why };
    const hook = { words: `${KINDS[this.#kind].word} ${name}`, command, user, timeoutMs, environment };
    const lane = this.#lane(name);
    lane.add({
      what: `${command[0]} for ${state}`,
      run: async () => {
        await this.#turns.take(() => this.#runner.run(hook));
        if (lane.waiting === 0) this.#lanes.delete(name);
        if (this.#lanes.size === 0) this.#sumUp();
      },
    });
  }

  /** What waits is not begun, what runs is ended, what comes is not heard. */
  stop(): void {
    this.#stopped = true;
    this.#turns.clear();
    for (const lane of this.#lanes.values()) lane.clear();
    this.#runner.stop();
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known) return known;
    const { word, waiting } = KINDS[this.#kind];
    const lane = new Lane(({ what }) => {
      this.#onDropped();
      this.#trouble(`${word} ${name}: too many changes wait; not run: ${what}`);
    }, waiting);
    this.#lanes.set(name, lane);
    return lane;
  }

  #trouble(text: string): void {
    this.#troubles++;
    if (this.#troubles <= TOLD_ALONE) this.#onProblem(text);
    if (this.#troubles === TOLD_ALONE + TOLD_AT_LAST) this.#sumUp();
  }

  #sumUp(): void {
    const more = this.#troubles - TOLD_ALONE;
    this.#troubles = 0;
    const { word } = KINDS[this.#kind];
    if (more > 0) this.#onProblem(`hooks of ${word}s: ${more} more failed or were not run`);
  }
}
