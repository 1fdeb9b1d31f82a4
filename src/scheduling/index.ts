import { SCHEDULERS, type SchedulerName } from '../model/schedulers.ts';
import {
  leastConnections,
  neverQueue,
  overflow,
  shortestExpectedDelay,
  weightedLeastConnections,
} from './connections.ts';
import { destinationHash, maglev, sourceHash } from './hashing.ts';
import { dependsOn, heaviestFirst } from './loading.ts';
import type { PredictorMaker } from './prediction.ts';
import { dhWarnings, mhWarnings, ovfWarnings, shWarnings, type Warn } from './warnings.ts';

interface PolicyRow {
  /** What must hold for the promise to be kept. */
  readonly needs: readonly string[];
  readonly predict: PredictorMaker;
  readonly warnings: Warn;
}

const none: Warn = () => [];

const SAME_ORDER = 'the same destinations in the same list order on every director';
const SAME_KERNEL = 'kernels built with the same table size on every director';
const OWN_VIEW = 'connections that all pass this director: another one does not see them';

/** What each scheduler needs and how to tell whom it takes; SCHEDULERS says what it promises. */
const ROWS: Readonly<Record<SchedulerName, PolicyRow>> = {
  rr: { needs: [], predict: dependsOn('rr', 'whose turn it is, which the kernel does not show'), warnings: none },
  wrr: { needs: [], predict: dependsOn('wrr', 'whose turn it is, which the kernel does not show'), warnings: none },
  lc: { needs: [OWN_VIEW], predict: dependsOn('lc', 'open connections', leastConnections), warnings: none },
  wlc: { needs: [OWN_VIEW], predict: dependsOn('wlc', 'open connections', weightedLeastConnections), warnings: none },
  sed: { needs: [OWN_VIEW], predict: dependsOn('sed', 'open connections', shortestExpectedDelay), warnings: none },
  nq: { needs: [OWN_VIEW], predict: dependsOn('nq', 'open connections', neverQueue), warnings: none },
  fo: { needs: ['weights that rank the destinations'], predict: heaviestFirst, warnings: none },
  ovf: {
    needs: ['weights that are connection limits', OWN_VIEW],
    predict: dependsOn('ovf', 'open connections', overflow),
    warnings: ovfWarnings,
  },
  sh: {
    needs: [SAME_ORDER, SAME_KERNEL, 'weights whose sum is far below 256'],
    predict: sourceHash,
    warnings: shWarnings,
  },
  mh: {
    needs: [SAME_ORDER, SAME_KERNEL, '64-bit kernels of one byte order', 'weights within a ratio of 63:1'],
    predict: maglev,
    warnings: mhWarnings,
  },
  dh: { needs: [SAME_ORDER, SAME_KERNEL], predict: destinationHash, warnings: dhWarnings },
  lblc: { needs: [OWN_VIEW], predict: dependsOn('lblc', 'open connections and earlier choices'), warnings: none },
  lblcr: { needs: [OWN_VIEW], predict: dependsOn('lblcr', 'open connections and earlier choices'), warnings: none },
  twos: { needs: [OWN_VIEW], predict: dependsOn('twos', 'chance and open connections'), warnings: none },
};

/** One scheduler with everything known of it: its row of SCHEDULERS, what it needs, how to predict it. */
export type Policy = PolicyRow & (typeof SCHEDULERS)[SchedulerName] & { readonly name: SchedulerName };

const isScheduler = (name: string): name is SchedulerName => Object.hasOwn(SCHEDULERS, name);

export const policyOf = (name: string): Policy | undefined =>
  isScheduler(name) ? { name, ...SCHEDULERS[name], ...ROWS[name] } : undefined;

export const POLICIES: readonly Policy[] = Object.keys(SCHEDULERS).flatMap((name) => policyOf(name) ?? []);
