import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Conditions } from '../decide/conditions.ts';
import { needsIpvs } from '../decide/desire.ts';
import { type LingerState, nothingLingers } from '../decide/drain.ts';
import { type Judgement, judgedSteps } from '../decide/judgement.ts';
import { plan } from '../decide/plan.ts';
import { type Owned, ownedAfter, ownedDuring, type Policy } from '../decide/policy.ts';
import { inTurns, turn } from '../kernel/turns.ts';
import type { Target } from '../model/desired.ts';
import type { KernelDump } from '../model/observed.ts';
import type { Op, OpFailure, OpResult, Plan } from '../model/op.ts';
import { applyOps, type KernelPorts, readKernel } from './apply.ts';
import type { StateFile } from './state-file.ts';
import type { Store } from './store.ts';

/** What a pass did, and how soon the next is due by itself. */
export interface PassResult {
  readonly plan: Plan;
  readonly results: readonly OpResult[];
  readonly wakeMs: number;
}

const RETRY_MS = [200, 500, 1000, 2000, 5000] as const;

/** The one line through the house: observe, gate, plan, apply. Everything that wants a change triggers it and waits. */
export class Reconciler {
  readonly #ports: KernelPorts;
  readonly #store: Store;
  readonly #state: StateFile;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onTarget: (target: Target) => void;
  readonly #onConditions: (before: Conditions, after: Conditions) => void;
  #owned: Owned;
  #lingering: LingerState = nothingLingers;
  #running: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #failedPasses = 0;
  #stopped = false;

  constructor(parts: {
    ports: KernelPorts;
    store: Store;
    state: StateFile;
    owned: Owned;
    clock: Clock;
    log: Log;
    onTarget?: (target: Target) => void;
    onConditions?: (before: Conditions, after: Conditions) => void;
  }) {
    this.#ports = parts.ports;
    this.#store = parts.store;
    this.#state = parts.state;
    this.#owned = parts.owned;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#onTarget = parts.onTarget ?? (() => {});
    this.#onConditions = parts.onConditions ?? (() => {});
  }

  get policy(): Policy {
    const exclusive = this.#store.get().config.director.ipvs === 'exclusive';
    const { services: owned, addresses: ownedAddresses, daemons: ownedDaemons } = this.#owned;
    return { owned, ownedAddresses, ownedDaemons, exclusive };
  }

  /** What a pass that began now would go by. */
  get judgement(): Judgement {
    const { verdicts, roles, conditions } = this.#store.get();
    return { now: this.#clock.now(), verdicts, roles, conditions, lingering: this.#lingering };
  }

  /** Asks for a pass. Calls that come while one runs are answered by one more pass after it. */
  trigger(): void {
    void this.settle();
  }

  /** A pass that saw everything known at the time of the call. */
  async settle(): Promise<void> {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      await this.#running;
      if (this.#again) await this.settle();
      return;
    }
    this.#running = this.#passes().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** The pass of a start, told whole to the caller. */
  first(): Promise<PassResult> {
    const pass = this.#pass();
    this.#running = pass.then(
      () => {},
      () => {},
    );
    return pass.finally(() => {
      this.#running = null;
    });
  }

  /** Ends after the running pass. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #passes(): Promise<void> {
    clearTimeout(this.#timer);
    let wakeMs = Number.POSITIVE_INFINITY;
    do {
      this.#again = false;
      wakeMs = await this.#guardedPass();
    } while (this.#again && !this.#stopped);
    if (this.#stopped) return;
    const { resync } = this.#store.get().config.director;
    this.#timer = setTimeout(() => this.trigger(), Math.min(wakeMs, resync));
  }

  async #guardedPass(): Promise<number> {
    try {
      const { results, wakeMs } = await this.#pass();
      const failures = results.flatMap((result) => (result.failure ? [result.failure] : []));
      this.#report(failures);
      return failures.length > 0 ? this.#retryDelay() : wakeMs;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#report([{ code: 'kernel', errno: 0, operation: 'observe', text }]);
      return this.#retryDelay();
    }
  }

  async #pass(): Promise<PassResult> {
    const dump = await this.observe({ stats: false });
    const { desired, conditions: before } = this.#store.get();
    const { judgement } = this;
    const { now } = judgement;
    const { target, conditions, lingering, wakeAtMs } = await inTurns(judgedSteps(desired, judgement, dump));
    this.#lingering = lingering;
    await turn();
    const change = plan(target, dump, this.policy);
    this.#store.counts.planSeconds.observe((this.#clock.now() - now) / 1000);
    this.#store.set({ target, notes: change.notes, conditions });
    this.#onConditions(before, conditions);
    this.#onTarget(target);
    this.#remember(ownedDuring(target, this.policy, change));
    const results = change.ops.length > 0 ? await this.#apply(change) : [];
    if (results.every((result) => !result.failure)) this.#remember(ownedAfter(target, this.policy, change));
    return {
      plan: change,
      results,
      wakeMs: (wakeAtMs ?? Number.POSITIVE_INFINITY) - now,
    };
  }

  /** Reads the kernel into the store. */
  async observe(options: { stats: boolean }): Promise<KernelDump> {
    const ipvs = needsIpvs(this.#store.get().desired) || this.#owned.services.size + this.#owned.daemons.size > 0;
    const { desired, dump: before } = this.#store.get();
    const wanted = desired.instances.some(({ routes, rules }) => routes.length + rules.length > 0);
    // Those of an earlier life, or of a file before this one, are swept.
    const routing = wanted || before === null || before.routes.length + before.rules.length > 0;
    const began = this.#clock.now();
    const dump = await readKernel(this.#ports, { ...options, ipvs, routing });
    const now = this.#clock.now();
    this.#store.counts.observeSeconds.observe((now - began) / 1000);
    this.#store.set({ dump, dumpAt: now });
    return dump;
  }

  /** Applies operations that are not a pass's own: the start's undo, the stop's removal. */
  async applyOutsidePass(ops: readonly Op[]): Promise<OpResult[]> {
    return applyOps(this.#ports, ops);
  }

  forgetOwned(): void {
    this.#remember({ services: new Set(), addresses: new Set(), daemons: new Set() });
  }

  async #apply(change: Plan): Promise<OpResult[]> {
    this.#store.set({ plan: change });
    for (const line of summarize(change.ops)) this.#store.tell('plan', line);
    const began = this.#clock.now();
    const results = await applyOps(this.#ports, change.ops);
    this.#store.counts.applied(results, this.#clock.now() - began);
    this.#log.info('applied', { operations: results.length, failed: results.filter((r) => r.failure).length });
    return results;
  }

  #remember(owned: Owned): void {
    this.#owned = owned;
    try {
      this.#state.write(owned);
    } catch (error) {
      // A full disk must not stop the data plane; ownership is then known until the next restart only.
      this.#store.tell('problem', `the state file cannot be written: ${String(error)}`);
    }
  }

  #report(failures: readonly OpFailure[]): void {
    const before = JSON.stringify(this.#store.get().failures);
    this.#store.set({ failures });
    if (failures.length === 0) {
      this.#failedPasses = 0;
      return;
    }
    this.#failedPasses++;
    if (JSON.stringify(failures) === before) return;
    const [first] = failures;
    const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
    this.#store.tell('problem', `the kernel refused ${first?.operation}: ${first?.text}${more}; it is tried again`);
  }

  #retryDelay(): number {
    return RETRY_MS[Math.min(this.#failedPasses, RETRY_MS.length) - 1] ?? 5000;
  }
}

const TOLD_ONE_BY_ONE = 20;

function summarize(ops: readonly Op[]): string[] {
  // Lowering a weight and deleting are two operations for one reason.
  if (ops.length <= TOLD_ONE_BY_ONE) return [...new Set(ops.map((op) => op.why))];
  const counts = new Map<string, number>();
  for (const op of ops) counts.set(op.kind, (counts.get(op.kind) ?? 0) + 1);
  return [[...counts].map(([kind, count]) => `${count} x ${kind}`).join(', ')];
}
