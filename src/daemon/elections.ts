import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { instanceMaintenance } from '../decide/overrides.ts';
import type { Desired } from '../model/desired.ts';
import { type EngineEvent, NOTHING_COUNTED } from '../model/engine.ts';
import type { DesiredGroup, DesiredInstance, Notify, Tracker, TrackerState } from '../model/instance.ts';
import { VERDICTS, type VrrpState } from '../model/vrrp.ts';
import { type EffectivePriority, effectivePriority } from '../vrrp/priority.ts';
import type { ElectionReport, InstanceReport } from './election-loop.ts';
import type { ElectionOptions, ElectionPort, OpenElection } from './election-port.ts';
import { electableOf, trackedOf } from './electorate.ts';
import type { Changed } from './notify/index.ts';
import type { Store } from './store.ts';

/** What an instance's trackers found (trackers/). */
export interface TrackersPort {
  sync(instances: readonly DesiredInstance[]): void;
  states(instance: string): readonly { readonly tracker: Tracker; readonly state: TrackerState }[];
  /** What the services are, by name. */
  serviceStates(states: ReadonlyMap<string, TrackerState>): void;
  stop(): void;
}

/** Who runs the hooks (notify/). */
export interface NotifierPort {
  /** The objects that may change from now on. */
  sync(objects: readonly { readonly notify: Notify }[]): void;
  changed(object: Changed): void;
  /** Ends when the hook has ended, at the latest after its timeout. */
  beforeRelease(object: Changed): Promise<void>;
  /** Ends when every hook that waits has run. */
  drain(): Promise<void>;
  stop(): void;
}

export interface FailoverOutcome {
  readonly done: boolean;
  readonly text: string;
}

const STATE_WORDS: Readonly<Record<VrrpState, Changed['state']>> = {
  init: 'STOP',
  backup: 'BACKUP',
  master: 'MASTER',
  fault: 'FAULT',
};

/** So many changes of an instance's role are remembered. */
export const KEPT_CHANGES = 50;
/** An instance is judged for the first time when its trackers have looked once, or after this long. */
const FIRST_LOOK_MS = 2000;
/** How much longer than the hand-over itself its outcome is waited for. */
const OUTCOME_MS = 1000;
const CLOSE_MS = 3000;
/** Hooks that still run at the end are waited for this long. */
const LAST_HOOKS_MS = 10_000;

/** The main thread's side of VRRP: hands the electorate and what trackers found to the election, writes what it says into the
 *  store, tells the hooks, and renews the lease that says this thread lives. */
export class Elections {
  readonly #open: OpenElection;
  readonly #store: Store;
  readonly #trackers: TrackersPort;
  readonly #notifier: NotifierPort;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onRole: () => void;
  readonly #onDeath: (error: Error) => void;
  #port: ElectionPort | null = null;
  #leaseTimer: NodeJS.Timeout | undefined;
  #leasedAt = 0;
  #instances: readonly DesiredInstance[] = [];
  #groups: readonly DesiredGroup[] = [];
  readonly #addedAt = new Map<string, number>();
  readonly #groupStates = new Map<string, VrrpState>();
  readonly #waiting = new Set<() => void>();

  constructor(parts: {
    open: OpenElection;
    store: Store;
    trackers: TrackersPort;
    notifier: NotifierPort;
    clock: Clock;
    log: Log;
    onRole: () => void;
    onDeath: (error: Error) => void;
  }) {
    this.#open = parts.open;
    this.#store = parts.store;
    this.#trackers = parts.trackers;
    this.#notifier = parts.notifier;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#onRole = parts.onRole;
    this.#onDeath = parts.onDeath;
  }

  /** Follows a new configuration. Instances that stayed as they were notice nothing. Rejects when a secret cannot be read;
   *  then nothing has changed. */
  async sync(desired: Desired): Promise<void> {
    const electables = desired.instances.map(electableOf);
    if (this.#port === null && electables.length === 0) return;
    const port = this.#port ?? (await this.#start());
    this.#instances = desired.instances;
    this.#groups = desired.groups;
    const names = new Set(electables.map(({ name }) => name));
    for (const name of this.#addedAt.keys()) if (!names.has(name)) this.#addedAt.delete(name);
    for (const name of names) if (!this.#addedAt.has(name)) this.#addedAt.set(name, this.#clock.now());
    await port.configure({
      instances: electables,
      groups: desired.groups.map(({ name, instances }) => ({ name, members: instances })),
    });
    this.#notifier.sync([...desired.instances, ...desired.groups]);
    // The election looks after an instance's own interface itself.
    this.#trackers.sync(desired.instances.map((instance) => ({ ...instance, tracksOwnInterface: false })));
    await this.judge();
  }

  /** Services are trackers too: this is what they are now. */
  serviceStates(states: ReadonlyMap<string, TrackerState>): void {
    if (this.#port !== null) this.#trackers.serviceStates(states);
  }

  /** Tells the election what the trackers of these instances (all, if none is named) found. */
  async judge(names: readonly string[] = this.#instances.map(({ name }) => name)): Promise<void> {
    if (this.#port === null) return;
    const { overrides, priorities } = this.#store.get();
    const next = new Map(priorities);
    const known = new Set(this.#instances.map(({ name }) => name));
    for (const name of next.keys()) if (!known.has(name)) next.delete(name);
    const judgements = this.#instances
      .filter(({ name }) => names.includes(name))
      .flatMap((instance) => {
        const tracked = this.#trackers.states(instance.name);
        if (this.#mustWait(instance.name, tracked)) return [];
        const result = effectivePriority(instance.election.priority, tracked.map(trackedOf));
        next.set(instance.name, result);
        return [{ instance: instance.name, ...faultsOf(result, instanceMaintenance(overrides, instance.name)) }];
      });
    this.#store.set({ priorities: next });
    if (judgements.length > 0) await this.#port.judge(judgements);
  }

  /** Follows the operator's word: what is in maintenance is handed over first, then stays out. */
  async maintain(): Promise<void> {
    const { overrides } = this.#store.get();
    const leaving = this.#masters().filter(({ name }) => instanceMaintenance(overrides, name) !== null);
    await Promise.all(leaving.map((instance) => this.#give(instance)));
    await this.judge();
  }

  /** Hands an instance over: away if this director is master (`peer` or `other`), here if it is not (`other`). */
  async failover(name: string, to: 'peer' | 'other'): Promise<FailoverOutcome | null> {
    const instance = this.#instances.find((candidate) => candidate.name === name);
    if (!instance) return null;
    const report = this.#store.get().instances.get(name);
    if (report?.state === 'master') return this.#give(instance);
    if (to === 'peer')
      return { done: false, text: `${name} is ${report?.state ?? 'not started'} here: nothing to give` };
    if (report?.state !== 'backup')
      return { done: false, text: `${name} is ${report?.state ?? 'not started'}: ${report?.why}` };
    this.#store.tell('operator', `${name}: taken over on request`);
    await this.#port?.act(name, 'claim');
    const taken = await this.#until(instance, ({ state }) => state === 'master');
    return {
      done: taken,
      text: taken ? `${name} is master here` : `${name} did not become master: ${this.#why(name)}`,
    };
  }

  /** Hands everything over and ends. */
  async stop(): Promise<void> {
    clearInterval(this.#leaseTimer);
    const port = this.#port;
    if (port === null) return;
    this.#port = null;
    this.#trackers.stop();
    const lease = setInterval(() => void port.lease(this.#leaseMs()).catch(() => {}), this.#leaseMs() / 5);
    try {
      await Promise.all(this.#masters().map((instance) => this.#announceRelease(instance)));
      const longest = Math.max(0, ...this.#instances.map(({ election }) => election.handoverMs));
      // Closing lets go of whatever is left then.
      await withDeadline(port.stop(true), longest + OUTCOME_MS);
      await withDeadline(this.#notifier.drain(), LAST_HOOKS_MS);
    } finally {
      clearInterval(lease);
      this.#notifier.stop();
      // Its addresses are gone by now, or the warden sees to them: an end must not hang on a thread that does not.
      await withDeadline(port.close(), CLOSE_MS);
    }
  }

  /** What the trackers of all instances found. */
  trackers(): { readonly tracker: Tracker; readonly state: TrackerState }[] {
    return this.#instances.flatMap(({ name }) => this.#trackers.states(name));
  }

  counters(): ReturnType<ElectionPort['counters']> {
    return this.#port?.counters() ?? Promise.resolve(NOTHING_COUNTED);
  }

  async #start(): Promise<ElectionPort> {
    const { director } = this.#store.get().config;
    const options: ElectionOptions = {
      netns: '',
      realtime: director.realtime,
      lifeS: Math.ceil(director.addressLife / 1000),
    };
    const port = this.#open(options, (report) => this.#take(report), this.#onDeath);
    this.#port = port;
    await port.lease(this.#leaseMs());
    this.#leasedAt = this.#clock.now();
    this.#leaseTimer = setInterval(() => this.#renewLease(), this.#leaseMs() / 5);
    return port;
  }

  #renewLease(): void {
    const leaseMs = this.#leaseMs();
    const now = this.#clock.now();
    this.#store.counts.renewed(Math.max(0, this.#leasedAt + leaseMs - now));
    this.#leasedAt = now;
    void this.#port?.lease(leaseMs).catch(() => {});
  }

  #leaseMs(): number {
    return this.#store.get().config.director.lease;
  }

  #masters(): DesiredInstance[] {
    const { roles } = this.#store.get();
    return this.#instances.filter(({ name }) => roles.get(name) === 'master');
  }

  #announceRelease(instance: DesiredInstance): Promise<void> {
    return this.#notifier.beforeRelease(this.#changed(instance, 'backup', 'a planned release'));
  }

  async #give(instance: DesiredInstance): Promise<FailoverOutcome> {
    const { name } = instance;
    this.#store.tell('operator', `${name}: handed over on request`);
    await this.#announceRelease(instance);
    await this.#port?.act(name, 'yield');
    const ended = await this.#until(instance, ({ state, leaving }) => state !== 'master' || leaving === null);
    const state = this.#store.get().roles.get(name);
    const done = ended && state !== 'master';
    return {
      done,
      text: done ? `${name} was handed over: ${this.#why(name)}` : `${name} stays here: ${this.#why(name)}`,
    };
  }

  #why(name: string): string {
    return this.#store.get().instances.get(name)?.why ?? 'nothing is known of it';
  }

  /** Whether an instance got there before its hand-over must be over. */
  async #until(instance: DesiredInstance, there: (report: InstanceReport) => boolean): Promise<boolean> {
    const deadline = this.#clock.now() + instance.election.handoverMs + OUTCOME_MS;
    for (;;) {
      const report = this.#store.get().instances.get(instance.name);
      if (report && there(report)) return true;
      const left = deadline - this.#clock.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#waiting.add(done);
      });
    }
  }

  #mustWait(name: string, tracked: readonly { readonly state: TrackerState }[]): boolean {
    if (this.#store.get().instances.get(name)?.state !== 'init' && this.#store.get().instances.has(name)) return false;
    const waited = this.#clock.now() - (this.#addedAt.get(name) ?? 0);
    if (waited >= FIRST_LOOK_MS || !tracked.some(({ state }) => state.state === 'unknown')) return false;
    setTimeout(() => void this.judge([name]).catch(() => {}), FIRST_LOOK_MS - waited).unref();
    return true;
  }

  #take({ instances, gone, told, events }: ElectionReport): void {
    const before = this.#store.get().instances;
    if (instances.length + gone.length > 0) {
      const next = new Map(before);
      for (const report of instances) next.set(report.name, report);
      for (const name of gone) next.delete(name);
      this.#store.set({ instances: next, roles: new Map([...next].map(([name, { state }]) => [name, state])) });
    }
    for (const { instance, told: word } of told) {
      if (word.kind === 'notice') this.#store.tell('election', `${instance}: ${word.why}`);
      else if (word.kind === 'rival') this.#store.tell('problem', `${instance}: split brain: ${word.why}`);
      else this.#roleChanged(instance, word.to, word.why);
    }
    for (const event of events) this.#tellEngine(event);
    if (told.some(({ told: word }) => word.kind === 'role')) this.#onRole();
    for (const wake of [...this.#waiting]) wake();
  }

  #roleChanged(name: string, state: VrrpState, why: string): void {
    this.#store.tell('election', `${name} is ${state}: ${why}`);
    const { roleChanges } = this.#store.get();
    const change = { at: this.#clock.wall(), status: state, why };
    const latest = [...(roleChanges.get(name) ?? []), change].slice(-KEPT_CHANGES);
    this.#store.set({ roleChanges: new Map(roleChanges).set(name, latest) });
    const instance = this.#instances.find((candidate) => candidate.name === name);
    if (instance) this.#notifier.changed(this.#changed(instance, state, why));
    const group = this.#groups.find(({ instances }) => instances.includes(name));
    if (!group) return;
    const { roles } = this.#store.get();
    if (this.#groupStates.get(group.name) === state || !group.instances.every((member) => roles.get(member) === state))
      return;
    this.#groupStates.set(group.name, state);
    const priority = this.#store.get().instances.get(name)?.priority ?? 0;
    const { notify } = group;
    this.#notifier.changed({ kind: 'GROUP', name: group.name, state: STATE_WORDS[state], priority, notify, why });
  }

  #changed({ name, notify }: DesiredInstance, state: VrrpState, why: string): Changed {
    const priority = this.#store.get().instances.get(name)?.priority ?? 0;
    return { kind: 'INSTANCE', name, state: STATE_WORDS[state], priority, notify, why };
  }

  #tellEngine(event: EngineEvent): void {
    switch (event.kind) {
      case 'refused': {
        const { instance, interface: name, source, verdict, count } = event;
        this.#log.warn('advert-refused', { instance, interface: name, source, count, why: VERDICTS[verdict] });
        return;
      }
      case 'duplicate': {
        const { instance, address, interface: device, mac } = event;
        if (mac === null)
          this.#store.tell('election', `${instance}: ${address} on ${device} is held by nobody else any more`);
        else this.#store.tell('problem', `${instance}: ${address} on ${device} is also held by ${mac}`);
        return;
      }
      case 'trouble':
        this.#store.tell(
          'problem',
          `${event.instance ?? (event.interface || 'VRRP')}: ${event.text}; it is tried again`,
        );
        return;
      case 'overflow':
        this.#store.counts.dropped('engine-events', event.count);
        this.#store.tell('problem', `the election was too slow: ${event.count} events of the engine were lost`);
        return;
      case 'lease-lost':
        this.#store.counts.lease.lost++;
        this.#store.tell('problem', 'the daemon hung or was stopped for too long: every instance was given up');
        // It answers again, so take part again.
        void this.#port?.lease(this.#leaseMs()).catch(() => {});
    }
  }
}

const faultsOf = ({ priority, faults }: EffectivePriority, maintenance: string | null) => ({
  priority,
  faults: maintenance === null ? faults : [maintenance, ...faults],
});

const withDeadline = (work: Promise<void>, ms: number): Promise<void> =>
  Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, ms).unref())]);
