import type { Tracker, TrackerState } from '../../model/instance.ts';
import { type Family, families, type Item, type Row, type Subject } from '../family.ts';
import { labelText } from '../labels.ts';
import type { Scene } from '../scene.ts';
import { INFO, INSTANCE, type Instance } from '../subjects.ts';
import { COUNTERS, stateOf } from './keepalived.ts';

/** What mehdy/keepalived-exporter says. */

const LABELS = ['iname', 'intf', 'vrid'];

const VRRP: Subject<Instance> = {
  labels: LABELS,
  *items(scene) {
    for (const { of } of INSTANCE.items(scene)) {
      const { name, engine } = of.desired;
      yield { labels: labelText(LABELS, [name, engine.wire.interface, engine.wire.vrid]), of };
    }
  },
};

const ADDRESS_LABELS = [...LABELS, 'ip_address'];

/** Virtual addresses that adverts list, or those that they leave out (keepalived's virtual_ipaddress_excluded). An instance
 *  without any of the first kind has one series without an address. */
const virtual = (listed: boolean): Subject<Instance> => ({
  labels: ADDRESS_LABELS,
  *items(scene) {
    for (const { of } of INSTANCE.items(scene)) yield* addressesOf(of, listed);
  },
});

function* addressesOf(of: Instance, listed: boolean): Generator<Item<Instance>> {
  const { name, engine } = of.desired;
  const { vrid, interface: device, advertised } = engine.wire;
  const others = engine.held.map(({ address }) => address).filter((address) => !advertised.includes(address));
  for (const address of listed ? advertised : others) {
    const where = engine.held.find((held) => held.address === address)?.interface ?? device;
    yield { labels: labelText(ADDRESS_LABELS, [name, where, vrid, address]), of };
  }
  if (listed && advertised.length === 0) yield { labels: labelText(ADDRESS_LABELS, [name, device, vrid, '']), of };
}

interface Script {
  readonly tracker: Tracker;
  readonly state: TrackerState;
}

function* scriptsOf({ trackers }: Scene): Generator<Item<Script>> {
  const seen = new Set<string>();
  for (const of of trackers) {
    const { kind, name } = of.tracker;
    // Several instances may track one script.
    if (kind !== 'script' || seen.has(name)) continue;
    seen.add(name);
    yield { labels: labelText(['name'], [name]), of };
  }
}

const SCRIPT: Subject<Script> = { labels: ['name'], items: scriptsOf };

/** What the exporter's first releases called a counter, which the dashboard that it publishes (uid sU0p91qWk) still asks for,
 *  what the later ones call it, and its help. */
const COUNTED: readonly (readonly [string, string, string, (instance: Instance) => number])[] = [
  ['advert_rcvd', 'advertisements_received', 'Advertisements received', COUNTERS.advertsReceived],
  ['advert_sent', 'advertisements_sent', 'Advertisements sent', COUNTERS.advertsSent],
  ['become_master', 'become_master', 'Became master', COUNTERS.becameMaster],
  ['release_master', 'release_master', 'Released master', COUNTERS.releasedMaster],
  ['packet_len_err', 'packet_length_errors', 'Packet length errors', COUNTERS.lengthErrors],
  ['advert_interval_err', 'advertisements_interval_errors', 'Advertisement interval errors', COUNTERS.intervalErrors],
  ['ip_ttl_err', 'ip_ttl_errors', 'TTL errors', COUNTERS.ttlErrors],
  ['invalid_type_rcvd', 'invalid_type_received', 'Invalid type errors', COUNTERS.invalidTypes],
  ['addr_list_err', 'address_list_errors', 'Address list errors', COUNTERS.addressListErrors],
  ['invalid_authtype', 'authentication_invalid', 'Authentication invalid', COUNTERS.authenticationInvalid],
  ['authtype_mismatch', 'authentication_mismatch', 'Authentication mismatch', COUNTERS.authenticationMismatch],
  ['auth_failure', 'authentication_failure', 'Authentication failure', COUNTERS.authenticationFailures],
  ['pri_zero_rcvd', 'priority_zero_received', 'Priority zero received', COUNTERS.priorityZeroReceived],
  ['pri_zero_sent', 'priority_zero_sent', 'Priority zero sent', COUNTERS.priorityZeroSent],
  // Seconds until the second round, which no counter is; the names are the exporter's.
  [
    'garp_delay',
    'gratuitous_arp_delay',
    'Gratuitous ARP delay',
    ({ desired }) => desired.engine.announce.repeatAfterMs / 1000,
  ],
];

const counters = (nameOf: (former: string, later: string) => string): readonly Row<Instance>[] =>
  COUNTED.map(([former, later, help, value]) => ({ name: nameOf(former, later), type: 'counter', help, value }));

/** Its own script asks whether the address works; ours is the election, which knows of no fault. */
const checkScript = (name: string): Row<Instance> => ({
  name,
  type: 'gauge',
  help: 'Check Script status for each VIP',
  value: ({ figures }) => ((figures?.faults.length ?? 0) === 0 ? 1 : 0),
});

export const MEHDY: readonly Family[] = [
  ...families(
    VRRP,
    counters((_, later) => `keepalived_${later}_total`),
  ),
  ...families(virtual(true), [
    { name: 'keepalived_vrrp_state', type: 'gauge', help: 'State of vrrp', value: (of) => stateOf(of).number },
    checkScript('keepalived_exporter_check_script_status'),
  ]),
  ...families(virtual(false), [
    {
      name: 'keepalived_vrrp_excluded_state',
      type: 'gauge',
      help: 'State of vrrp with excluded VIP',
      value: (of) => stateOf(of).number,
    },
  ]),
  ...families(SCRIPT, [
    {
      name: 'keepalived_script_status',
      type: 'gauge',
      help: 'Tracker Script Status',
      value: ({ state }) => (state.state === 'up' ? 1 : 0),
    },
    {
      name: 'keepalived_script_state',
      type: 'gauge',
      help: 'Tracker Script State',
      // 0 is idle; whether a run is under way is not told.
      value: () => 0,
    },
  ]),
  ...families(INFO, [
    { name: 'keepalived_exporter_build_info', type: 'info', help: 'What runs here: Fairlead', value: () => 1 },
  ]),
  // Last, and complete: the names of before.
  ...families(
    VRRP,
    counters((former) => `keepalived_${former}`),
  ),
  ...families(virtual(true), [checkScript('keepalived_check_script_status')]),
];
