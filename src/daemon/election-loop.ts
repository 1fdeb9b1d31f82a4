import type { InstanceCounts } from '../metrics/scene.ts';
import type { EngineCounters, EngineEvent, EnginePort } from '../model/engine.ts';
import {
  type Duplicate,
  type ElectionEvent,
  type ElectionSettings,
  type EngineInstance,
  LEAVING,
  type Order,
  type Told,
  type VrrpState,
} from '../model/vrrp.ts';
import { Elector, type InstanceEffect, type SyncGroup } from '../vrrp/elector.ts';
import type { InstanceSnapshot } from '../vrrp/snapshot.ts';

/** What the election needs of an instance. */
export interface Electable {
  readonly name: string;
  readonly election: ElectionSettings;
  readonly engine: EngineInstance;
  readonly tracksOwnInterface: boolean;
}

export interface Electorate {
  readonly instances: readonly Electable[];
  readonly groups: readonly SyncGroup[];
}

export interface Judgement {
  readonly instance: string;
  readonly priority: number;
  readonly faults: readonly string[];
}

/** An instance as status and explain show it; its `since` is wall-clock milliseconds. */
export interface InstanceReport extends InstanceSnapshot {
  /** Changes of role since it was added. */
  readonly transitions: number;
  readonly counts: InstanceCounts;
  /** Others who answer for what it holds. */
  readonly duplicates: readonly Duplicate[];
}

/** What the election says to the rest of the daemon. */
export interface ElectionReport {
  /** Instances that changed, whole. */
  readonly instances: readonly InstanceReport[];
  readonly gone: readonly string[];
  readonly told: readonly { readonly instance: string; readonly told: Told }[];
  /** What the engine said that is no matter of the election. */
  readonly events: readonly EngineEvent[];
}

interface Link {
  readonly present: boolean;
  readonly up: boolean;
  readonly carrier: boolean;
}

interface Member {
  readonly electable: Electable;
  judged: Omit<Judgement, 'instance'> | null;
  transitions: number;
  readonly counts: Tally;
  duplicates: readonly Duplicate[];
  /** What was looked at for the last report; null: something was counted or told since. */
  shown: InstanceSnapshot | null;
  /** The last report, as text, so that only changes are told. */
  reported: string;
}

type Tally = { -readonly [K in keyof Omit<InstanceCounts, 'entered'>]: number } & {
  readonly entered: Record<VrrpState, number>;
};

const nothingHappened = (): Tally => ({
  entered: { init: 0, backup: 0, master: 0, fault: 0 },
  released: 0,
  leavingHeard: 0,
  leavingSaid: 0,
});

/** Joins the pure election and the engine: events in, orders out. Lives in a thread of its own (election-worker.ts), so that
 *  a main thread that is busy or hangs delays no election. */
export class ElectionLoop {
  readonly #engine: EnginePort;
  readonly #now: () => number;
  readonly #wall: () => number;
  readonly #tell: (report: ElectionReport) => void;
  readonly #elector = new Elector();
  readonly #members = new Map<string, Member>();
  readonly #links = new Map<string, Link>();
  #whenIdle: (() => void)[] = [];

  constructor(parts: {
    openEngine: (onEvents: (events: readonly EngineEvent[]) => void) => EnginePort;
    now: () => number;
    wall: () => number;
    tell: (report: ElectionReport) => void;
  }) {
    this.#now = parts.now;
    this.#wall = parts.wall;
    this.#tell = parts.tell;
    this.#engine = parts.openEngine((events) => this.#take(events));
  }

  /** Follows a new list. Instances that stayed as they were notice nothing; new ones start once they were judged. */
  configure({ instances, groups }: Electorate): void {
    const at = this.#now();
    const effects: InstanceEffect[] = [];
    const wanted = new Set(instances.map(({ name }) => name));
    const gone = [...this.#members.keys()].filter((name) => !wanted.has(name));
    for (const name of gone) effects.push(...this.#elector.remove(name, at, true));
    for (const electable of instances) {
      const member = this.#members.get(electable.name);
      if (member === undefined) {
        this.#members.set(electable.name, {
          electable,
          judged: null,
          transitions: 0,
          counts: nothingHappened(),
          duplicates: [],
          shown: null,
          reported: '',
        });
        effects.push(...this.#elector.add(electable.name, electable.election, at));
      } else {
        this.#members.set(electable.name, { ...member, electable });
        effects.push(...this.#elector.change(electable.name, electable.election, at));
      }
    }
    effects.push(...this.#elector.group(groups, at));
    this.#configureEngine();
    this.#carryOut(effects);
  }

  /** What trackers say. The first word on an instance starts it, so that none becomes master with a fault. */
  judge(judgements: readonly Judgement[]): void {
    const effects: InstanceEffect[] = [];
    for (const { instance, priority, faults } of judgements) {
      const member = this.#members.get(instance);
      if (member === undefined) continue;
      const first = member.judged === null;
      member.judged = { priority, faults };
      effects.push(...this.#judgeMember(member));
      if (first) effects.push(...this.#elector.handle(instance, { kind: 'start', at: this.#now() }));
    }
    this.#carryOut(effects);
  }

  act(instance: string, kind: 'yield' | 'claim'): void {
    this.#carryOut(this.#elector.handle(instance, { kind, at: this.#now() }));
  }

  /** Ends every instance; resolves when the last has let its addresses go. */
  async stop(handover: boolean): Promise<void> {
    const at = this.#now();
    const effects = [...this.#members.keys()].flatMap((name) => this.#elector.remove(name, at, handover));
    this.#carryOut(effects);
    await this.#idle();
  }

  lease(ms: number): void {
    this.#engine.lease(ms);
  }

  counters(): EngineCounters {
    return this.#engine.counters();
  }

  close(): void {
    this.#engine.close();
  }

  #take(events: readonly EngineEvent[]): void {
    const effects: InstanceEffect[] = [];
    const others: EngineEvent[] = [];
    for (const event of events) {
      if (isElection(event)) effects.push(...this.#elector.handle(event.instance, event));
      if (event.kind === 'advert' && event.advert.priority === LEAVING) this.#count(event.instance, 'leavingHeard');
      else others.push(event);
      if (event.kind === 'duplicate') this.#duplicateTold(event);
      if (event.kind === 'link') effects.push(...this.#linkChanged(event));
      if (event.kind === 'lease-lost') effects.push(...this.#startAnew(event.at));
    }
    this.#carryOut(effects, others);
  }

  #duplicateTold({ instance, address, interface: device, mac }: Extract<EngineEvent, { kind: 'duplicate' }>): void {
    const member = this.#members.get(instance);
    if (member === undefined) return;
    const others = member.duplicates.filter((one) => one.address !== address || one.interface !== device);
    member.shown = null;
    member.duplicates = mac === null ? others : [...others, { address, interface: device, mac }];
  }

  #linkChanged({ interface: name, ...link }: Extract<EngineEvent, { kind: 'link' }>): InstanceEffect[] {
    this.#links.set(name, link);
    return [...this.#members.values()]
      .filter(({ electable, judged }) => electable.engine.wire.interface === name && judged !== null)
      .flatMap((member) => this.#judgeMember(member));
  }

  /** The engine forgot its orders: every instance leaves the election and comes back as if it had just started. */
  #startAnew(at: number): InstanceEffect[] {
    const names = [...this.#members.keys()];
    return [
      ...names.flatMap((name) => this.#elector.handle(name, { kind: 'stop', at, handover: false })),
      ...names.flatMap((name) => this.#elector.handle(name, { kind: 'start', at })),
    ];
  }

  #judgeMember({ electable, judged }: Member): InstanceEffect[] {
    if (judged === null) return [];
    const { name, engine, tracksOwnInterface } = electable;
    const own = tracksOwnInterface ? linkFault(engine.wire.interface, this.#links.get(engine.wire.interface)) : null;
    const faults = own === null ? judged.faults : [own, ...judged.faults];
    return this.#elector.handle(name, { kind: 'judged', at: this.#now(), priority: judged.priority, faults });
  }

  #configureEngine(): void {
    this.#engine.configure([...this.#members.values()].map(({ electable }) => electable.engine));
  }

  #carryOut(effects: readonly InstanceEffect[], events: readonly EngineEvent[] = []): void {
    const orders = new Map<string, Order[]>();
    const told: { instance: string; told: Told }[] = [];
    for (const { instance, effect } of effects) {
      if (isTold(effect)) {
        told.push({ instance, told: effect });
        const member = this.#members.get(instance);
        if (member && effect.kind === 'role') tally(member, effect);
        continue;
      }
      if ('priority' in effect && effect.priority === LEAVING) this.#count(instance, 'leavingSaid');
      const list = orders.get(instance);
      if (list) list.push(effect);
      else orders.set(instance, [effect]);
    }
    if (orders.size > 0) this.#engine.order([...orders]);
    this.#report(told, events);
  }

  #count(instance: string, what: 'leavingHeard' | 'leavingSaid'): void {
    const member = this.#members.get(instance);
    if (!member) return;
    member.counts[what]++;
    member.shown = null;
  }

  #report(told: readonly { instance: string; told: Told }[], events: readonly EngineEvent[]): void {
    const instances: InstanceReport[] = [];
    const present = new Set<string>();
    for (const snapshot of this.#elector.snapshot()) {
      present.add(snapshot.name);
      const member = this.#members.get(snapshot.name);
      if (member === undefined || member.shown === snapshot) continue;
      member.shown = snapshot;
      // Whoever holds nothing has nothing in common with others.
      if (snapshot.state !== 'master') member.duplicates = [];
      const { transitions, counts, duplicates } = member;
      const text = JSON.stringify([snapshot, counts, duplicates]);
      if (text === member.reported) continue;
      member.reported = text;
      const since = this.#wall() - (this.#now() - snapshot.since);
      const copied = { ...counts, entered: { ...counts.entered } };
      instances.push({ ...snapshot, since, transitions, counts: copied, duplicates });
    }
    const gone = [...this.#members.keys()].filter((name) => !present.has(name));
    for (const name of gone) this.#members.delete(name);
    if (gone.length > 0) this.#configureEngine();
    if (instances.length + gone.length + told.length + events.length > 0) this.#tell({ instances, gone, told, events });
    if (this.#members.size === 0) for (const done of this.#whenIdle.splice(0)) done();
  }

  #idle(): Promise<void> {
    if (this.#members.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }
}

function tally(member: Member, { from, to }: Extract<Told, { readonly kind: 'role' }>): void {
  member.shown = null;
  member.transitions++;
  member.counts.entered[to]++;
  if (from === 'master') member.counts.released++;
}

const isTold = (effect: Order | Told): effect is Told =>
  effect.kind === 'role' || effect.kind === 'rival' || effect.kind === 'notice';

const ELECTION_KINDS: ReadonlySet<string> = new Set(['advert', 'silence', 'wake', 'disturbed']);
type InstanceEvent = Extract<EngineEvent, { readonly kind: 'advert' | 'silence' | 'wake' | 'disturbed' }> &
  ElectionEvent;
const isElection = (event: EngineEvent): event is InstanceEvent => ELECTION_KINDS.has(event.kind);

function linkFault(name: string, link: Link | undefined): string | null {
  if (link === undefined) return null;
  if (!link.present) return `interface ${name} does not exist`;
  if (!link.up) return `interface ${name} is down`;
  return link.carrier ? null : `interface ${name} has no carrier`;
}
