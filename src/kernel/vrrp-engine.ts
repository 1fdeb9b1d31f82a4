import type { EngineEvent, EnginePort } from '../model/engine.ts';
import type { Order } from '../model/vrrp.ts';
import { addon, type NativeEngineEvent, type NativeOrder, wardenProgram } from './addon.ts';

export interface EngineOptions {
  /** A path, or '' for the process's own. */
  readonly netns: string;
  /** Run before other programs where that is permitted. */
  readonly realtime: boolean;
  /** Seconds that held addresses outlive everything of us, because nobody renews them; 0: for ever. */
  readonly lifeS: number;
}

/** The engine's thread, running; it must be closed. Throws a KernelError when it may not open its sockets. */
export function openEngine(options: EngineOptions, onEvents: (events: readonly EngineEvent[]) => void): EnginePort {
  const serials = new Serials();
  const { netns, realtime, lifeS } = options;
  const native = new (addon().Vrrp)(netns, { realtime, lifeS, warden: wardenProgram() }, (events) => {
    const told = events.flatMap((event) => serials.current(event) ?? []);
    if (told.length > 0) onEvents(told);
  });
  return {
    configure: (instances) => native.configure(instances),
    order: (orders) => native.order(orders.map(([name, list]) => [name, list.map((one) => serials.mark(name, one))])),
    lease: (ms) => native.lease(ms),
    counters: () => native.counters(),
    close: () => native.close(),
  };
}

/** A silence or a wake may be on its way while an order takes it back: each belongs to one order, and only what belongs to
 *  the latest of its instance is told. */
class Serials {
  #last = 0;
  readonly #latest = new Map<string, number>();

  mark(instance: string, order: Order): NativeOrder {
    const waits = order.kind === 'deaf' || order.kind === 'listen' ? 'silence' : order.kind === 'wake' ? 'wake' : null;
    if (waits === null) return order as NativeOrder;
    this.#last = (this.#last + 1) >>> 0;
    this.#latest.set(`${waits} ${instance}`, this.#last);
    return { ...order, serial: this.#last } as NativeOrder;
  }

  current(event: NativeEngineEvent): EngineEvent | undefined {
    if (event.kind === 'disturbed') {
      const { kind, at, instance, address, count } = event;
      const others = count > 1 ? ` and ${count - 1} more` : '';
      return { kind, at, instance, what: `${address}${others} on ${event.interface} was removed` };
    }
    if (event.kind !== 'silence' && event.kind !== 'wake') return event;
    const { serial, ...told } = event;
    return this.#latest.get(`${event.kind} ${event.instance}`) === serial ? told : undefined;
  }
}
