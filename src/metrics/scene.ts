import type { Desired, Target } from '../model/desired.ts';
import type { EngineCounters } from '../model/engine.ts';
import type { Verdicts } from '../model/health.ts';
import type { Tracker, TrackerState } from '../model/instance.ts';
import type { Counters, KernelDump } from '../model/observed.ts';
import type { Overrides } from '../model/override.ts';
import type { VrrpState } from '../model/vrrp.ts';
import type { Counts } from './counts.ts';
import type { LabelCache } from './labels.ts';

/** What an instance's election says of it, as far as metrics go. */
export interface InstanceFigures {
  readonly state: VrrpState;
  /** Wall-clock milliseconds. */
  readonly since: number;
  readonly group: string | null;
  readonly priority: number;
  readonly faults: readonly string[];
  readonly rivals: readonly unknown[];
  readonly duplicates: readonly unknown[];
  readonly master: { readonly intervalMs: number } | null;
  readonly counts: InstanceCounts;
}

/** What happened to an instance since it was added. */
export interface InstanceCounts {
  /** How often it entered each state. */
  readonly entered: Readonly<Record<VrrpState, number>>;
  /** How often it was master and left off. */
  readonly released: number;
  /** Adverts with priority 0. */
  readonly leavingHeard: number;
  readonly leavingSaid: number;
}

/** Everything that metrics are made of: the store as it stands, and what was counted. Times are milliseconds. */
export interface Scene {
  readonly version: string;
  readonly node: string;
  readonly director: string;
  /** Monotonic, and wall-clock. */
  readonly now: number;
  readonly wall: number;
  readonly startedAt: number;
  readonly revision: number;
  readonly reloadRefused: boolean;
  readonly failures: number;
  readonly overrides: Overrides;
  readonly leaseMs: number;
  readonly desired: Desired;
  readonly target: Target | null;
  readonly dump: KernelDump | null;
  /** Whether the kernel could be read for this. */
  readonly kernelRead: boolean;
  /** Of the whole network namespace; null where the kernel does not tell. */
  readonly totals: Counters | null;
  readonly verdicts: Verdicts;
  /** By service, of those that ask for any. */
  readonly conditions: ReadonlyMap<string, ServiceFigures>;
  readonly instances: ReadonlyMap<string, InstanceFigures>;
  readonly trackers: readonly { readonly tracker: Tracker; readonly state: TrackerState }[];
  readonly engine: EngineCounters;
  /** Of services and addresses; of servers `fairlead report` tells. */
  readonly availability: readonly AvailabilityFigures[];
  /** Answers to checks that fit nothing that was asked. */
  readonly refusedAnswers: number;
  readonly counts: Counts;
  readonly process: ProcessFigures;
  readonly labels: LabelCache;
}

/** What holds for a service as a whole, as far as metrics go. */
export interface ServiceFigures {
  readonly panic: string | null;
  readonly quorum: { readonly held: boolean | null } | null;
}

export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** How something fared in a window that ends now. */
export interface AvailabilityFigures {
  readonly kind: string;
  readonly name: string;
  readonly window: string;
  /** 0 to 1; null: nothing was observed. */
  readonly ratio: number | null;
  readonly downSeconds: number;
  readonly plannedSeconds: number;
  readonly incidents: number;
  /** Null: it has no target. */
  readonly budget: BudgetFigures | null;
}

export interface BudgetFigures {
  readonly allowedSeconds: number;
  readonly usedSeconds: number;
}
