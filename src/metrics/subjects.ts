import type { DesiredServer, DesiredService, TargetService } from '../model/desired.ts';
import type { InstanceCounters } from '../model/engine.ts';
import { serverKey, type Verdict } from '../model/health.ts';
import type { DesiredInstance } from '../model/instance.ts';
import type { InterfaceAddress, ObservedDestination, ObservedService } from '../model/observed.ts';
import { destinationKey, serviceKey } from '../model/service.ts';
import type { Item, Subject } from './family.ts';
import { labelText } from './labels.ts';
import type { InstanceFigures, Scene } from './scene.ts';

/** What metrics are about. */

/** The daemon itself. */
export const DAEMON: Subject<Scene> = {
  labels: [],
  items: (scene) => [{ labels: '', of: scene }],
};

export const INFO: Subject<null> = {
  labels: ['version', 'node_version', 'director'],
  items: ({ version, node, director }) => [{ labels: labelText(INFO.labels, [version, node, director]), of: null }],
};

export interface Instance {
  readonly desired: DesiredInstance;
  readonly figures: InstanceFigures | undefined;
  readonly counters: InstanceCounters | undefined;
  readonly scene: Scene;
}

function* instances(scene: Scene, labels: (one: Instance) => string): Generator<Item<Instance>> {
  const counters = new Map(scene.engine.instances.map((counter) => [counter.name, counter]));
  for (const desired of scene.desired.instances) {
    const { name } = desired;
    const of = { desired, figures: scene.instances.get(name), counters: counters.get(name), scene };
    yield { labels: labels(of), of };
  }
}

export const INSTANCE: Subject<Instance> = {
  labels: ['instance'],
  items: (scene) => instances(scene, ({ desired }) => labelText(INSTANCE.labels, [desired.name])),
};

export const INSTANCE_INFO: Subject<Instance> = {
  labels: ['instance', 'group', 'interface', 'vrid', 'version', 'family'],
  items: (scene) =>
    instances(scene, ({ desired: { name, engine }, figures }) => {
      const { interface: device, vrid, version, family } = engine.wire;
      return labelText(INSTANCE_INFO.labels, [name, figures?.group ?? '', device, vrid, version, family]);
    }),
};

export interface Address extends InterfaceAddress {
  readonly instance: string;
  readonly present: boolean;
}

/** Every address of the file: those that are always here, and those of instances. */
export const ADDRESS: Subject<Address> = {
  labels: ['address', 'interface', 'instance'],
  *items({ desired, dump }) {
    const held = new Set((dump?.addresses ?? []).map((one) => `${one.interface} ${one.address}`));
    const item = (one: InterfaceAddress, instance: string): Item<Address> => ({
      labels: labelText(ADDRESS.labels, [`${one.address}/${one.prefix}`, one.interface, instance]),
      of: { ...one, instance, present: held.has(`${one.interface} ${one.address}`) },
    });
    for (const one of desired.addresses) yield item(one, '');
    for (const { name, engine } of desired.instances) {
      const { held: addresses, virtualMac, wire } = engine;
      for (const one of addresses) {
        const moved = virtualMac !== null && one.interface === wire.interface;
        yield item(moved ? { ...one, interface: virtualMac.interface } : one, name);
      }
    }
  },
};

export interface Service {
  readonly desired: DesiredService;
  readonly listeners: readonly TargetService[];
  readonly scene: Scene;
}

export const SERVICE: Subject<Service> = {
  labels: ['service'],
  *items(scene) {
    const byName = groups(scene.target?.services ?? []);
    for (const desired of scene.desired.services) {
      const listeners = byName.get(desired.name) ?? [];
      yield { labels: labelText(SERVICE.labels, [desired.name]), of: { desired, listeners, scene } };
    }
  },
};

function groups(services: readonly TargetService[]): Map<string, TargetService[]> {
  const found = new Map<string, TargetService[]>();
  for (const service of services) {
    const list = found.get(service.name);
    if (list) list.push(service);
    else found.set(service.name, [service]);
  }
  return found;
}

export interface Server {
  readonly desired: DesiredServer;
  readonly verdict: Verdict | undefined;
  readonly scene: Scene;
}

export const SERVER: Subject<Server> = {
  labels: ['service', 'server'],
  *items(scene) {
    for (const { name, servers } of scene.desired.services) {
      const texts = scene.labels.group(`server ${name}`);
      for (const desired of servers) {
        let labels = texts.get(desired.name);
        if (labels === undefined) {
          labels = labelText(SERVER.labels, [name, desired.name]);
          texts.set(desired.name, labels);
        }
        yield { labels, of: { desired, verdict: scene.verdicts.get(serverKey(name, desired.name)), scene } };
      }
    }
  },
};

/** A virtual service of the kernel; `service` is empty for one that is not in the file. */
export const LISTENER: Subject<ObservedService> = {
  labels: ['service', 'listener'],
  *items({ dump, target }) {
    const names = new Map((target?.services ?? []).map(({ service, name }) => [serviceKey(service.id), name]));
    for (const observed of dump?.services ?? []) {
      const key = serviceKey(observed.service.id);
      yield { labels: labelText(LISTENER.labels, [names.get(key) ?? '', key]), of: observed };
    }
  },
};

/** A real server of a virtual service of the kernel; `server` is empty for one that is not in the file, or leaves it. */
export const DESTINATION: Subject<ObservedDestination> = {
  labels: ['service', 'listener', 'server', 'destination'],
  *items({ dump, target, labels }) {
    const wanted = new Map((target?.services ?? []).map((one) => [serviceKey(one.service.id), one]));
    for (const { service, destinations } of dump?.services ?? []) {
      const listener = serviceKey(service.id);
      const from = wanted.get(listener);
      const texts = labels.group(`destination ${listener} ${from?.name ?? ''}`);
      const servers = new Map((from?.destinations ?? []).map((one) => [destinationKey(one.destination), one.server]));
      for (const of of destinations) {
        const destination = destinationKey(of);
        const server = servers.get(destination) ?? '';
        const key = `${server} ${destination}`;
        let text = texts.get(key);
        if (text === undefined) {
          text = labelText(DESTINATION.labels, [from?.name ?? '', listener, server, destination]);
          texts.set(key, text);
        }
        yield { labels: text, of };
      }
    }
  },
};
