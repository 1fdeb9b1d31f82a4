import { formatEndpoint } from '../../base/ip.ts';
import type { Counters } from '../../model/observed.ts';
import type { VirtualServiceId } from '../../model/service.ts';
import { destinationKey } from '../../model/service.ts';
import { type Family, families, type Row, type Subject } from '../family.ts';
import { labelText } from '../labels.ts';
import { INSTANCE, type Instance } from '../subjects.ts';
import { COUNTERS, stateOf } from './keepalived.ts';

/** What gen2brain/keepalived_exporter says. */

const VRRP: Subject<Instance> = {
  labels: ['name', 'intf', 'vrid', 'state'],
  *items(scene) {
    for (const { of } of INSTANCE.items(scene)) {
      const { name, engine } = of.desired;
      const { interface: device, vrid } = engine.wire;
      yield { labels: labelText(VRRP.labels, [name, device, vrid, stateOf(of).word]), of };
    }
  },
};

/** IP's numbers. */
const PROTOCOL_NUMBERS = { tcp: 6, udp: 17, sctp: 132 } as const;

type AddressId = Extract<VirtualServiceId, { readonly kind: 'address' }>;
interface Counted {
  readonly stats: Counters | null;
}

const VIP: Subject<Counted> = {
  labels: ['addr', 'proto'],
  *items({ dump }) {
    for (const { service, stats } of dump?.services ?? []) {
      if (service.id.kind === 'address') yield { labels: labelText(VIP.labels, placeOf(service.id)), of: { stats } };
    }
  },
};

const REAL_SERVER: Subject<Counted> = {
  labels: ['vip', 'addr', 'proto'],
  *items({ dump }) {
    for (const { service, destinations } of dump?.services ?? []) {
      if (service.id.kind !== 'address') continue;
      const [vip, proto] = placeOf(service.id);
      for (const of of destinations)
        yield { labels: labelText(REAL_SERVER.labels, [vip, destinationKey(of), proto]), of };
    }
  },
};

const placeOf = ({ address, port, protocol }: AddressId): [string, number] => [
  formatEndpoint(address, port),
  PROTOCOL_NUMBERS[protocol],
];

const vrrp = (name: string, help: string, value: (instance: Instance) => number): Row<Instance> => ({
  name: `keepalived_vrrp_${name}`,
  type: 'counter',
  help,
  value,
});

const lvs = (what: 'vip' | 'rs'): readonly Row<Counted>[] =>
  (
    [
      ['in_packets', 'in packets', 'inPackets'],
      ['out_packets', 'out packets', 'outPackets'],
      ['in_bytes', 'in bytes', 'inBytes'],
      ['out_bytes', 'out bytes', 'outBytes'],
      ['conn', 'connections', 'connections'],
    ] as const
  ).map(([name, words, key]) => ({
    name: `keepalived_lvs_${what}_${name}`,
    type: 'counter',
    help: `${what.toUpperCase()} ${words}`,
    value: ({ stats }) => stats?.[key] ?? null,
  }));

export const GEN2BRAIN: readonly Family[] = [
  ...families(VRRP, [
    vrrp('advert_rcvd', 'Advertisements received', COUNTERS.advertsReceived),
    vrrp('advert_sent', 'Advertisements sent', COUNTERS.advertsSent),
    vrrp('become_master', 'Became master', COUNTERS.becameMaster),
    vrrp('release_master', 'Released master', COUNTERS.releasedMaster),
    vrrp('packet_len_err', 'Packet length errors', COUNTERS.lengthErrors),
    vrrp('advert_interval_err', 'Advertisement interval errors', COUNTERS.intervalErrors),
    vrrp('ip_ttl_err', 'TTL errors', COUNTERS.ttlErrors),
    vrrp('invalid_type_rcvd', 'Invalid type errors', COUNTERS.invalidTypes),
    vrrp('addr_list_err', 'Address list errors', COUNTERS.addressListErrors),
    vrrp('invalid_authtype', 'Authentication invalid', COUNTERS.authenticationInvalid),
    vrrp('authtype_mismatch', 'Authentication mismatch', COUNTERS.authenticationMismatch),
    vrrp('auth_failure', 'Authentication failure', COUNTERS.authenticationFailures),
    vrrp('pri_zero_rcvd', 'Priority zero received', COUNTERS.priorityZeroReceived),
    vrrp('pri_zero_sent', 'Priority zero sent', COUNTERS.priorityZeroSent),
  ]),
  ...families(VIP, lvs('vip')),
  ...families(REAL_SERVER, lvs('rs')),
];
