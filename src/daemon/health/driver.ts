import type { Clock, Random } from '../../base/clock.ts';
import { OUR_OWN_TROUBLE } from '../../health/own-trouble.ts';
import { type SharedCheck, type Subscriber, sharedChecks, sharedSteps } from '../../health/shared.ts';
import { socketsAtOnce } from '../../health/sockets.ts';
import { firstProbeDelay, intervalFor, jitterOf, nextProbeDelay } from '../../health/timing.ts';
import { judge, reconcileVerdicts } from '../../health/verdict.ts';
import { inTurns } from '../../kernel/turns.ts';
import type { Desired } from '../../model/desired.ts';
import type { ProbeResult, RepeatedResult } from '../../model/health.ts';
import type { Roles } from '../../model/instance.ts';
import type { PreparedProbe, ProberPort, ProbeTarget } from '../../model/ports.ts';
import type { Store } from '../store.ts';
import { type StatusChange, VerdictBook } from './book.ts';
import { CertificateTeller } from './certificates.ts';
import { combining } from './combined.ts';
import type { VerdictMemory } from './memory.ts';
import { type Lane, Slots } from './slots.ts';
import { Trouble } from './trouble.ts';

/** Probes that run at once; sockets and memory of all of them are ours. */
const MOST_AT_ONCE = 1024;
/** Of these, probes of targets that were slow last time. */
const MOST_SLOW = 640;
/** A target that takes longer than this is slow. */
const SLOW_MS = 250;
/** A check that has not ended so long after its deadline never will. */
const GRACE_MS = 2000;

/** How a server's check goes on. */
export interface Cycle {
  readonly target: ProbeTarget;
  /** serverKeys of all that go by it, itself among them. */
  readonly users: readonly string[];
  /** When it is asked next, of the monotonic clock; null while nobody needs the answer. */
  readonly nextAt: number | null;
}

interface Running {
  check: SharedCheck;
  readonly isOver: () => boolean;
  timer: NodeJS.Timeout | undefined;
  abort: AbortController | undefined;
  /** Undefined: every probe is made here, and has to wait for a slot. */
  prepared: PreparedProbe | undefined;
  lane: Lane;
  over: boolean;
  /** Waits for the time of its next probe. */
  asleep: boolean;
  /** When the next probe is due; a timer that fires late does not delay those after it. */
  dueAt: number;
  /** From then on it is repeated until its result changes. */
  repeats: boolean;
}

export interface HealthParts {
  readonly prober: ProberPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly onChange: (why: string) => void;
  readonly onStatus?: (changes: readonly StatusChange[]) => void;
  /** How many files may be open; absent: enough. */
  readonly openFiles?: number;
  /** Absent: nothing is remembered beyond this process. */
  readonly memory?: VerdictMemory;
}

/** Keeps one probe cycle going for every question that is asked of a target, judges what comes back for each server that
 *  goes by it, and hands changes on in batches. */
export class HealthDriver {
  readonly #prober: ProberPort;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #store: Store;
  readonly #book: VerdictBook;
  readonly #trouble: Trouble;
  readonly #certificates: CertificateTeller;
  readonly #memory: VerdictMemory | undefined;
  readonly #slots = new Slots(MOST_AT_ONCE, MOST_SLOW);
  #checks: ReadonlyMap<string, SharedCheck> = new Map();
  /** By serverKey. */
  #byServer: ReadonlyMap<string, SharedCheck> = new Map();
  #ahead: { readonly of: Desired; readonly checks: ReadonlyMap<string, SharedCheck> } | undefined;
  readonly #running = new Map<string, Running>();
  #byAddress: ReadonlyMap<string, readonly Running[]> = new Map();
  #roles: Roles = new Map();

  constructor({ prober, clock, random, store, onChange, onStatus, memory, openFiles }: HealthParts) {
    this.#prober = combining(prober);
    this.#clock = clock;
    this.#random = random;
    this.#store = store;
    this.#memory = memory;
    this.#book = new VerdictBook({
      store,
      wall: () => clock.wall(),
      onStatus,
      onChange: (why) => {
        memory?.changed(this.#book);
        onChange(why);
      },
    });
    this.#trouble = new Trouble(store, openFiles);
    this.#certificates = new CertificateTeller(store, () => clock.now());
    store.gatherBy(() => this.#prober.collect?.());
  }

  /** Answers to checks that fit nothing that was asked. */
  get refusedAnswers(): number {
    return this.#prober.refused?.() ?? 0;
  }

  /** What can be done before sync() of this configuration, in turns; sync alone does it too. */
  async prepare(desired: Desired): Promise<void> {
    this.#ahead = { of: desired, checks: await inTurns(sharedSteps(desired)) };
    // Most of what sync has to gather, and the longest part of it.
    const gathering = this.#prober.collectSteps?.();
    if (gathering) await inTurns(gathering);
  }

  /** Follows a new configuration. Servers whose address and check stayed keep their verdict and their rhythm; the first one
   *  begins with what an earlier life of the daemon knew. */
  sync(before: Desired | null, desired: Desired, adopted: ReadonlySet<string>): void {
    // What was counted of servers whose checks end now would be lost.
    this.#store.gather();
    const { verdicts } = this.#store.get();
    this.#memory?.follow(desired);
    const recalled = before === null ? this.#memory?.recall() : undefined;
    const next = reconcileVerdicts(verdicts, before, desired, adopted, this.#clock.now(), recalled?.verdicts);
    this.#book.begin(next, recalled?.transitions);
    this.#certificates.keep((key) => next.has(key));
    // What stays as it was remembered must not grow old.
    this.#memory?.changed(this.#book);
    this.#checks = this.#ahead?.of === desired ? this.#ahead.checks : sharedChecks(desired);
    this.#ahead = undefined;
    const checks = [...this.#checks.values()];
    this.#trouble.sockets(socketsAtOnce(checks));
    this.#byServer = new Map(checks.flatMap((check) => check.subscribers.map(({ key }) => [key, check] as const)));
    this.#settle();
  }

  /** How the check of a server goes on; undefined for one without a check. */
  cycleOf(key: string): Cycle | undefined {
    const check = this.#byServer.get(key);
    if (check === undefined) return undefined;
    const users = check.subscribers.map((one) => one.key);
    const running = this.#running.get(check.id);
    if (running === undefined) return { target: check.target, users, nextAt: null };
    // What is repeated elsewhere keeps its rhythm without us.
    const repeatedAt = running.repeats ? (this.#book.get(key)?.last?.at ?? 0) + check.settings.everyMs : 0;
    return { target: check.target, users, nextAt: Math.max(running.dueAt, repeatedAt) };
  }

  /** Checks that are only made by a master begin and pause with its role. */
  follow(roles: Roles): void {
    this.#roles = roles;
    this.#settle();
  }

  async stop(): Promise<void> {
    for (const running of this.#running.values()) this.#end(running);
    this.#running.clear();
    this.#book.stop();
    this.#trouble.stop();
    this.#certificates.stop();
    await this.#memory?.stop(this.#book);
  }

  /** Starts and ends cycles until those run that should. */
  #settle(): void {
    const wanted = [...this.#checks.values()].filter((check) => check.subscribers.some((one) => this.#isActive(one)));
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, running] of this.#running) {
      if (ids.has(id)) continue;
      this.#end(running);
      this.#running.delete(id);
    }
    const fresh: SharedCheck[] = [];
    for (const check of wanted) {
      const running = this.#running.get(check.id);
      if (!running) fresh.push(check);
      else {
        running.check = check;
        // What changed nothing for those who wanted to know before may change something now.
        running.prepared?.tellNext();
      }
    }
    for (const [index, check] of fresh.entries()) {
      const running: Running = {
        check,
        isOver: () => running.over,
        timer: undefined,
        abort: undefined,
        prepared: undefined,
        lane: 'quick',
        over: false,
        asleep: false,
        dueAt: 0,
        repeats: false,
      };
      running.prepared = this.#prober.prepare?.(
        check.target,
        check.settings,
        (result) => this.#came(running, result),
        (repeated) => this.#repeated(running, repeated),
      );
      this.#running.set(check.id, running);
      const delayMs = firstProbeDelay(index, fresh.length, check.settings.everyMs, this.#random);
      running.dueAt = this.#clock.now() + delayMs;
      this.#schedule(running, delayMs);
    }
    this.#byAddress = byAddress(this.#running.values());
  }

  #isActive({ whileMaster }: Subscriber): boolean {
    return whileMaster === null || this.#roles.get(whileMaster) === 'master';
  }

  #end(running: Running): void {
    running.over = true;
    clearTimeout(running.timer);
    running.abort?.abort();
    running.prepared?.close();
  }

  /** `repeatMs`: in this rhythm from then on, until a result is another. */
  #schedule(running: Running, delayMs: number, repeatMs = 0): void {
    running.asleep = true;
    if (running.prepared) running.prepared.ask(running.dueAt, repeatMs);
    else running.timer = setTimeout(() => this.#enter(running), delayMs);
  }

  #enter(running: Running): void {
    running.asleep = false;
    const { lane } = running;
    this.#slots.enter(
      lane,
      () => void this.#probe(running).finally(() => this.#slots.release(lane)),
      () => !running.over,
    );
  }

  async #probe(running: Running): Promise<void> {
    const result = await this.#ask(running);
    running.lane = result.durationMs > SLOW_MS ? 'slow' : 'quick';
    this.#came(running, result);
  }

  #came(running: Running, result: ProbeResult): void {
    if (running.over) return;
    this.#take(running.check, result);
    if (result.outcome === 'unreachable') this.#lookAgain(running.check.target.address);
    const { settings, subscribers } = running.check;
    const everyMs = this.#interval(subscribers);
    const now = this.#clock.now();
    // It may have been repeated since it was due for the first time.
    const begunAt = Math.max(running.dueAt, running.repeats ? result.at : 0);
    const delayMs = nextProbeDelay(everyMs, now - begunAt, this.#random, jitterOf(settings));
    running.dueAt = now + delayMs;
    running.repeats = this.#changesNothing(subscribers, result);
    this.#schedule(running, delayMs, running.repeats ? everyMs : 0);
  }

  /** Whether more results like this one would leave all verdicts and intervals as they are. */
  #changesNothing(subscribers: readonly Subscriber[], { ok, outcome }: ProbeResult): boolean {
    if (OUR_OWN_TROUBLE.has(outcome)) return false;
    return subscribers.every((subscriber) => {
      const verdict = this.#book.get(subscriber.key);
      if (verdict === undefined || !this.#isActive(subscriber)) return true;
      return verdict.streak === 0 && verdict.status === (ok ? 'up' : 'down');
    });
  }

  #repeated({ check: { subscribers } }: Running, repeated: RepeatedResult): void {
    for (const subscriber of subscribers) {
      this.#store.counts.repeated(subscriber.key, repeated);
      if (this.#isActive(subscriber)) this.#book.repeat(subscriber.key, repeated.result);
    }
  }

  /** Nobody is at this address, as ICMP or ARP says: all that is still believed of it is asked at once. What is in doubt
   *  already keeps its rhythm, so that two checks cannot drive each other on. */
  #lookAgain(address: string): void {
    for (const running of this.#byAddress.get(address) ?? []) {
      const isBelieved = ({ key }: Subscriber): boolean => {
        const verdict = this.#book.get(key);
        return verdict?.status === 'up' && verdict.streak === 0;
      };
      if (!running.asleep || !running.check.subscribers.some(isBelieved)) continue;
      clearTimeout(running.timer);
      running.dueAt = this.#clock.now();
      this.#schedule(running, 0);
    }
  }

  /** Ends at its deadline whatever the check does. */
  async #ask(running: Running): Promise<ProbeResult> {
    const { target, settings } = running.check;
    const abort = new AbortController();
    running.abort = abort;
    const at = this.#clock.now();
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<ProbeResult>((resolve) => {
      timer = setTimeout(() => {
        abort.abort();
        const evidence = 'the check did not end at its deadline';
        resolve({
          ok: false,
          at,
          durationMs: this.#clock.now() - at,
          phase: 'connect',
          outcome: 'check-failed',
          evidence,
        });
      }, settings.timeoutMs + GRACE_MS);
    });
    try {
      return await Promise.race([this.#prober.probe(target, settings, abort.signal), overdue]);
    } finally {
      clearTimeout(timer);
      running.abort = undefined;
    }
  }

  #take({ subscribers }: SharedCheck, result: ProbeResult): void {
    for (const { key } of subscribers) this.#store.counts.check(key, result);
    if (OUR_OWN_TROUBLE.has(result.outcome)) {
      this.#trouble.add(subscribers[0]?.key ?? '', result.outcome, result.evidence);
      return;
    }
    for (const subscriber of subscribers) {
      const before = this.#book.get(subscriber.key);
      if (before === undefined || !this.#isActive(subscriber)) continue;
      if (result.certificate) this.#certificates.saw(subscriber.key, result.certificate);
      this.#book.set(subscriber.key, before, judge(subscriber.settings, before, result));
    }
  }

  /** The shortest that any of those who wait for results wants now. */
  #interval(subscribers: readonly Subscriber[]): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (const { key, settings } of subscribers) {
      const verdict = this.#book.get(key);
      shortest = Math.min(shortest, verdict === undefined ? settings.everyMs : intervalFor(settings, verdict));
    }
    return shortest;
  }
}

function byAddress(all: Iterable<Running>): ReadonlyMap<string, readonly Running[]> {
  const found = new Map<string, Running[]>();
  for (const running of all) {
    const { address } = running.check.target;
    const others = found.get(address);
    if (others) others.push(running);
    else found.set(address, [running]);
  }
  return found;
}
