import { ElectionLoop } from '../../src/daemon/election-loop.ts';
import type { OpenElection } from '../../src/daemon/election-port.ts';
import type { EngineCounters, EngineEvent, EnginePort } from '../../src/model/engine.ts';
import type { EngineInstance, Order } from '../../src/model/vrrp.ts';

/** An engine that writes down what it is asked for; the test says what it hears. */
export class FakeEngine implements EnginePort {
  readonly log: string[] = [];
  instances: readonly EngineInstance[] = [];
  leaseMs = 0;
  closed = false;
  readonly #onEvents: (events: readonly EngineEvent[]) => void;

  constructor(onEvents: (events: readonly EngineEvent[]) => void) {
    this.#onEvents = onEvents;
  }

  configure(instances: readonly EngineInstance[]): void {
    this.instances = instances;
  }

  order(orders: readonly (readonly [string, readonly Order[]])[]): void {
    for (const [instance, list] of orders) for (const order of list) this.log.push(`${instance} ${inWords(order)}`);
  }

  lease(ms: number): void {
    this.leaseMs = ms;
  }

  counters(): EngineCounters {
    return { instances: [], strangers: [], lateness: { boundsNs: [], counts: [0] } };
  }

  close(): void {
    this.closed = true;
  }

  /** What was ordered since the last call. */
  orders(): string[] {
    return this.log.splice(0);
  }

  tell(...events: EngineEvent[]): void {
    this.#onEvents(events);
  }
}

const inWords = (order: Order): string => {
  switch (order.kind) {
    case 'advertise':
      return `advertise ${order.priority} every ${order.everyMs}`;
    case 'send':
      return `send ${order.priority}`;
    case 'listen':
      return `listen ${order.same ? `to ${order.same.source}` : ''}`.trim();
    case 'wake':
      return order.afterMs === null ? 'no wake' : 'wake';
    case 'release':
      return 'release';
    default:
      return order.kind;
  }
};

/** The election without its thread: everything happens at once, over the engine that `made` hears of. */
export const electionInPlace =
  (made: (engine: FakeEngine) => void, now: () => number): OpenElection =>
  (_options, onReport) => {
    const loop = new ElectionLoop({
      openEngine: (onEvents) => {
        const engine = new FakeEngine(onEvents);
        made(engine);
        return engine;
      },
      now,
      wall: now,
      tell: onReport,
    });
    return {
      configure: async (electorate) => loop.configure(electorate),
      judge: async (judgements) => loop.judge(judgements),
      act: async (instance, action) => loop.act(instance, action),
      lease: async (ms) => loop.lease(ms),
      counters: async () => loop.counters(),
      stop: (handover) => loop.stop(handover),
      close: async () => loop.close(),
    };
  };
