import type {
  DestinationStatus,
  DirectorEvent,
  InstanceStatus,
  ServiceStatus,
  Status,
} from '../../src/api/operations.ts';
import type { Look } from '../../src/cli/top/state.ts';

/** What `fairlead top` would see, without a daemon. */

const START = Date.UTC(2026, 10, 29, 12, 0, 0);

export interface Made {
  readonly name: string;
  readonly servers: readonly {
    readonly name: string;
    readonly health?: 'up' | 'down' | 'unchecked';
    readonly why?: string;
  }[];
  readonly perSecond?: number;
}

const NOTHING = { inPackets: '0', outPackets: '0', inBytes: '0', outBytes: '0' };

function destination(index: number, server: string, why: string): DestinationStatus {
  return {
    ...NOTHING,
    key: `10.0.0.${index + 1}:80`,
    address: `10.0.0.${index + 1}`,
    port: 80,
    forward: 'dr',
    weight: 1,
    activeConnections: index,
    inactiveConnections: 10 * index,
    connections: String(1000 * index),
    server,
    why,
  };
}

export function service({ name, servers, perSecond = 0 }: Made, index = 0): ServiceStatus {
  return {
    name,
    listeners: [
      {
        ...NOTHING,
        key: `tcp://10.0.${index >> 8}.${index & 255}:80`,
        service: {
          id: { kind: 'address', protocol: 'tcp', address: `10.0.${index >> 8}.${index & 255}`, port: 80 },
          scheduler: 'mh',
          schedulerFlags: 0,
          onePacket: false,
          persistence: null,
          netmask: '255.255.255.255',
        },
        inKernel: true,
        connections: String(BigInt(Math.round(perSecond))),
        destinations: servers
          .filter(({ health }) => health !== 'down')
          .map((server, place) => destination(place, server.name, server.why ?? 'it answered')),
      },
    ],
    servers: servers.map(({ name: server, health = 'up', why = 'it answered' }, place) => ({
      name: server,
      address: `10.0.0.${place + 1}`,
      health,
      administrative: 'enabled',
      pinned: null,
      operator: null,
      why,
      forMs: 61_000,
    })),
  };
}

const instance = (name: string, state: InstanceStatus['state']): InstanceStatus => ({
  name,
  state,
  why: state === 'master' ? 'nobody better was heard for 361 ms' : 'follows the master',
  forMs: 240_000,
  vrid: 51,
  version: 3,
  family: 'inet',
  interface: 'eth0',
  intervalMs: 100,
  group: null,
  priority: 150,
  terms: [{ name: 'base', value: 150, why: 'from the file' }],
  faults: [],
  master: null,
  rivals: [],
  duplicates: [],
  addresses: [{ address: '203.0.113.10/24', interface: 'eth0', present: state === 'master' }],
  transitions: 1,
  received: { accepted: 12 },
  sent: 4321,
  late: 0,
});

const EVENTS: readonly [kind: DirectorEvent['kind'], text: string][] = [
  ['daemon', 'started with 2 instances and 3 services from /etc/fairlead/fairlead.yaml'],
  ['election', 'edge is master: nobody better was heard for 361 ms'],
  ['health', 'web/web2 is down: connect to 10.0.0.2:80 refused 2 times in 1.1 s'],
  ['plan', 'web: 10.0.0.2:80 is down: connect to 10.0.0.2:80 refused 2 times in 1.1 s'],
  ['operator', 'shop/東京-1 is drained: no new connections'],
];

export const SERVICES: readonly Made[] = [
  {
    name: 'web',
    perSecond: 120,
    servers: [
      { name: 'web1' },
      { name: 'web2', health: 'down', why: 'connect to 10.0.0.2:80 refused 2 times in 1.1 s' },
      { name: 'web10' },
    ],
  },
  {
    name: 'shop',
    perSecond: 4500,
    servers: [{ name: '東京-1' }, { name: 'café', why: 'GET /healthz answered 200 ✓' }],
  },
  {
    name: 'a-service-with-a-name-that-is-much-longer-than-anybody-would-want-to-read-in-one-line',
    servers: [{ name: 'only', health: 'unchecked', why: 'no check\nis configured \u001b[31mhere' }],
  },
];

export function look(made: readonly Made[] = SERVICES, more: Partial<Status> = {}): Look {
  const services = made.map(service);
  const status: Status = {
    version: '0.1.0',
    pid: 4242,
    file: '/etc/fairlead/fairlead.yaml',
    revision: 3,
    startedAtMs: START - 3_600_000,
    inSync: true,
    problems: [],
    notes: [],
    maintenance: false,
    overrides: [],
    services,
    instances: [instance('edge', 'master'), instance('edge6', 'backup')],
    sync: [],
    addresses: [],
    ...more,
  };
  const rate = (connections: number) => ({
    connections,
    inPackets: 0,
    outPackets: 0,
    inBytes: connections * 640,
    outBytes: connections * 15_000,
    spanMs: 6000,
  });
  const rates = new Map(
    services.flatMap(({ listeners }, index) =>
      listeners.flatMap(({ key, destinations }) => [
        [key, rate(made[index]?.perSecond ?? 0)] as const,
        ...destinations.map((each) => [`${key} ${each.key}`, rate((made[index]?.perSecond ?? 0) / 2)] as const),
      ]),
    ),
  );
  return {
    atMs: START,
    name: 'lb1',
    status,
    rates,
    events: EVENTS.map(([kind, text], index) => ({
      id: index + 1,
      atMs: START - 1000 * (EVENTS.length - index),
      kind,
      text,
    })),
    detail: null,
  };
}
