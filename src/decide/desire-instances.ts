import { type Family, familyOf, formatEndpoint, networkAddress } from '../base/ip.ts';
import { type InstanceAddress, instanceAddresses, instanceFamily } from '../config/instance-names.ts';
import type {
  Config,
  GroupConfig,
  InstanceConfig,
  NotifyConfig,
  RouteConfig,
  RuleConfig,
  TrackConfig,
} from '../config/schema.ts';
import type { DesiredGroup, DesiredInstance, Notify, Route, RoutingRule, Tracker } from '../model/instance.ts';
import { IPV6_METRIC } from '../model/routing.ts';
import type { EngineInstance, HeldAddress, VirtualMac, WireSettings } from '../model/vrrp.ts';

/** RT_SCOPE_* (include/uapi/linux/rtnetlink.h). */
const SCOPES = { global: 0, link: 253, host: 254 } as const;

const GROUPS: Readonly<Record<Family, string>> = { inet: '224.0.0.18', inet6: 'ff02::12' };

/** How much longer than ours the interval of a believed advert may be, unless the file says otherwise. */
const MAX_INTERVAL_FACTOR = 10;
const LONGEST_INTERVAL_MS = 40_950;

export const desireInstances = (config: Config): DesiredInstance[] => config.instances.map(desireInstance);

export const desireGroups = (config: Config): DesiredGroup[] =>
  config.groups.map(({ name, instances, notify }: GroupConfig) => ({ name, instances, notify: notifyOf(notify) }));

function desireInstance(instance: InstanceConfig): DesiredInstance {
  const { downAdverts, advertise } = instance;
  return {
    name: instance.name,
    election: {
      version: versionOf(instance),
      priority: instance.priority,
      intervalMs: advertise,
      downAdverts,
      preempt: instance.preempt,
      preemptDelayMs: instance.preemptDelay,
      startDelayMs: instance.startDelay,
      assert: instance.assert,
      // The skew is less than one interval.
      handoverMs: instance.handover ?? (downAdverts + 1) * advertise,
    },
    engine: engineOf(instance),
    tracksOwnInterface: instance.trackInterface,
    track: instance.track.map(trackerOf),
    notify: notifyOf(instance.notify),
    routes: instance.routes.map((route) => routeOf(route, instance)),
    rules: instance.rules.map((rule) => ruleOf(rule, instance)),
    secretFiles: new Map(
      instance.hmac?.keys.flatMap(({ id, secretFile }) => (secretFile === undefined ? [] : [[id, secretFile]])) ?? [],
    ),
  };
}

/** As the kernel will tell of it: the network's first address, no network of length 0, and its own choice of a metric. */
function routeOf({ to, via, interface: device, source, table, metric }: RouteConfig, instance: InstanceConfig): Route {
  const family = familyOf(to?.address ?? via ?? source ?? instanceAddresses(instance)[0]?.address ?? '');
  return {
    family,
    to: networkOf(to),
    via: via ?? null,
    interface: device ?? (via === undefined ? instance.interface : null),
    source: source ?? null,
    table,
    metric: metric === 0 && family === 'inet6' ? IPV6_METRIC : metric,
  };
}

function ruleOf(
  { from, to, interface: device, mark, table, priority }: RuleConfig,
  instance: InstanceConfig,
): RoutingRule {
  return {
    family: familyOf(from?.address ?? to?.address ?? instanceAddresses(instance)[0]?.address ?? ''),
    from: networkOf(from),
    to: networkOf(to),
    interface: device ?? null,
    mark: mark ?? null,
    table,
    priority,
  };
}

const networkOf = (network: RouteConfig['to'] | undefined): Route['to'] =>
  network == null || network.prefix === 0
    ? null
    : { address: networkAddress(network.address, network.prefix), prefix: network.prefix };

const versionOf = ({ version }: InstanceConfig): 2 | 3 => (version === 2 ? 2 : 3);

function engineOf(instance: InstanceConfig): EngineInstance {
  const addresses = instanceAddresses(instance);
  return {
    name: instance.name,
    wire: wireOf(instance, addresses),
    held: addresses
      .filter(({ hold = true }) => hold)
      .map(
        ({ address, prefix, interface: device, label, scope = 'global' }): HeldAddress => ({
          interface: device ?? instance.interface,
          address,
          prefix,
          label: label ?? '',
          scope: SCOPES[scope],
        }),
      ),
    announce: {
      count: instance.announce.count,
      repeatAfterMs: instance.announce.repeatAfter,
      refreshMs: instance.announce.refresh,
      gapMs: instance.announce.gap,
      lookMs: instance.announce.look,
      interfaces: instance.announce.interfaces,
    },
    virtualMac: virtualMacOf(instance),
    accept: instance.accept,
  };
}

function wireOf(instance: InstanceConfig, addresses: readonly InstanceAddress[]): WireSettings {
  const family = instanceFamily(instance);
  const { hmac, advertise } = instance;
  return {
    version: versionOf(instance),
    family,
    vrid: instance.vrid,
    interface: instance.interface,
    intervalMs: advertise,
    minIntervalMs: 10,
    maxIntervalMs: instance.maxAdvertise ?? Math.min(advertise * MAX_INTERVAL_FACTOR, LONGEST_INTERVAL_MS),
    source: instance.source ?? null,
    group: instance.group ?? GROUPS[family],
    peers: instance.peers.map((peer) => (typeof peer === 'string' ? { address: peer, minTtl: 0, maxTtl: 255 } : peer)),
    ttl: instance.ttl,
    advertised: advertisedFirst(addresses.filter(({ address }) => familyOf(address) === family)),
    addressCheck: instance.addressCheck,
    checksum: instance.checksum,
    owner: instance.priority === 255,
    password: instance.password ?? '',
    hmac: hmac
      ? {
          keys: hmac.keys.map(({ id, secret = '' }) => ({ id, secret })),
          active: hmac.active,
          mode: hmac.mode,
          windowMs: hmac.window ?? Math.max(3 * advertise, 5000),
        }
      : null,
  };
}

/** RFC 9568 5.2.9: an IPv6 advert begins with the link-local address. */
function advertisedFirst(addresses: readonly InstanceAddress[]): string[] {
  const linkLocal = (address: string): number => (/^fe[89ab]/.test(address) ? 0 : 1);
  return addresses.map(({ address }) => address).sort((a, b) => linkLocal(a) - linkLocal(b));
}

function virtualMacOf(instance: InstanceConfig): VirtualMac | null {
  const { virtualMac, vrid } = instance;
  if (virtualMac === false) return null;
  const six = instanceFamily(instance) === 'inet6' ? '6' : '';
  const { name = `vrrp${six}.${vrid}`, adverts = 'virtual' } = virtualMac === true ? {} : virtualMac;
  return { interface: name, adverts };
}

function trackerOf(track: TrackConfig): Tracker {
  const { weight, reverse } = track;
  const looks = { everyMs: track.every, timeoutMs: track.timeout, rise: track.rise, fall: track.fall };
  const shared = { weight, reverse };
  if (track.interface !== undefined)
    return { ...shared, kind: 'interface', name: `interface ${track.interface}`, interface: track.interface };
  if (track.process !== undefined) {
    const { min, max = null } = track;
    return { ...shared, kind: 'process', name: `process ${track.process}`, process: track.process, min, max };
  }
  if (track.file !== undefined)
    return { ...shared, kind: 'file', name: `file ${track.file}`, file: track.file, everyMs: track.every };
  if (track.script !== undefined) {
    const { script: command, user = null } = track;
    return { ...shared, ...looks, kind: 'script', name: `script ${command[0]}`, command, user };
  }
  if (track.reach !== undefined) {
    const { reach: address, port = null } = track;
    const target = port === null ? address : formatEndpoint(address, port);
    return { ...shared, ...looks, kind: 'reach', name: `reach ${target}`, address, port };
  }
  const service = track.service ?? '';
  return { ...shared, kind: 'service', name: `service ${service}`, service };
}

function notifyOf({ http, fifo, beforeRelease, timeout, user, ...on }: NotifyConfig): Notify {
  return {
    on,
    http: http ?? null,
    fifo: fifo ?? null,
    beforeRelease: beforeRelease ?? null,
    timeoutMs: timeout,
    user: user ?? null,
  };
}
