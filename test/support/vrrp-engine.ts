import type { Order } from '../../src/model/vrrp.ts';

/** An advert on its way; one object for all who hear it. */
export interface Packet {
  readonly instance: number;
  readonly from: number;
  readonly priority: number;
  readonly intervalMs: number;
}

/** What an engine needs of the world around it. */
export interface Surroundings {
  now(): number;
  /** Calls `run` at that time, unless the router is gone by then. */
  at(time: number, run: () => void): void;
  send(packet: Packet): void;
  silence(): void;
  wake(): void;
  held(holds: boolean): void;
  announced(): void;
}

/** The same advert again so soon is a duplicate, or a flood. */
const REPEAT_MS = 10;

const equal = (a: Packet, b: Packet): boolean =>
  a.from === b.from && a.priority === b.priority && a.intervalMs === b.intervalMs;

/** A model of the native engine for one instance: carries out standing orders as src/model/vrrp.ts describes them. Each
 *  timer has a number that grows with every order, so that one which was replaced does nothing when it comes. */
export class EngineModel {
  readonly #world: Surroundings;
  readonly #instance: number;
  readonly #router: number;
  #advertise: Extract<Order, { kind: 'advertise' }> | null = null;
  #advertising = 0;
  #intervalMs: number;
  #listen: Extract<Order, { kind: 'listen' }> | null = null;
  #countedFrom = 0;
  #listening = 0;
  #waking = 0;
  #releasing = 0;
  #told: Packet | null = null;
  #toldAt = 0;
  holds = false;

  constructor(world: Surroundings, instance: number, router: number, intervalMs: number) {
    this.#world = world;
    this.#instance = instance;
    this.#router = router;
    this.#intervalMs = intervalMs;
  }

  /** Whether the packet is nothing to tell: it re-armed the timer, or is the last one told over again. `source` is the text
   *  form of its sender. */
  taken(packet: Packet, source: string): boolean {
    const now = this.#world.now();
    const same = this.#listen?.same;
    if (same?.source !== source || same.priority !== packet.priority || same.intervalMs !== packet.intervalMs) {
      if (this.#told !== null && now - this.#toldAt < REPEAT_MS && equal(this.#told, packet)) return true;
      this.#told = packet;
      this.#toldAt = now;
      return false;
    }
    this.#countedFrom = now;
    return true;
  }

  order(order: Order): void {
    switch (order.kind) {
      case 'advertise':
        this.#advertise = order;
        this.#intervalMs = order.everyMs;
        this.#advertiseNow(++this.#advertising);
        break;
      case 'send':
        this.#send(order.priority);
        if (this.#advertise !== null) this.#advertiseLater(++this.#advertising);
        break;
      case 'quiet':
        this.#advertise = null;
        this.#advertising++;
        break;
      case 'listen':
        if (order.from === 'now' || this.#listen === null) this.#countedFrom = this.#world.now();
        this.#listen = order;
        this.#await(++this.#listening);
        break;
      case 'deaf':
        this.#listen = null;
        this.#listening++;
        break;
      case 'wake':
        this.#wake(order.afterMs, ++this.#waking);
        break;
      case 'hold':
        this.#releasing++;
        this.#hold(true);
        this.#world.announced();
        break;
      case 'release':
        if (order.afterMs === 0) this.#hold(false);
        else this.#releaseLater(order.afterMs, ++this.#releasing);
        break;
      case 'announce':
        this.#world.announced();
        break;
    }
  }

  #hold(holds: boolean): void {
    if (this.holds === holds) return;
    this.holds = holds;
    this.#world.held(holds);
  }

  #releaseLater(afterMs: number, turn: number): void {
    this.#world.at(this.#world.now() + afterMs, () => {
      if (turn === this.#releasing) this.#hold(false);
    });
  }

  #wake(afterMs: number | null, turn: number): void {
    if (afterMs === null) return;
    this.#world.at(this.#world.now() + afterMs, () => {
      if (turn === this.#waking) this.#world.wake();
    });
  }

  #send(priority: number): void {
    this.#world.send({ instance: this.#instance, from: this.#router, priority, intervalMs: this.#intervalMs });
  }

  #advertiseNow(turn: number): void {
    if (turn !== this.#advertising || this.#advertise === null) return;
    this.#send(this.#advertise.priority);
    this.#advertiseLater(turn);
  }

  #advertiseLater(turn: number): void {
    if (this.#advertise === null) return;
    this.#world.at(this.#world.now() + this.#advertise.everyMs, () => this.#advertiseNow(turn));
  }

  /** Re-arming only moves the beginning; the timer finds out when it comes. */
  #await(turn: number): void {
    if (this.#listen === null) return;
    const listen = this.#listen;
    this.#world.at(Math.max(this.#world.now(), this.#countedFrom + listen.forMs), () => {
      if (turn !== this.#listening) return;
      if (this.#world.now() < this.#countedFrom + listen.forMs) this.#await(turn);
      else this.#world.silence();
    });
  }
}
