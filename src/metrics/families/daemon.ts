import { directorInMaintenance, OVERRIDE_KIND_NAMES, type Overrides } from '../../model/override.ts';
import type { ServerChecks } from '../counts.ts';
import type { Subject } from '../family.ts';
import { type Family, families } from '../family.ts';
import type { Histogram } from '../histogram.ts';
import { labelText } from '../labels.ts';
import { DAEMON, INFO } from '../subjects.ts';

const countByKind = ({ rows }: Overrides): [string, number][] => {
  const all = [...rows.values()];
  return OVERRIDE_KIND_NAMES.map((kind) => [kind, all.filter((row) => row.kind === kind).length]);
};

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

export const DAEMON_FAMILIES: readonly Family[] = [
  ...families(INFO, [{ name: 'fairlead_build_info', type: 'info', help: 'what runs here', value: () => 1 }]),
  ...families(DAEMON, [
    {
      name: 'fairlead_up',
      type: 'gauge',
      help: '1: the kernel was read for these numbers; 0: it could not be, and what is told of it is old',
      value: ({ kernelRead }) => (kernelRead ? 1 : 0),
    },
    {
      name: 'fairlead_start_time_seconds',
      type: 'gauge',
      help: 'when the daemon started, as seconds since 1970',
      value: ({ startedAt }) => startedAt / 1000,
    },
    {
      name: 'fairlead_config_revision',
      type: 'gauge',
      help: 'accepted configurations since the start',
      value: ({ revision }) => revision,
    },
    {
      name: 'fairlead_config_last_reload_successful',
      type: 'gauge',
      help: '0: the last reload was refused, and what ran before goes on',
      value: ({ reloadRefused }) => (reloadRefused ? 0 : 1),
    },
    {
      name: 'fairlead_config_last_reload_timestamp_seconds',
      type: 'gauge',
      help: 'when a reload was asked for last',
      value: ({ counts }) => seconds(counts.reloadedAt),
    },
    {
      name: 'fairlead_config_reloads_total',
      type: 'counter',
      help: 'reloads by what came of them',
      parts: { label: 'outcome', of: ({ counts }) => Object.entries(counts.reloads) },
    },
    {
      name: 'fairlead_check_answers_refused_total',
      type: 'counter',
      help: 'answers to half-open checks that fit nothing that was asked: late, or forged',
      value: ({ refusedAnswers }) => refusedAnswers,
    },
    {
      name: 'fairlead_maintenance',
      type: 'gauge',
      help: '1: maintenance is on, this director takes nothing',
      value: ({ overrides }) => (directorInMaintenance(overrides) ? 1 : 0),
    },
    {
      name: 'fairlead_overrides',
      type: 'gauge',
      help: 'what operators set on top of the file, by kind',
      parts: { label: 'kind', of: ({ overrides }) => countByKind(overrides) },
    },
    {
      name: 'fairlead_overrides_revision',
      type: 'gauge',
      help: 'counts changes of what operators set, across restarts',
      value: ({ overrides }) => overrides.revision,
    },
    {
      name: 'fairlead_overrides_lost_total',
      type: 'counter',
      help: 'files of overrides that could not be used and were set aside',
      value: ({ counts }) => counts.overridesLost,
    },
    {
      name: 'fairlead_events_total',
      type: 'counter',
      help: 'what `fairlead events` told, by kind',
      parts: { label: 'kind', of: ({ counts }) => counts.events },
    },
    {
      name: 'fairlead_event_loop_delay_seconds',
      type: 'histogram',
      help: "the longest delay of the main thread's event loop in each second",
      histogram: ({ counts }) => counts.loopSeconds,
    },
    {
      name: 'fairlead_queue_drops_total',
      type: 'counter',
      help: 'what was lost because nobody kept up, by queue',
      parts: { label: 'queue', of: ({ counts }) => counts.drops },
    },
    {
      name: 'fairlead_api_clients_let_go_total',
      type: 'counter',
      help: 'clients of the API that were let go, because they did not read their answer, lost the right to it, or did not send their request in time',
      parts: { label: 'reason', of: ({ counts }) => counts.lettingGo },
    },
    {
      name: 'fairlead_lease_seconds',
      type: 'gauge',
      help: 'a daemon that hangs longer than this gives up what it is master of',
      value: ({ leaseMs }) => leaseMs / 1000,
    },
    {
      name: 'fairlead_lease_margin_seconds',
      type: 'gauge',
      help: 'what was left of the lease when it was renewed last',
      value: ({ counts }) => seconds(counts.lease.marginMs),
    },
    {
      name: 'fairlead_lease_margin_lowest_seconds',
      type: 'gauge',
      help: 'the least that was ever left of the lease',
      value: ({ counts }) => seconds(counts.lease.lowestMs),
    },
    {
      name: 'fairlead_lease_losses_total',
      type: 'counter',
      help: 'how often the lease ran out and everything was given up',
      value: ({ counts }) => counts.lease.lost,
    },
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'processor time of the daemon, all threads',
      value: (scene) => scene.process.cpuSeconds,
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'resident memory of the daemon',
      value: (scene) => scene.process.residentBytes,
    },
    {
      name: 'nodejs_heap_size_used_bytes',
      type: 'gauge',
      help: "used heap of the daemon's main thread",
      value: (scene) => scene.process.heapBytes,
    },
  ]),
];

const CHECKED: Subject<ServerChecks> = {
  labels: ['service', 'server'],
  *items({ counts }) {
    for (const of of counts.checks.values()) yield { labels: labelText(CHECKED.labels, [of.service, of.server]), of };
  },
};

const CHECKED_SERVICE: Subject<Histogram> = {
  labels: ['service'],
  *items({ counts }) {
    for (const [name, of] of counts.checkSeconds) yield { labels: labelText(CHECKED_SERVICE.labels, [name]), of };
  },
};

export const CHECK_FAMILIES: readonly Family[] = [
  ...families(CHECKED, [
    {
      name: 'fairlead_check_results_total',
      type: 'counter',
      help: 'results of health checks, by what came of them',
      parts: { label: 'outcome', of: ({ outcomes }) => outcomes },
    },
    {
      name: 'fairlead_check_last_duration_seconds',
      type: 'gauge',
      help: 'how long the last check took',
      value: ({ lastMs }) => lastMs / 1000,
    },
  ]),
  ...families(CHECKED_SERVICE, [
    {
      name: 'fairlead_check_duration_seconds',
      type: 'histogram',
      help: 'how long checks took, all servers of a service together',
      histogram: (seconds) => seconds,
    },
  ]),
];

const OPERATION: Subject<ReadonlyMap<string, number>> = {
  labels: ['kind'],
  *items({ counts }) {
    for (const [kind, of] of counts.operations) yield { labels: labelText(OPERATION.labels, [kind]), of };
  },
};

export const KERNEL_FAMILIES: readonly Family[] = [
  ...families(DAEMON, [
    {
      name: 'fairlead_observe_duration_seconds',
      type: 'histogram',
      help: 'how long reading the kernel took',
      histogram: ({ counts }) => counts.observeSeconds,
    },
    {
      name: 'fairlead_plan_duration_seconds',
      type: 'histogram',
      help: 'how long deciding took: gate, linger and plan of one pass',
      histogram: ({ counts }) => counts.planSeconds,
    },
    {
      name: 'fairlead_apply_duration_seconds',
      type: 'histogram',
      help: 'how long the kernel took to carry a plan out',
      histogram: ({ counts }) => counts.applySeconds,
    },
    {
      name: 'fairlead_operations_failing',
      type: 'gauge',
      help: 'operations that the kernel refused in the newest pass; they are tried again',
      value: ({ failures }) => failures,
    },
  ]),
  ...families(OPERATION, [
    {
      name: 'fairlead_operations_total',
      type: 'counter',
      help: 'operations of plans, by kind and result',
      parts: { label: 'result', of: (results) => results },
    },
  ]),
];
