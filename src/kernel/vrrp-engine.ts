import type { EngineCounters, EngineEvent, EnginePort } from '../model/engine.ts';
import type { EngineInstance, Order } from '../model/vrrp.ts';
import { addon } from './addon.ts';

interface NativeVrrp {
  configure(instances: readonly EngineInstance[]): { instance: string; text: string }[];
  order(orders: readonly (readonly [string, readonly object[]])[]): void;
  lease(ms: number): void;
  counters(): EngineCounters;
  close(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: stand-in until the engine's own wrapper is merged
type Loose = any;

export function openEngine(
  options: { readonly netns: string; readonly realtime: boolean; readonly lifeS: number },
  onEvents: (events: readonly EngineEvent[]) => void,
): EnginePort {
  const serials = new Map<string, number>();
  let serial = 0;
  const Vrrp = (addon() as Loose).Vrrp as new (n: string, o: object, c: (e: Loose[]) => void) => NativeVrrp;
  const native = new Vrrp(options.netns, { realtime: options.realtime, lifetimeS: options.lifeS }, (events) => {
    const fresh: EngineEvent[] = [];
    for (const event of events) {
      if (event.kind === 'silence' || event.kind === 'wake') {
        const key = `${event.kind} ${event.instance}`;
        if (serials.get(key) !== event.serial) continue;
      }
      if (event.kind === 'disturbed') event.what = `${event.address} on ${event.interface} was taken away`;
      fresh.push(event);
    }
    if (fresh.length > 0) onEvents(fresh);
  });
  return {
    configure(instances) {
      for (const { instance, text } of native.configure(instances)) console.error('configure', instance, text);
    },
    order(orders) {
      native.order(
        orders.map(([name, list]: readonly [string, readonly Order[]]) => [
          name,
          list.map((order) => {
            if (order.kind === 'deaf') serials.delete(`silence ${name}`);
            if (order.kind !== 'listen' && order.kind !== 'wake') return order;
            serial++;
            serials.set(`${order.kind === 'listen' ? 'silence' : 'wake'} ${name}`, serial);
            return { ...order, serial };
          }),
        ]),
      );
    },
    lease: (ms) => native.lease(ms),
    counters: () => native.counters(),
    close: () => native.close(),
  };
}
