import type { Effect, ElectionEvent, ElectionSettings, Order, Told } from '../../src/model/vrrp.ts';
import { Elector } from '../../src/vrrp/elector.ts';
import { EngineModel, type Packet } from './vrrp-engine.ts';

/** mulberry32: the same seed gives the same numbers. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Due {
  readonly time: number;
  readonly turn: number;
  readonly run: () => void;
}

const sooner = (a: Due, b: Due): boolean => a.time < b.time || (a.time === b.time && a.turn < b.turn);

/** What is due next: a binary heap by time, then by the order in which it was asked for. */
class Agenda {
  readonly #heap: Due[] = [];
  #turns = 0;

  get next(): Due | undefined {
    return this.#heap[0];
  }

  add(time: number, run: () => void): void {
    const heap = this.#heap;
    const due = { time, turn: this.#turns++, run };
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Due;
      if (!sooner(due, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = due;
  }

  take(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && sooner(heap[down + 1] as Due, heap[down] as Due)) down++;
      if (!sooner(heap[down] as Due, last)) break;
      heap[at] = heap[down] as Due;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

/** How the network treats packets. Probabilities, and milliseconds. */
export interface Weather {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly delayMs: number;
}
export const CALM: Weather = { loss: 0, duplicate: 0, reorder: 0, delayMs: 0.2 };

interface Held {
  readonly name: string;
  readonly event: ElectionEvent;
}

const MOST_TELL_MS = 0.3;
/** A history has some thousands. */
const MOST_EVENTS = 200_000;
/** How late the model may be beyond the timers: telling, twice, and what the network takes in calm. */
export const SLACK_MS = 2;

/** One director: its elector, one engine per instance, and the queue between them. */
export class Router {
  readonly #world: World;
  readonly id: number;
  readonly settings: ElectionSettings[];
  elector = new Elector();
  engines: EngineModel[] = [];
  up = false;
  /** Counts lives; what an earlier one ordered is void. */
  #life = 0;
  #told: Held[] = [];
  #telling = false;
  /** No timer and no packet is seen before; `sleptUntil` is of the whole machine, `busyUntil` of the elector alone. */
  sleptUntil = 0;
  busyUntil = 0;

  constructor(world: World, id: number, settings: ElectionSettings[]) {
    this.#world = world;
    this.id = id;
    this.settings = settings;
  }

  get address(): string {
    return `10.0.0.${this.id + 1}`;
  }

  boot(): void {
    if (this.up) return;
    this.up = true;
    this.#life++;
    this.sleptUntil = 0;
    this.busyUntil = 0;
    this.elector = new Elector();
    this.engines = this.settings.map((settings, index) => this.#engine(index, settings.intervalMs));
    const { now, names, grouped } = this.#world;
    names.forEach((name, index) => {
      this.elector.add(name, this.settings[index] as ElectionSettings, now);
    });
    if (grouped) this.elector.group([{ name: 'group', members: names }], now);
    for (const name of names) this.#handle(name, { kind: 'start', at: now });
  }

  crash(): void {
    this.up = false;
    this.#life++;
    this.#told = [];
    this.#telling = false;
    this.engines.forEach((engine, index) => {
      if (engine.holds) this.#world.held(this.id, index, false);
      engine.holds = false;
    });
  }

  /** An event of the outside, at once. */
  event(name: string, event: ElectionEvent): void {
    if (this.up) this.#handle(name, event);
  }

  /** The same to every instance. */
  all(event: ElectionEvent): void {
    for (const name of this.#world.names) this.event(name, event);
  }

  change(name: string, index: number, settings: ElectionSettings): void {
    this.settings[index] = settings;
    if (this.up) this.#carryOut(this.elector.change(name, settings, this.#world.now));
  }

  receive(packet: Packet): void {
    if (!this.up) return;
    if (this.#world.now < this.sleptUntil) {
      this.#later(this.sleptUntil, () => this.receive(packet));
      return;
    }
    const settings = this.settings[packet.instance] as ElectionSettings;
    if (settings.priority === 255) return;
    if (settings.version === 2 && packet.intervalMs !== settings.intervalMs) return;
    const from = this.#world.routers[packet.from] as Router;
    if (this.engines[packet.instance]?.taken(packet, from.address)) return;
    const { priority, intervalMs } = packet;
    const order = from.id < this.id ? -1 : 1;
    const advert = { source: from.address, priority, intervalMs, order } as const;
    this.#tell(packet.instance, { kind: 'advert', at: this.#world.now, advert });
  }

  #engine(index: number, intervalMs: number): EngineModel {
    const world = this.#world;
    const timer = (time: number, run: () => void): void => this.#later(time, run);
    return new EngineModel(
      {
        now: () => world.now,
        // A sleeper's timers come after what waits in its sockets.
        at: (time, run) => {
          const awake = (): void => (world.now < this.sleptUntil ? timer(this.sleptUntil + 1e-6, awake) : run());
          timer(time, awake);
        },
        send: (packet) => world.send(packet),
        silence: () => this.#tell(index, { kind: 'silence', at: world.now }),
        wake: () => this.#tell(index, { kind: 'wake', at: world.now }),
        held: (holds) => world.held(this.id, index, holds),
        announced: () => {
          world.announcer[index] = this.id;
        },
      },
      index,
      this.id,
      intervalMs,
    );
  }

  #later(time: number, run: () => void): void {
    const life = this.#life;
    this.#world.at(time, () => {
      if (life === this.#life) run();
    });
  }

  #tell(index: number, event: ElectionEvent): void {
    this.#told.push({ name: this.#world.names[index] as string, event });
    if (this.#telling) return;
    this.#telling = true;
    this.#later(this.#world.now + MOST_TELL_MS * this.#world.random(), () => this.#listen());
  }

  #listen(): void {
    const until = Math.max(this.busyUntil, this.sleptUntil);
    if (this.#world.now < until) {
      this.#later(until, () => this.#listen());
      return;
    }
    this.#telling = false;
    const told = this.#told;
    this.#told = [];
    for (const { name, event } of told) this.#handle(name, event);
  }

  #handle(name: string, event: ElectionEvent): void {
    this.#world.logged?.(this, name, event);
    this.#carryOut(this.elector.handle(name, event));
  }

  #carryOut(effects: readonly { readonly instance: string; readonly effect: Effect }[]): void {
    for (const { instance, effect } of effects) {
      this.#world.logged?.(this, instance, effect);
      if (effect.kind === 'role' || effect.kind === 'rival' || effect.kind === 'notice') this.#world.told(this, effect);
      else this.engines[this.#world.names.indexOf(instance)]?.order(effect satisfies Order);
    }
  }
}

/** Routers, a network and a clock of its own. The same seed and the same calls give the same history. */
export class World {
  readonly #agenda = new Agenda();
  readonly #lastArrival: number[] = [];
  #done = 0;
  readonly random: () => number;
  readonly names: readonly string[];
  readonly grouped: boolean;
  readonly routers: readonly Router[];
  /** Whether packets of an instance get from one router to another: [instance][from][to]. */
  readonly cut: boolean[][][];
  /** Until when some of `cut` is true or was so just now, and whether somebody let addresses go meanwhile: not all can have heard of it. Nor of
   *  whoever was leaving around then. */
  partedUntil = 0;
  lostUnheard = false;
  /** How many hold the addresses of an instance. */
  readonly holders: number[];
  /** Who announced the addresses of an instance last, -1: nobody; clients send there. */
  readonly announcer: number[];
  now = 1000;
  weather: Weather = CALM;
  /** Changes of role so far. */
  changes = 0;
  /** Called when the addresses of an instance went to or from somebody. */
  watch: ((instance: number) => void) | null = null;
  logged: ((router: Router, name: string, what: ElectionEvent | Effect) => void) | null = null;

  constructor(random: () => number, names: readonly string[], grouped: boolean, settings: ElectionSettings[][]) {
    this.random = random;
    this.names = names;
    this.grouped = grouped;
    this.routers = settings.map((own, id) => new Router(this, id, own));
    this.cut = names.map(() => settings.map(() => settings.map(() => false)));
    this.holders = names.map(() => 0);
    this.announcer = names.map(() => -1);
  }

  at(time: number, run: () => void): void {
    this.#agenda.add(time, run);
  }

  runUntil(time: number): void {
    for (let due = this.#agenda.next; due !== undefined && due.time <= time; due = this.#agenda.next) {
      this.#agenda.take();
      this.now = due.time;
      if (++this.#done > MOST_EVENTS) throw new Error('the routers answer each other without end');
      due.run();
    }
    this.now = time;
  }

  get parted(): boolean {
    return this.now < this.partedUntil;
  }

  held(_router: number, instance: number, holds: boolean): void {
    this.holders[instance] = (this.holders[instance] ?? 0) + (holds ? 1 : -1);
    this.lostUnheard ||= this.parted && !holds;
    this.watch?.(instance);
  }

  told(_router: Router, told: Told): void {
    if (told.kind === 'role') this.changes++;
  }

  send(packet: Packet): void {
    const { loss, duplicate } = this.weather;
    for (const router of this.routers) {
      if (router.id === packet.from || this.cut[packet.instance]?.[packet.from]?.[router.id]) continue;
      if (loss > 0 && this.random() < loss) continue;
      this.#carry(router, packet);
      if (duplicate > 0 && this.random() < duplicate) this.#carry(router, packet);
    }
  }

  /** Packets between two routers keep their order, but for detours. */
  #carry(router: Router, packet: Packet): void {
    const { reorder, delayMs } = this.weather;
    const detour = reorder > 0 && this.random() < reorder;
    const way = packet.from * this.routers.length + router.id;
    const soon = this.now + delayMs * (detour ? 10 : 1) * (0.5 + this.random());
    const arrival = detour ? soon : Math.max(soon, this.#lastArrival[way] ?? 0);
    if (!detour) this.#lastArrival[way] = arrival;
    this.#agenda.add(arrival, () => router.receive(packet));
  }
}
