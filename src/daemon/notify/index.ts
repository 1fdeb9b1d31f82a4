import type { Clock } from '../../base/clock.ts';
import type { Notify } from '../../model/instance.ts';
import type { RunProgram } from '../../model/program.ts';
import { runProgram } from '../programs/program.ts';
import { Fifo } from './fifo.ts';
import { HookRunner } from './hooks.ts';
import { post } from './http.ts';
import { type Errand, Lane } from './lane.ts';

/** An object that hooks are told of, in keepalived's words. */
export interface Changed {
  readonly kind: 'INSTANCE' | 'GROUP';
  readonly name: string;
  readonly state: 'MASTER' | 'BACKUP' | 'FAULT' | 'STOP';
  readonly priority: number;
  readonly notify: Notify;
  readonly why: string;
}

const HOOK_OF = { MASTER: 'master', BACKUP: 'backup', FAULT: 'fault', STOP: 'stop' } as const;

export interface NotifierParts {
  readonly clock: Clock;
  /** What went wrong with a hook. Nothing is ever thrown because of one. */
  readonly onProblem: (text: string) => void;
  /** Changes came so fast that one was not told. */
  readonly onDropped?: () => void;
  readonly run?: RunProgram;
}

/** Tells programs, servers and FIFOs of changes. Per object everything happens in the order of its changes, one program at a
 *  time; objects do not wait for each other, nor programs for HTTP. */
export class Notifier {
  readonly #clock: Clock;
  readonly #onProblem: (text: string) => void;
  readonly #onDropped: () => void;
  readonly #run: RunProgram;
  readonly #lanes = new Map<string, Lane>();
  readonly #fifos = new Map<string, Fifo>();
  readonly #hooks: HookRunner;
  readonly #abort = new AbortController();

  constructor({ clock, onProblem, onDropped = () => {}, run = runProgram }: NotifierParts) {
    this.#clock = clock;
    this.#onProblem = onProblem;
    this.#onDropped = onDropped;
    this.#run = run;
    this.#hooks = new HookRunner(run, onProblem);
  }

  /** Makes the FIFOs that are told from now on, so that readers find them, and closes the others. */
  sync(objects: readonly { readonly notify: Notify }[]): void {
    const wanted = new Set(objects.flatMap(({ notify: { fifo } }) => (fifo === null ? [] : [fifo])));
    for (const path of wanted) this.#fifo(path).open();
    for (const [path, fifo] of this.#fifos) {
      if (wanted.has(path)) continue;
      fifo.close();
      this.#fifos.delete(path);
    }
  }

  changed(object: Changed): void {
    if (this.#abort.signal.aborted) return;
    const { kind, name, state, priority, notify } = object;
    // A FIFO takes a line at once or not at all, so it need not wait for its turn.
    if (notify.fifo !== null) this.#fifo(notify.fifo).write(`${kind} "${name}" ${state} ${priority}\n`);
    const own = notify.on[HOOK_OF[state]];
    if (own) this.#enqueue(object, 'programs', own);
    if (notify.on.any) this.#enqueue(object, 'programs', [...notify.on.any, kind, name, state, String(priority)]);
    if (notify.http !== null) this.#post(object, notify.http);
  }

  /** Runs the object's hook for it after those that wait already. Ends with the hook, or when its time from now is up. */
  beforeRelease(object: Changed): Promise<void> {
    const { beforeRelease: command, timeoutMs } = object.notify;
    if (command === null || this.#abort.signal.aborted) return Promise.resolve();
    const until = this.#clock.now() + timeoutMs;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#abort.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#abort.signal.addEventListener('abort', done);
      const errand: Errand = {
        what: `${wordsFor(object)}: ${command[0]}`,
        run: async () => {
          const left = until - this.#clock.now();
          if (left > 0) await this.#execute(object, command, left);
          else this.#onProblem(`${wordsFor(object)}: ${command[0]} did not get its turn before the release`);
          done();
        },
      };
      this.#lane(object, 'programs').add(errand);
    });
  }

  /** Ends when everything that was to be told has been. */
  async drain(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.idle()));
  }

  /** What runs is ended, what waits is not begun. */
  stop(): void {
    this.#abort.abort();
    for (const lane of this.#lanes.values()) lane.clear();
    this.#hooks.stop();
    for (const fifo of this.#fifos.values()) fifo.close();
    this.#fifos.clear();
  }

  #enqueue(object: Changed, lane: string, command: readonly string[]): void {
    this.#lane(object, lane).add({
      what: `${command[0]} for ${object.state}`,
      run: () => this.#execute(object, command, object.notify.timeoutMs),
    });
  }

  #post(object: Changed, url: string): void {
    const { notify, ...body } = object;
    const at = new Date(this.#clock.wall()).toISOString();
    this.#lane(object, 'http').add({
      what: `${url} for ${object.state}`,
      run: async () => {
        const wrong = await post(url, { ...body, at }, notify.timeoutMs, this.#abort.signal);
        if (wrong !== null && !this.#abort.signal.aborted)
          this.#onProblem(`${wordsFor(object)}: POST to ${url} ${wrong}`);
      },
    });
  }

  #execute(object: Changed, command: readonly string[], timeoutMs: number): Promise<void> {
    const environment = {
      FAIRLEAD_KIND: object.kind,
      FAIRLEAD_INSTANCE: object.name,
      FAIRLEAD_STATE: object.state,
      FAIRLEAD_PRIORITY: String(object.priority),
      FAIRLEAD_WHY: object.why,
    };
    return this.#hooks.run({ words: wordsFor(object), command, user: object.notify.user, timeoutMs, environment });
  }

  #lane({ kind, name }: Changed, purpose: string): Lane {
    const key = `${kind} ${name} ${purpose}`;
    const known = this.#lanes.get(key);
    if (known) return known;
    const lane = new Lane((errand) => {
      this.#onDropped();
      this.#onProblem(`${kind} ${name}: too many changes wait; not run: ${errand.what}`);
    });
    this.#lanes.set(key, lane);
    return lane;
  }

  #fifo(path: string): Fifo {
    const known = this.#fifos.get(path);
    if (known) return known;
    const fifo = new Fifo(path, this.#run, this.#onProblem);
    this.#fifos.set(path, fifo);
    return fifo;
  }
}

const wordsFor = ({ kind, name, state }: Changed): string => `${kind} ${name} ${state}`;
