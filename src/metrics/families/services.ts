import type { TargetDestination } from '../../model/desired.ts';
import type { Counters } from '../../model/observed.ts';
import type { SyncDaemon } from '../../model/sync.ts';
import { fulfils } from '../../model/sync.ts';
import { type Family, families, type Row, type Subject } from '../family.ts';
import { labelText } from '../labels.ts';
import { DESTINATION, LISTENER, SERVER, SERVICE, type Server, type Service } from '../subjects.ts';

const HEALTH = ['up', 'down', 'unknown', 'unchecked'];

const healthOf = ({ desired, verdict }: Server): string =>
  desired.check === null ? 'unchecked' : (verdict?.status ?? 'unknown');

/** A server may stand at the fallback's address. */
const isFallback = ({ desired: { fallback, servers } }: Service, entry: TargetDestination): boolean =>
  fallback !== null && entry.server === fallback.name && !servers.some(({ name }) => name === fallback.name);

/** Servers that take new connections, of the listener that has the fewest. */
const available = (service: Service): number =>
  service.listeners.length === 0
    ? 0
    : Math.min(
        ...service.listeners.map(
          ({ destinations }) =>
            destinations.filter((entry) => entry.destination.weight > 0 && !isFallback(service, entry)).length,
        ),
      );

const fallenBack = (service: Service): boolean =>
  service.listeners.some(({ destinations }) => destinations.some((entry) => isFallback(service, entry)));

/** The kernel's counters, of a virtual service or of one of its destinations. */
const traffic = (prefix: string): readonly Row<{ readonly stats: Counters | null }>[] => [
  {
    name: `${prefix}_connections_total`,
    type: 'counter',
    help: 'connections that were scheduled; up to 2 s old, as all that follow',
    value: ({ stats }) => stats?.connections ?? null,
  },
  {
    name: `${prefix}_received_packets_total`,
    type: 'counter',
    help: 'packets from clients',
    value: ({ stats }) => stats?.inPackets ?? null,
  },
  {
    name: `${prefix}_sent_packets_total`,
    type: 'counter',
    help: 'packets to clients; only NAT sees them',
    value: ({ stats }) => stats?.outPackets ?? null,
  },
  {
    name: `${prefix}_received_bytes_total`,
    type: 'counter',
    help: 'bytes from clients',
    value: ({ stats }) => stats?.inBytes ?? null,
  },
  {
    name: `${prefix}_sent_bytes_total`,
    type: 'counter',
    help: 'bytes to clients; only NAT sees them',
    value: ({ stats }) => stats?.outBytes ?? null,
  },
];

interface Sync {
  readonly daemon: SyncDaemon;
  readonly running: boolean;
}

const SYNC: Subject<Sync> = {
  labels: ['role', 'interface'],
  *items({ target, dump }) {
    for (const daemon of target?.daemons ?? []) {
      const running = dump?.daemons.some((present) => fulfils(present, daemon)) ?? false;
      yield { labels: labelText(SYNC.labels, [daemon.state, daemon.interface]), of: { daemon, running } };
    }
  },
};

export const SERVICE_FAMILIES: readonly Family[] = [
  ...families(SERVICE, [
    {
      name: 'fairlead_service_servers',
      type: 'gauge',
      help: 'servers of the file',
      value: ({ desired }) => desired.servers.length,
    },
    {
      name: 'fairlead_service_servers_available',
      type: 'gauge',
      help: 'servers that take new connections; of several listeners the one with the fewest',
      value: available,
    },
    {
      name: 'fairlead_service_fallback_active',
      type: 'gauge',
      help: '1: no server takes connections, the fallback gets them',
      value: (service) => (service.desired.fallback === null ? null : fallenBack(service) ? 1 : 0),
    },
    {
      name: 'fairlead_service_panic',
      type: 'gauge',
      help: '1: most servers look dead, which is not believed, and all of them serve; absent without panic in the file',
      value: ({ desired, scene }) =>
        desired.panic === undefined ? null : scene.conditions.get(desired.name)?.panic ? 1 : 0,
    },
    {
      name: 'fairlead_service_quorum_held',
      type: 'gauge',
      help: '1: enough of the service is healthy, 0: the quorum is lost; absent without a quorum in the file, and until it is known',
      value: ({ desired, scene }) => {
        const held = scene.conditions.get(desired.name)?.quorum?.held ?? null;
        return held === null ? null : held ? 1 : 0;
      },
    },
  ]),
  ...families(SERVER, [
    {
      name: 'fairlead_server_state',
      type: 'gauge',
      help: 'the health of a server: 1 for the state it is in, 0 for the others',
      states: { label: 'state', words: HEALTH, now: healthOf },
    },
    {
      name: 'fairlead_server_state_start_timestamp_seconds',
      type: 'gauge',
      help: 'since when a server is in its state',
      value: ({ verdict, scene }) => (verdict ? (scene.wall - (scene.now - verdict.since)) / 1000 : null),
    },
    {
      name: 'fairlead_server_held_back',
      type: 'gauge',
      help: '1: the server answers, but came and went too often to be trusted yet; absent without damping in the file',
      value: ({ desired, verdict }) =>
        desired.check?.damping === undefined ? null : verdict?.heldBack === undefined ? 0 : 1,
    },
    {
      name: 'fairlead_check_certificate_expiry_timestamp_seconds',
      type: 'gauge',
      help: 'when the certificate ends that the server showed its check; absent where it shows none',
      value: ({ verdict }) => (verdict?.certificate ? verdict.certificate.endsAt / 1000 : null),
    },
    {
      name: 'fairlead_server_drained',
      type: 'gauge',
      help: '1: an operator drains the server',
      value: ({ desired }) => (desired.administrative === 'drain' ? 1 : 0),
    },
    {
      name: 'fairlead_server_maintenance',
      type: 'gauge',
      help: '1: an operator took the server, or its service, out of the table',
      value: ({ desired }) => (desired.administrative === 'maintenance' ? 1 : 0),
    },
    {
      name: 'fairlead_server_pinned',
      type: 'gauge',
      help: '1: an operator says whether the server is up or down, whatever its checks find',
      value: ({ desired }) => (desired.pinned === undefined ? 0 : 1),
    },
    {
      name: 'fairlead_server_configured_weight',
      type: 'gauge',
      help: 'the weight of the file',
      value: ({ desired }) => desired.fileWeight ?? desired.weight,
    },
  ]),
  ...families(LISTENER, traffic('fairlead_listener')),
  ...families(DESTINATION, [
    {
      name: 'fairlead_destination_weight',
      type: 'gauge',
      help: 'the weight in the kernel',
      value: ({ weight }) => weight,
    },
    {
      name: 'fairlead_destination_active_connections',
      type: 'gauge',
      help: 'established connections',
      value: ({ activeConnections }) => activeConnections,
    },
    {
      name: 'fairlead_destination_inactive_connections',
      type: 'gauge',
      help: 'connections that begin or end',
      value: ({ inactiveConnections }) => inactiveConnections,
    },
    ...traffic('fairlead_destination'),
  ]),
  ...families(SYNC, [
    {
      name: 'fairlead_sync_running',
      type: 'gauge',
      help: '1: the connection sync daemon that the file wants runs as it wants it',
      value: ({ running }) => (running ? 1 : 0),
    },
  ]),
];
