import type { Effect, ElectionEvent, ElectionSettings } from '../model/vrrp.ts';
import { beats } from './backup.ts';
import { type ElectionState, initial, retune, step } from './election.ts';
import { type InstanceSnapshot, snapshotOf } from './snapshot.ts';
import { priorityOf } from './standing.ts';
import type { AnyEvent } from './state.ts';

export type { ElectionState } from './election.ts';
export type { InstanceSnapshot } from './snapshot.ts';

/** Instances that are masters together or not at all. */
export interface SyncGroup {
  readonly name: string;
  readonly members: readonly string[];
}

export interface InstanceEffect {
  readonly instance: string;
  readonly effect: Effect;
}

interface Entry {
  readonly name: string;
  settings: ElectionSettings;
  state: ElectionState;
  /** What trackers said of this one alone; its group's faults are added from them each time, so none can get stuck. */
  judged: { readonly priority: number; readonly faults: readonly string[] } | null;
  group: Group | null;
  /** Removed; goes away when it has handed over. */
  ending: boolean;
  /** The last snapshot, and what it was made of. */
  shown: { readonly of: readonly unknown[]; readonly snapshot: InstanceSnapshot } | null;
}

interface Group {
  readonly name: string;
  readonly members: readonly Entry[];
  /** The member that lost against a better master and took the others with it. */
  heldBack: Entry | null;
}

const isMaster = (state: ElectionState): boolean => state.state === 'master' && state.leaving === null;

/** Whether a member still hears a master that would not step down before ours. */
const hearsBetter = ({ settings, state }: Entry): boolean =>
  state.state === 'backup' &&
  state.heard !== null &&
  !state.leaving &&
  !beats(priorityOf(settings, state), state.heard);

/** The elections of all instances of one director and their sync groups: no I/O, no clock; the same calls give the same
 *  effects. Effects are in the order in which they shall be carried out. */
export class Elector {
  readonly #entries = new Map<string, Entry>();
  readonly #groups: Group[] = [];

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  state(name: string): ElectionState | undefined {
    return this.#entries.get(name)?.state;
  }

  /** A new instance, in `init` until it is started. One that is just being removed is kept as it is: `start` then takes
   *  the removal back. */
  add(name: string, settings: ElectionSettings, at: number): InstanceEffect[] {
    const entry = this.#entries.get(name);
    if (entry !== undefined) {
      entry.ending = false;
      return this.change(name, settings, at);
    }
    const state = initial(settings);
    this.#entries.set(name, { name, settings, state, judged: null, group: null, ending: false, shown: null });
    return [];
  }

  /** Other settings for an instance that stays what it is. Equal ones have no effect. */
  change(name: string, settings: ElectionSettings, at: number): InstanceEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined) return [];
    // What its group judged it by was the configured priority, if trackers never said another.
    if (entry.judged === null) entry.state = { ...entry.state, priority: null };
    const [state, effects] = retune(entry.settings, settings, entry.state, at);
    entry.settings = settings;
    entry.state = state;
    return effects.map((effect) => ({ instance: name, effect }));
  }

  /** Stops an instance; its group stays what it is. With `handover` it lives on until a successor was heard. */
  remove(name: string, at: number, handover: boolean): InstanceEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined) return [];
    const out: InstanceEffect[] = [];
    const { group } = entry;
    entry.ending = true;
    if (group !== null) {
      this.#regroup(this.#groups.map((each) => (each === group ? without(each, entry) : each)));
      this.#judge(group.members, at, out);
    }
    this.#step(entry, { kind: 'stop', at, handover }, out);
    return out;
  }

  /** The sync groups from now on; whoever joins masters becomes one. Names without an instance are passed over. */
  group(groups: readonly SyncGroup[], at: number): InstanceEffect[] {
    const were = new Map([...this.#entries.values()].map((entry) => [entry, entry.group?.name ?? null]));
    const next = groups.map(({ name, members }) => {
      const known = members.flatMap((member) => this.#entries.get(member) ?? []).filter((entry) => !entry.ending);
      const same = this.#groups.find((group) => group.name === name);
      return { name, members: known, heldBack: known.find((entry) => entry === same?.heldBack) ?? null };
    });
    this.#regroup(next);
    const out: InstanceEffect[] = [];
    this.#judge(were.keys(), at, out);
    for (const { name, members } of next) {
      const leader = members.find((member) => isMaster(member.state));
      const joined = members.filter((member) => were.get(member) !== name);
      if (leader !== undefined) this.#take(leader, joined, at, out);
    }
    return out;
  }

  /** Something happened to an instance. */
  handle(name: string, event: ElectionEvent): InstanceEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined) return [];
    const out: InstanceEffect[] = [];
    if (event.kind === 'judged') {
      entry.judged = { priority: event.priority, faults: event.faults };
      this.#judge(entry.group?.members ?? [entry], event.at, out);
    } else if (event.kind === 'silence' && this.#mustWait(entry, event)) {
      this.#step(entry, { kind: 'wait', at: event.at }, out);
    } else {
      this.#follow(entry, event, out);
    }
    return out;
  }

  /** Of each instance; the very same object as long as nothing about it has changed. */
  snapshot(): InstanceSnapshot[] {
    return [...this.#entries.values()].map(shownOf);
  }

  #regroup(groups: readonly Group[]): void {
    for (const entry of this.#entries.values()) entry.group = null;
    this.#groups.splice(0, this.#groups.length, ...groups);
    for (const group of groups) for (const entry of group.members) entry.group = group;
  }

  #step(entry: Entry, event: AnyEvent, out: InstanceEffect[]): void {
    const [state, effects] = step(entry.settings, entry.state, event);
    entry.state = state;
    for (const effect of effects) out.push({ instance: entry.name, effect });
    // A fault in the middle of the hand-over ends it as well.
    if (entry.ending && state.state !== 'master') this.#entries.delete(entry.name);
  }

  /** A member alone cannot take over what the group would lose again at once: one lost try is enough. */
  #mustWait(entry: Entry, event: AnyEvent): boolean {
    const held = entry.group?.heldBack ?? null;
    if (held === null || held === entry || !hearsBetter(held)) return false;
    return step(entry.settings, entry.state, event)[0].state === 'master';
  }

  /** Faults of one are faults of all. */
  #judge(entries: Iterable<Entry>, at: number, out: InstanceEffect[]): void {
    for (const entry of entries) {
      const others = (entry.group?.members ?? []).filter((member) => member !== entry);
      const theirs = others.flatMap(({ name, judged }) => (judged?.faults ?? []).map((fault) => `${name}: ${fault}`));
      const faults = [...(entry.judged?.faults ?? []), ...theirs];
      const priority = entry.judged?.priority ?? priorityOf(entry.settings, entry.state);
      const known = entry.state.priority === priority || entry.judged === null;
      if (known && sameTexts(faults, entry.state.faults)) continue;
      this.#follow(entry, { kind: 'judged', at, priority, faults }, out);
    }
  }

  /** Steps one member and takes the others along. */
  #follow(entry: Entry, event: AnyEvent, out: InstanceEffect[]): void {
    const before = entry.state;
    this.#step(entry, event, out);
    const after = entry.state;
    const { group } = entry;
    if (group === null || before === after) return;
    const { at } = event;
    if (isMaster(after) && !isMaster(before)) {
      this.#take(entry, group.members, at, out);
      group.heldBack = null;
    } else if (before.state === 'master' && after.state === 'backup') {
      if (before.leaving === null) group.heldBack = entry;
      this.#others(entry, { kind: 'leave', at, why: `follows ${entry.name}` }, out);
    } else if (event.kind === 'yield') {
      this.#others(entry, event, out);
    } else if (after.state === 'backup' && before.state !== 'backup') {
      const leader = group.members.find((member) => isMaster(member.state));
      if (leader !== undefined) this.#take(leader, [entry], at, out);
    }
  }

  #take(leader: Entry, members: readonly Entry[], at: number, out: InstanceEffect[]): void {
    for (const member of members) {
      if (member !== leader) this.#step(member, { kind: 'take', at, why: `follows ${leader.name}` }, out);
    }
  }

  #others(entry: Entry, event: AnyEvent, out: InstanceEffect[]): void {
    for (const member of entry.group?.members ?? []) if (member !== entry) this.#step(member, event, out);
  }
}

function shownOf(entry: Entry): InstanceSnapshot {
  const { name, settings, state } = entry;
  const group = entry.group?.name ?? null;
  const of = [settings, state, group];
  if (entry.shown?.of.every((part, index) => part === of[index])) return entry.shown.snapshot;
  const snapshot = snapshotOf(name, settings, state, group);
  entry.shown = { of, snapshot };
  return snapshot;
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

const without = (group: Group, entry: Entry): Group => ({
  name: group.name,
  members: group.members.filter((member) => member !== entry),
  heldBack: group.heldBack === entry ? null : group.heldBack,
});
