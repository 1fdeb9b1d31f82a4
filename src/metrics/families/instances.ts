import type { EngineCounters } from '../../model/engine.ts';
import type { VrrpState } from '../../model/vrrp.ts';
import { type Family, families, type Subject } from '../family.ts';
import { labelText } from '../labels.ts';
import { ADDRESS, DAEMON, INSTANCE, INSTANCE_INFO } from '../subjects.ts';

const STATES: readonly VrrpState[] = ['init', 'backup', 'master', 'fault'];

type Stranger = EngineCounters['strangers'][number];

const STRANGER: Subject<Stranger> = {
  labels: ['interface', 'family'],
  *items({ engine }) {
    for (const of of engine.strangers) yield { labels: labelText(STRANGER.labels, [of.interface, of.family]), of };
  },
};

/** VRRP. */
export const INSTANCE_FAMILIES: readonly Family[] = [
  ...families(INSTANCE_INFO, [
    { name: 'fairlead_instance_info', type: 'info', help: 'what an instance is', value: () => 1 },
  ]),
  ...families(INSTANCE, [
    {
      name: 'fairlead_instance_state',
      type: 'gauge',
      help: 'the role of an instance: 1 for the state it is in, 0 for the others',
      states: { label: 'state', words: STATES, now: ({ figures }) => figures?.state ?? 'init' },
    },
    {
      name: 'fairlead_instance_state_start_timestamp_seconds',
      type: 'gauge',
      help: 'since when an instance is in its state',
      value: ({ figures }) => (figures ? figures.since / 1000 : null),
    },
    {
      name: 'fairlead_instance_priority',
      type: 'gauge',
      help: 'what an instance advertises, or would',
      value: ({ desired, figures }) => figures?.priority ?? desired.election.priority,
    },
    {
      name: 'fairlead_instance_faults',
      type: 'gauge',
      help: 'what keeps an instance out of the election',
      value: ({ figures }) => figures?.faults.length ?? 0,
    },
    {
      name: 'fairlead_instance_rivals',
      type: 'gauge',
      help: 'others that claim what this director is master of',
      value: ({ figures }) => figures?.rivals.length ?? 0,
    },
    {
      name: 'fairlead_instance_duplicate_addresses',
      type: 'gauge',
      help: 'addresses held here for which somebody else on the segment answers too',
      value: ({ figures }) => figures?.duplicates.length ?? 0,
    },
    {
      name: 'fairlead_instance_role_changes_total',
      type: 'counter',
      help: 'how often an instance entered a state',
      parts: {
        label: 'state',
        of: ({ figures }) => STATES.map((state) => [state, figures?.counts.entered[state] ?? 0] as const),
      },
    },
    {
      name: 'fairlead_instance_mastership_ends_total',
      type: 'counter',
      help: 'how often an instance was master and left off',
      value: ({ figures }) => figures?.counts.released ?? 0,
    },
    {
      name: 'fairlead_vrrp_adverts_sent_total',
      type: 'counter',
      help: 'adverts that left',
      value: ({ counters }) => counters?.sent ?? null,
    },
    {
      name: 'fairlead_vrrp_advert_send_failures_total',
      type: 'counter',
      help: 'adverts that the system refused to send',
      value: ({ counters }) => counters?.failed ?? null,
    },
    {
      name: 'fairlead_vrrp_adverts_late_total',
      type: 'counter',
      help: 'adverts that left more than half an interval late',
      value: ({ counters }) => counters?.late ?? null,
    },
    {
      name: 'fairlead_vrrp_advert_longest_gap_seconds',
      type: 'gauge',
      help: 'the longest time between two adverts',
      value: ({ counters }) => (counters ? counters.longestGapMs / 1000 : null),
    },
    {
      name: 'fairlead_vrrp_packets_received_total',
      type: 'counter',
      help: 'packets by what became of them: accepted, or why not',
      parts: { label: 'verdict', of: ({ counters }) => Object.entries(counters?.received ?? {}) },
    },
    {
      name: 'fairlead_vrrp_leaving_adverts_sent_total',
      type: 'counter',
      help: 'hand-overs that were announced: priority 0 was sent',
      value: ({ figures }) => figures?.counts.leavingSaid ?? 0,
    },
    {
      name: 'fairlead_vrrp_leaving_adverts_received_total',
      type: 'counter',
      help: 'adverts with priority 0 that were heard',
      value: ({ figures }) => figures?.counts.leavingHeard ?? 0,
    },
    {
      name: 'fairlead_vrrp_announcements_sent_total',
      type: 'counter',
      help: 'gratuitous ARP and neighbour advertisements that left',
      value: ({ counters }) => counters?.announced ?? null,
    },
    {
      name: 'fairlead_vrrp_addresses_restored_total',
      type: 'counter',
      help: 'addresses that others removed and the engine put back',
      value: ({ counters }) => counters?.disturbed ?? null,
    },
  ]),
  ...families(STRANGER, [
    {
      name: 'fairlead_vrrp_stranger_packets_received_total',
      type: 'counter',
      help: 'packets that belong to no instance, by verdict',
      parts: { label: 'verdict', of: ({ received }) => Object.entries(received) },
    },
  ]),
  ...families(DAEMON, [
    {
      name: 'fairlead_vrrp_advert_lateness_seconds',
      type: 'histogram',
      help: 'how late adverts left, all instances together',
      histogram({ engine: { lateness } }) {
        if (lateness.boundsNs.length === 0) return null;
        return { bounds: lateness.boundsNs.map((ns) => ns / 1e9), counts: lateness.counts, sum: null };
      },
    },
  ]),
  ...families(ADDRESS, [
    {
      name: 'fairlead_address_present',
      type: 'gauge',
      help: '1: this director holds the address now',
      value: ({ present }) => (present ? 1 : 0),
    },
  ]),
];
