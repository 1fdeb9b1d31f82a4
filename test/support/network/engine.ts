import { familyOf } from '../../../src/base/ip.ts';
import { openEngine } from '../../../src/kernel/vrrp-engine.ts';
import type { EngineEvent, EnginePort } from '../../../src/model/engine.ts';
import type { EngineInstance, HeldAddress, Order, WireSettings } from '../../../src/model/vrrp.ts';
import { type Segment, until } from '../segment.ts';

export const held = (address: string, prefix = address.includes(':') ? 64 : 24): HeldAddress => ({
  interface: 'eth0',
  address,
  prefix,
  label: '',
  scope: 0,
});

/** An instance as most of them are: version 3, IPv4, multicast, 100 ms. */
export function instanceOf(
  name: string,
  vrid: number,
  addresses: readonly HeldAddress[],
  wire: Partial<WireSettings> = {},
  rest: Partial<EngineInstance> = {},
): EngineInstance {
  const family = wire.family ?? 'inet';
  return {
    name,
    wire: {
      version: 3,
      family,
      vrid,
      interface: 'eth0',
      intervalMs: 100,
      minIntervalMs: 10,
      maxIntervalMs: 1000,
      source: null,
      group: family === 'inet' ? '224.0.0.18' : 'ff02::12',
      peers: [],
      ttl: 255,
      advertised: addresses.map(({ address }) => address).filter((address) => familyOf(address) === family),
      addressCheck: 'overlap',
      checksum: 'auto',
      owner: false,
      password: '',
      hmac: null,
      ...wire,
    },
    held: addresses,
    announce: { count: 2, repeatAfterMs: 0, refreshMs: 0, gapMs: 0, lookMs: 0, interfaces: [] },
    virtualMac: null,
    accept: true,
    ...rest,
  };
}

/** An engine in a router's namespace, with all that it told. */
export interface Running extends EnginePort {
  readonly events: EngineEvent[];
  give(instance: string, ...orders: Order[]): void;
  of<Kind extends EngineEvent['kind']>(kind: Kind): Extract<EngineEvent, { kind: Kind }>[];
  told(kind: EngineEvent['kind'], count?: number): Promise<void>;
}

export function engineIn(segment: Segment, host: string, lifeS = 10): Running {
  const events: EngineEvent[] = [];
  const netns = `/run/netns/${segment.name}-${host}`;
  const engine = openEngine({ netns, realtime: true, lifeS }, (told) => events.push(...told));
  const of = <Kind extends EngineEvent['kind']>(kind: Kind) =>
    events.filter((event): event is Extract<EngineEvent, { kind: Kind }> => event.kind === kind);
  return {
    ...engine,
    events,
    of,
    give: (instance, ...orders) => engine.order([[instance, orders]]),
    told: (kind, count = 1) => until(`${count} times ${kind}`, () => of(kind).length >= count),
  };
}
