import fc from 'fast-check';
import { familyOf } from '../../src/base/ip.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { desire } from '../../src/decide/desire.ts';
import { gate } from '../../src/decide/gate.ts';
import { addressKey, type Policy } from '../../src/decide/policy.ts';
import type { Desired, Target, TargetDestination, TargetService } from '../../src/model/desired.ts';
import { serverKey, type Verdict, type Verdicts } from '../../src/model/health.ts';
import type { Route, RoutingRule } from '../../src/model/instance.ts';
import {
  ADDRESS_OWNER,
  type InterfaceAddress,
  type KernelDump,
  type ObservedAddress,
  type ObservedDestination,
  type ObservedService,
} from '../../src/model/observed.ts';
import { NO_OVERRIDES, type Overrides, type Setting } from '../../src/model/override.ts';
import { routeKey, ruleKey } from '../../src/model/routing.ts';
import { SCHEDULERS } from '../../src/model/schedulers.ts';
import {
  compareDestinations,
  type Destination,
  destinationKey,
  mixesFamilies,
  type Persistence,
  serviceFamily,
  serviceKey,
  type VirtualService,
  type VirtualServiceId,
} from '../../src/model/service.ts';
import { SYNC_ROLES, type SyncDaemon, type SyncRole, syncDaemonKey } from '../../src/model/sync.ts';
import { overridden } from './overrides.ts';

/** Generators for the values that flow from file to kernel. Pools are small on purpose: target and kernel must often hold
 *  the same objects in different states. */

const VIPS = ['10.0.0.100', '10.0.0.101', '2001:db8::100', '2001:db8::101'] as const;
const REALS = ['10.0.0.11', '10.0.0.12', '10.0.0.9', '10.0.1.2', '2001:db8::11', '2001:db8::9', '2001:db8::a'] as const;
const INTERFACES = ['eth0', 'lo'] as const;
const SCHEDULER_NAMES = Object.keys(SCHEDULERS).filter((name) => name !== 'twos');
// Hash schedulers more often than one in thirteen: they are where order matters.
const arbScheduler = fc.oneof(fc.constantFrom('mh', 'sh', 'dh'), fc.constantFrom(...SCHEDULER_NAMES));
const arbWeight = fc.constantFrom(0, 0, 1, 1, 2, 100);

export const arbServiceId: fc.Arbitrary<VirtualServiceId> = fc.oneof(
  fc.record({
    kind: fc.constant('address' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    address: fc.constantFrom(...VIPS),
    port: fc.constantFrom(53, 80, 443),
  }),
  fc.record({
    kind: fc.constant('fwmark' as const),
    mark: fc.constantFrom(1, 7),
    family: fc.constantFrom('inet' as const, 'inet6' as const),
  }),
);

const arbPersistence: fc.Arbitrary<Persistence | null> = fc.option(
  fc.record({ timeoutS: fc.constantFrom(1, 300, 2678400) }),
);

const arbNetmask = (id: VirtualServiceId) =>
  serviceFamily(id) === 'inet' ? fc.constantFrom('255.255.255.255', '255.255.255.0') : fc.constantFrom('128', '64');

export const arbVirtualService = (id: VirtualServiceId): fc.Arbitrary<VirtualService> =>
  fc.record(
    {
      id: fc.constant(id),
      scheduler: arbScheduler,
      schedulerFlags: fc.nat(7),
      onePacket: fc.boolean(),
      persistence: arbPersistence,
      engine: fc.constant('sip'),
      netmask: arbNetmask(id),
    },
    { requiredKeys: ['id', 'scheduler', 'schedulerFlags', 'onePacket', 'persistence', 'netmask'] },
  );

const arbTunnel: fc.Arbitrary<Destination['tunnel']> = fc.oneof(
  fc.record({
    type: fc.constantFrom('ipip' as const, 'gre' as const),
    port: fc.constant(0),
    checksum: fc.constantFrom('none' as const, 'csum' as const),
  }),
  fc.record({
    type: fc.constant('gue' as const),
    port: fc.constantFrom(6080, 6081),
    checksum: fc.constantFrom('none' as const, 'remcsum' as const),
  }),
);

export const arbDestination = (id: VirtualServiceId): fc.Arbitrary<Destination> =>
  fc
    .record({
      address: fc.constantFrom(...REALS),
      port: fc.constantFrom(0, 80, 8080),
      plain: fc.constantFrom('nat' as const, 'dr' as const),
      tunnel: fc.option(arbTunnel, { freq: 2 }),
      weight: arbWeight,
      thresholds: fc.constantFrom({ upper: 0, lower: 0 }, { upper: 10, lower: 0 }, { upper: 10, lower: 5 }),
    })
    .map(({ address, port, plain, tunnel, weight, thresholds: { upper, lower } }) => {
      const mustTunnel = familyOf(address) !== serviceFamily(id);
      const encapsulation = tunnel ?? (mustTunnel ? ({ type: 'ipip', port: 0, checksum: 'none' } as const) : null);
      return {
        address,
        port,
        forward: encapsulation ? 'tunnel' : plain,
        weight,
        upperThreshold: upper,
        lowerThreshold: lower,
        tunnel: encapsulation,
      };
    });

const arbDestinations = (id: VirtualServiceId) =>
  fc.uniqueArray(arbDestination(id), { selector: destinationKey, maxLength: 6 });

const arbTargetService: fc.Arbitrary<TargetService> = arbServiceId.chain((id) =>
  fc.record({ service: arbVirtualService(id), destinations: arbDestinations(id) }).map(({ service, destinations }) => ({
    name: `s-${serviceKey(id)}`,
    service,
    destinations: destinations.toSorted(compareDestinations).map(asTarget),
    withheld: {},
  })),
);

const asTarget = (destination: Destination): TargetDestination => ({
  destination,
  server: destinationKey(destination),
  why: `up: weight ${destination.weight}`,
});

const arbInterfaceAddress: fc.Arbitrary<InterfaceAddress> = fc
  .record({ interface: fc.constantFrom(...INTERFACES), address: fc.constantFrom(...VIPS), short: fc.boolean() })
  .map(({ short, ...rest }) => ({
    ...rest,
    prefix: familyOf(rest.address) === 'inet' ? (short ? 24 : 32) : short ? 64 : 128,
  }));

const holder = (address: InterfaceAddress): string => `${address.interface} ${address.address}`;

const arbSysctls: fc.Arbitrary<Record<string, string>> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('expire_nodest_conn', 'drop_entry', 'sloppy_tcp'), fc.constantFrom('0', '1')), {
    selector: ([name]) => name,
  })
  .map((entries) => Object.fromEntries(entries));

const arbSyncDaemon = (state: SyncRole): fc.Arbitrary<SyncDaemon> =>
  fc
    .record({
      interface: fc.constantFrom(...INTERFACES),
      syncId: fc.constantFrom(0, 5),
      group: fc.constantFrom('224.0.0.81', 'ff02::81'),
      port: fc.constantFrom(8848, 8849),
      maxLength: fc.constantFrom(undefined, 1400),
    })
    .map(({ maxLength, ...rest }) => ({ state, ttl: 1, ...rest, ...(maxLength && { maxLength }) }));

const arbSyncDaemons: fc.Arbitrary<SyncDaemon[]> = fc
  .tuple(...SYNC_ROLES.map((role) => fc.option(arbSyncDaemon(role), { freq: 1 })))
  .map((daemons) => daemons.flatMap((daemon) => daemon ?? []));

/** Neither a file nor a kernel has sync daemons and destinations of another family than their service. */
function oneFamily<T extends { readonly daemons: readonly SyncDaemon[]; readonly services: readonly unknown[] }>(
  state: T,
  keep: (service: T['services'][number]) => T['services'][number],
): T {
  return state.daemons.length === 0 ? state : { ...state, services: state.services.map(keep) };
}

const arbRoute: fc.Arbitrary<Route> = fc.constantFrom('inet' as const, 'inet6' as const).chain((family) => {
  const six = family === 'inet6';
  return fc.record({
    family: fc.constant(family),
    to: fc.constantFrom(null, six ? { address: '2001:db8:9::', prefix: 64 } : { address: '10.9.0.0', prefix: 16 }),
    via: fc.constantFrom(null, six ? '2001:db8::1' : '10.0.0.1'),
    interface: fc.constantFrom(...INTERFACES),
    source: fc.constant(null),
    table: fc.constantFrom(100, 254),
    metric: fc.constantFrom(10, 20),
  });
});
const arbRoutes = fc.uniqueArray(arbRoute, { selector: routeKey, maxLength: 4 });

const arbRule: fc.Arbitrary<RoutingRule> = fc.record({
  family: fc.constant('inet'),
  from: fc.constantFrom(null, { address: '10.0.0.0', prefix: 24 }),
  to: fc.constant(null),
  interface: fc.constantFrom(null, 'eth0'),
  mark: fc.constantFrom(null, 7),
  table: fc.constantFrom(100, 200),
  priority: fc.constantFrom(1000, 2000),
});
const arbRules = fc.uniqueArray(arbRule, { selector: ruleKey, maxLength: 3 });

const arbAnyTarget: fc.Arbitrary<Target> = fc.record({
  daemons: arbSyncDaemons,
  elected: fc.constant([]),
  routes: arbRoutes,
  rules: arbRules,
  revision: fc.nat(9),
  services: fc.uniqueArray(arbTargetService, { selector: (s) => serviceKey(s.service.id), maxLength: 5 }),
  addresses: fc.uniqueArray(arbInterfaceAddress, { selector: holder, maxLength: 4 }),
  sysctls: arbSysctls,
});

export const arbTarget: fc.Arbitrary<Target> = arbAnyTarget.map((target) =>
  oneFamily(target, (entry) => ({
    ...entry,
    destinations: entry.destinations.filter((d) => !mixesFamilies(entry.service.id, d.destination)),
  })),
);

const isMixed = (target: Target): boolean =>
  target.services.some(({ service, destinations }) =>
    destinations.some((d) => mixesFamilies(service.id, d.destination)),
  );

/** The daemon as the kernel tells of it, with its own choice of what was left out. */
const running = (daemon: SyncDaemon): SyncDaemon => ({
  maxLength: familyOf(daemon.group ?? '') === 'inet' ? 1472 : 1452,
  ...daemon,
});

const observed = (destination: Destination): fc.Arbitrary<ObservedDestination> =>
  fc.record({ activeConnections: fc.constantFrom(0, 0, 3), inactiveConnections: fc.constantFrom(0, 2) }).map((c) => ({
    ...destination,
    ...c,
    persistentConnections: 0,
    stats: { connections: 5n, inPackets: 50n, outPackets: 0n, inBytes: 4000n, outBytes: 0n },
  }));

const NO_STATS = { connections: 0n, inPackets: 0n, outPackets: 0n, inBytes: 0n, outBytes: 0n };

const observedService = (
  service: VirtualService,
  destinations: readonly Destination[],
): fc.Arbitrary<ObservedService> =>
  fc.tuple(...destinations.map(observed)).map((list) => ({ service, stats: NO_STATS, destinations: list }));

const arbStrangeService: fc.Arbitrary<ObservedService> = arbServiceId.chain((id) =>
  fc
    .record({ service: arbVirtualService(id), destinations: arbDestinations(id) })
    .chain(({ service, destinations }) => observedService(service, destinations)),
);

/** The service as the kernel might hold it after others, or time, had their hands on it. */
function arbDrifted({ service, destinations }: TargetService): fc.Arbitrary<ObservedService> {
  const own = destinations.map((d) => d.destination);
  return fc
    .record({
      service: fc.oneof({ weight: 3, arbitrary: fc.constant(service) }, arbVirtualService(service.id)),
      kept: fc.subarray(own, { minLength: Math.max(0, own.length - 2) }),
      reweighted: fc.array(fc.option(arbWeight), { minLength: own.length, maxLength: own.length }),
      others: fc.array(arbDestination(service.id), { maxLength: 2 }),
      shuffled: fc.boolean(),
    })
    .chain(({ service: held, kept, reweighted, others, shuffled }) => {
      const list = kept.map((d, i) => ({ ...d, weight: reweighted[i] ?? d.weight }));
      const known = new Set(list.map(destinationKey));
      for (const other of others) {
        if (known.has(destinationKey(other))) continue;
        known.add(destinationKey(other));
        list.push(other);
      }
      const order = shuffled ? fc.shuffledSubarray(list, { minLength: list.length }) : fc.constant(list);
      return order.chain((destinations) => observedService(held, destinations));
    });
}

const arbObservedAddress = (address: InterfaceAddress): fc.Arbitrary<ObservedAddress> =>
  fc.constantFrom(0, ADDRESS_OWNER).map((owner) => ({
    ...address,
    family: familyOf(address.address),
    owner,
    label: familyOf(address.address) === 'inet' ? address.interface : null,
    duplicate: false,
  }));

/** A kernel state near a target: parts of it as they should be, parts drifted, missing, and strange things beside. */
export function arbDump(target: Target): fc.Arbitrary<KernelDump> {
  const arbKnown = fc.subarray([...target.services]).chain((services) =>
    fc.tuple(
      ...services.map((entry) =>
        fc.oneof(
          arbDrifted(entry),
          observedService(
            entry.service,
            entry.destinations.map((d) => d.destination),
          ),
        ),
      ),
    ),
  );
  const arbAddresses = fc
    .uniqueArray(fc.oneof(arbInterfaceAddress, ...target.addresses.map((a) => fc.constant(a))), {
      // IPv6 holds an address once per interface, IPv4 once per prefix.
      selector: (a) => (familyOf(a.address) === 'inet' ? addressKey(a) : holder(a)),
      maxLength: 5,
    })
    .chain((addresses) => fc.tuple(...addresses.map(arbObservedAddress)));
  return fc
    .record({
      known: arbKnown,
      strange: fc.array(arbStrangeService, { maxLength: 3 }),
      addresses: arbAddresses,
      sysctls: arbSysctls,
      daemons: fc.oneof(arbSyncDaemons, fc.subarray([...target.daemons])),
      routes: fc.oneof(arbRoutes, fc.subarray([...target.routes])),
      rules: fc.oneof(arbRules, fc.subarray([...target.rules])),
    })
    .map(({ known, strange, addresses, sysctls, daemons, routes, rules }): KernelDump => {
      const services = new Map([...strange, ...known].map((entry) => [serviceKey(entry.service.id), entry]));
      const dump = {
        services: [...services.values()],
        addresses,
        sysctls,
        daemons: daemons.map(running),
        routes,
        rules,
      };
      return oneFamily(dump, (entry) => ({
        ...entry,
        destinations: entry.destinations.filter((d) => !mixesFamilies(entry.service.id, d)),
      }));
    });
}

export const arbPolicy = (dump: KernelDump): fc.Arbitrary<Policy> =>
  fc
    .record({
      owned: fc.subarray(dump.services.map((entry) => serviceKey(entry.service.id))),
      addresses: fc.subarray(dump.addresses.map(addressKey)),
      daemons: fc.subarray([...dump.daemons]),
      exclusive: fc.boolean(),
    })
    .map(({ owned, addresses, daemons, exclusive }) => ({
      ownedDaemons: new Set(daemons.map(syncDaemonKey)),
      owned: new Set(owned),
      ownedAddresses: new Set(addresses),
      exclusive,
    }));

/** A stranger's sync daemon and a file with mixed families cannot both be: the kernel refuses one of them. */
const withRoom = (target: Target, dump: KernelDump, policy: Policy): Policy =>
  isMixed(target) ? { ...policy, ownedDaemons: new Set(dump.daemons.map(syncDaemonKey)) } : policy;

export interface Situation {
  readonly target: Target;
  readonly dump: KernelDump;
  readonly policy: Policy;
}

export const arbSituation: fc.Arbitrary<Situation> = arbTarget.chain((target) =>
  arbDump(target).chain((dump) =>
    arbPolicy(dump).map((policy) => ({ target, dump, policy: withRoom(target, dump, policy) })),
  ),
);

/** The kernel holding exactly this target, lists in canonical order. */
export function dumpOf(target: Target): KernelDump {
  return {
    services: target.services.map(({ service, destinations }) => ({
      service,
      stats: null,
      destinations: destinations.map(({ destination }) => ({
        ...destination,
        activeConnections: 0,
        inactiveConnections: 0,
        persistentConnections: 0,
        stats: null,
      })),
    })),
    addresses: target.addresses.map((address) => ({
      ...address,
      family: familyOf(address.address),
      owner: ADDRESS_OWNER,
      label: null,
      duplicate: false,
    })),
    sysctls: target.sysctls,
    daemons: target.daemons.map(running),
    routes: target.routes,
    rules: target.rules,
  };
}

const listenerText = (id: VirtualServiceId): string => serviceKey(id);

const arbServer = fc.record(
  {
    address: fc.constantFrom(...REALS),
    port: fc.constantFrom(80, 8080),
    weight: arbWeight,
    forward: fc.constantFrom('nat', 'dr', 'tunnel'),
    check: fc.constantFrom('none', { tcp: {} }, { http: { path: '/healthz' }, port: 81 }),
  },
  { requiredKeys: ['address'] },
);

const arbServiceConfig = fc.record(
  {
    listen: fc.uniqueArray(arbServiceId.map(listenerText), { minLength: 1, maxLength: 3 }),
    scheduler: arbScheduler,
    forward: fc.constantFrom('nat', 'dr', 'tunnel'),
    persistence: fc.constantFrom(
      { timeout: '300s' },
      { timeout: '60s', mask: 24 },
      { mask: '255.255.255.0' },
      { mask: 64 },
    ),
    check: fc.constantFrom('none', { tcp: {}, fall: 2 }),
    onFailure: fc.constantFrom('remove', 'quiesce'),
    drain: fc.constantFrom('0s', '10s'),
    // One entry per address: two that differ in the port only may mean the same destination.
    servers: fc.uniqueArray(arbServer, { selector: (s) => s.address, minLength: 1, maxLength: 5 }),
    fallback: fc.record({ address: fc.constantFrom('10.0.0.99', '2001:db8::99') }),
  },
  { requiredKeys: ['listen', 'servers'] },
);

/** A configuration whose listeners are all different, as the parser demands. */
export const arbConfig: fc.Arbitrary<Config> = fc
  .record({
    services: fc.array(arbServiceConfig, { maxLength: 4 }),
    addresses: fc.uniqueArray(arbInterfaceAddress, { selector: holder, maxLength: 3 }),
  })
  .map(({ services, addresses }) => {
    const taken = new Set<string>();
    const named = services.flatMap((service, i) => {
      const listen = service.listen.filter((text) => !taken.has(text));
      for (const text of listen) taken.add(text);
      return listen.length > 0 ? [{ ...service, name: `s${i}`, listen }] : [];
    });
    const held = addresses.map((a) => ({ address: `${a.address}/${a.prefix}`, interface: a.interface }));
    return configSchema.parse({ services: named, addresses: held });
  });

const arbVerdict: fc.Arbitrary<Verdict> = fc
  .constantFrom('unknown' as const, 'up' as const, 'up' as const, 'down' as const)
  .map((status) => ({
    status,
    streak: 0,
    since: 0,
    streakSince: null,
    why: status === 'down' ? 'connect refused 2 times in 1.0 s' : '200 in 3 ms',
    last: null,
  }));

const serverKeys = (desired: Pick<Desired, 'services'>): string[] =>
  desired.services.flatMap((service) => service.servers.map((server) => serverKey(service.name, server.name)));

const arbVerdicts = (keys: readonly string[]): fc.Arbitrary<Verdicts> =>
  fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), arbVerdict))).map((entries) => new Map(entries));

const arbSetting: fc.Arbitrary<Setting> = fc.oneof(
  fc.constantFrom<Setting>({ kind: 'drain', value: null }, { kind: 'maintenance', value: null }),
  fc.nat({ max: 3 }).map((value): Setting => ({ kind: 'weight', value })),
  fc.constantFrom<Setting>({ kind: 'state', value: 'up' }, { kind: 'state', value: 'down' }),
);

/** Any kind on any of these servers. */
const arbOverrides = (keys: readonly string[]): fc.Arbitrary<Overrides> =>
  fc
    .tuple(fc.subarray([...keys]), fc.infiniteStream(arbSetting))
    .map(([some, settings]) =>
      overridden(...some.map((key) => ({ target: `server/${key}`, ...(settings.next().value as Setting) }))),
    );

/** A file, what the operator and health say about it, and what that makes of it. */
export const arbGated = arbConfig.chain((config) => {
  const keys = serverKeys(desire(config, NO_OVERRIDES, 1));
  return fc.record({ verdicts: arbVerdicts(keys), overrides: arbOverrides(keys) }).map(({ verdicts, overrides }) => {
    const desired = desire(config, overrides, 1);
    return { desired, verdicts, target: gate(desired, verdicts) };
  });
});

export const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
