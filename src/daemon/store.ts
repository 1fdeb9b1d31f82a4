import type { Config } from '../config/schema.ts';
import type { Conditions } from '../decide/conditions.ts';
import { Counts } from '../metrics/counts.ts';
import type { Desired, Target } from '../model/desired.ts';
import type { Transition, Verdicts } from '../model/health.ts';
import type { Roles } from '../model/instance.ts';
import type { KernelDump } from '../model/observed.ts';
import type { OpFailure, Plan } from '../model/op.ts';
import type { Overrides } from '../model/override.ts';
import type { VrrpState } from '../model/vrrp.ts';
import type { EffectivePriority } from '../vrrp/priority.ts';
import type { InstanceReport } from './election-loop.ts';

export const EVENT_KINDS = ['daemon', 'config', 'health', 'election', 'plan', 'operator', 'audit', 'problem'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Something worth telling: what was decided and why. `at` is wall-clock milliseconds. */
export interface DirectorEvent {
  readonly id: number;
  readonly at: number;
  readonly kind: EventKind;
  readonly text: string;
}

/** The latest of everything that flows through the daemon. Readers (API, CLI, metrics) see only this. */
export interface Snapshot {
  readonly config: Config;
  /** The file the configuration came from. */
  readonly file: string;
  /** Counts accepted configurations, from 1. */
  readonly revision: number;
  /** What operators set on top of the file. */
  readonly overrides: Overrides;
  readonly desired: Desired;
  /** Changed in place by the health driver: thousands of results a second are not worth a copy each. What was read before
   *  an await may have changed after it. */
  readonly verdicts: Verdicts;
  /** The latest changes of each server's status, oldest first, by serverKey. */
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
  /** The latest changes of each instance's role, oldest first, by name. */
  readonly roleChanges: ReadonlyMap<string, readonly Transition<VrrpState>[]>;
  /** What keeps checks from being made, in words; such servers keep their state. */
  readonly checkTrouble: readonly string[];
  /** Certificates of servers that end soon, in words. */
  readonly certificates: readonly string[];
  /** Panic, quorum and slow start of the services that ask for them. */
  readonly conditions: Conditions;
  /** What the election said of each instance, by name. */
  readonly instances: ReadonlyMap<string, InstanceReport>;
  /** The roles alone, for gate(). */
  readonly roles: Roles;
  /** How each instance's priority comes about. */
  readonly priorities: ReadonlyMap<string, EffectivePriority>;
  readonly target: Target | null;
  readonly dump: KernelDump | null;
  /** Monotonic milliseconds of `dump`. */
  readonly dumpAt: number;
  /** The last plan that changed something. */
  readonly plan: Plan | null;
  /** Notes of the newest plan: what was seen and left alone. */
  readonly notes: readonly string[];
  /** Operations the kernel refused in the newest pass; they are tried again. */
  readonly failures: readonly OpFailure[];
  /** Why the last SIGHUP changed nothing; null after a good one. */
  readonly refusedReload: string | null;
  /** What the last accepted reload means: warnings about the file, and which clients get another server. */
  readonly reloadNotes: readonly string[];
  readonly startedAt: number;
}

const KEPT_EVENTS = 1000;

export class Store {
  /** What was counted since the start. */
  readonly counts = new Counts();
  /** How long the latest change of a server's health took from its first sign, in milliseconds, by serverKey. */
  readonly detected = new Map<string, number>();
  #snapshot: Snapshot;
  #events: DirectorEvent[] = [];
  #nextEvent = 1;
  readonly #wall: () => number;
  readonly #listeners = new Set<(event: DirectorEvent) => void>();
  /** Brings here what is counted elsewhere in passing. */
  #gather: () => void = () => {};

  constructor(initial: Snapshot, wall: () => number) {
    this.#snapshot = initial;
    this.#wall = wall;
  }

  get(): Snapshot {
    return this.#snapshot;
  }

  /** Whoever counts the results of checks elsewhere says how to bring them here. */
  gatherBy(gather: () => void): void {
    this.#gather = gather;
  }

  /** Before anybody reads `counts` or the latest results of checks: those that changed nothing may lie elsewhere until now. */
  gather(): void {
    this.#gather();
  }

  set(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
  }

  tell(kind: EventKind, text: string): void {
    const event = { id: this.#nextEvent++, at: this.#wall(), kind, text };
    this.counts.event(kind);
    this.#events.push(event);
    if (this.#events.length > KEPT_EVENTS) this.#events = this.#events.slice(-KEPT_EVENTS / 2);
    for (const listener of this.#listeners) listener(event);
  }

  /** Id of the oldest event that is kept; that of the next one when none is. */
  get oldestEvent(): number {
    return this.#events[0]?.id ?? this.#nextEvent;
  }

  /** Events newer than `after`, oldest first. */
  events(after = 0): readonly DirectorEvent[] {
    return this.#events.filter((event) => event.id > after);
  }

  onEvent(listener: (event: DirectorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
