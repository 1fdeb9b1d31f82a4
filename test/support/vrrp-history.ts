import type { ElectionSettings } from '../../src/model/vrrp.ts';
import { CALM, type Router, SLACK_MS, seeded, World } from './vrrp-world.ts';

type Random = () => number;

const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const chance = (random: Random, share: number): boolean => random() < share;

const OWNER = 255;

/** Settings of all routers for a seed. */
function arranged(random: Random): World {
  const grouped = chance(random, 0.35);
  const names = grouped ? ['inside', 'outside', 'third'].slice(0, 2 + Math.floor(random() * 2)) : ['edge'];
  const version = chance(random, 0.3) ? 2 : 3;
  const intervalMs = version === 2 ? 1000 : oneOf(random, [10, 100, 1000]);
  const mixedIntervals = version === 3 && chance(random, 0.2);
  const preempting = oneOf(random, [0, 0.5, 1, 1]);
  const mixedPriorities = grouped && chance(random, 0.2);
  const owned = chance(random, 0.1);
  const count = 2 + Math.floor(random() * 4);
  const settings = Array.from({ length: count }, (_, id): ElectionSettings[] => {
    const priority = (): number =>
      owned && id === 0 ? OWNER : oneOf(random, [1, 50, 100, 100, 150, 200, 253, 254, 1 + Math.floor(random() * 254)]);
    const base: ElectionSettings = {
      version,
      priority: priority(),
      intervalMs: mixedIntervals ? intervalMs * oneOf(random, [1, 2, 3]) : intervalMs,
      downAdverts: 3,
      preempt: chance(random, preempting),
      preemptDelayMs: chance(random, 0.2) ? intervalMs * 4 * random() : 0,
      startDelayMs: chance(random, 0.2) ? intervalMs * 4 * random() : 0,
      assert: chance(random, 0.8),
      handoverMs: Math.max(intervalMs, version === 2 ? 1000 : 0) * 4,
    };
    return names.map(() => (mixedPriorities ? { ...base, priority: priority() } : base));
  });
  return new World(random, names, grouped, settings);
}

/** What a run was like; a fault is the first thing that was not as it should be. */
export interface Outcome {
  readonly fault: string | null;
  readonly ending: string;
}

/** Runs a seed: arrangement, chaos, calm, then one planned or unplanned loss of the master. */
export class History {
  readonly #random: Random;
  readonly world: World;
  readonly #longestMs: number;
  /** Whoever is master is heard by all others sooner or later. An owner hears nobody, and a member of a group may have
   *  followed the others while its own segment was cut. */
  #allHeard = true;
  #handedOver = false;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.world = arranged(this.#random);
    this.#longestMs = Math.max(...this.world.routers.flatMap((router) => router.settings.map((own) => own.intervalMs)));
  }

  run(): Outcome {
    const { world } = this;
    for (const router of world.routers) world.at(world.now + this.#some(2), () => router.boot());
    this.#chaos();
    this.#clear();
    this.#settle();
    const unsettled = this.#unsettled() ?? this.#restless();
    if (unsettled !== null) return { fault: unsettled, ending: 'calm' };
    return this.#ending();
  }

  /** Up to that many of the longest interval. */
  #some(intervals: number): number {
    return this.#random() * intervals * this.#longestMs;
  }

  #settle(): void {
    // Hand-over, start delay, preempt delay, then two rounds of timers; members that pull apart need some more.
    this.world.runUntil(this.world.now + (this.#mixed() ? 60 : 20) * this.#longestMs);
  }

  #mixed(): boolean {
    return this.world.routers.some(({ settings }) => settings.some((own) => own.priority !== settings[0]?.priority));
  }

  #chaos(): void {
    const { world } = this;
    const random = this.#random;
    world.weather = {
      loss: oneOf(random, [0, 0, 0.05, 0.3]),
      duplicate: oneOf(random, [0, 0.1]),
      reorder: oneOf(random, [0, 0.2]),
      delayMs: oneOf(random, [0.1, 0.5, 2]),
    };
    this.#allHeard =
      !world.grouped &&
      world.weather.loss === 0 &&
      world.routers.every(({ settings }) => settings[0]?.assert && settings[0].priority !== OWNER);
    const blows = Math.floor(random() * (chance(random, 0.1) ? 30 : 8));
    for (let blow = 0; blow < blows; blow++) {
      world.runUntil(world.now + this.#some(6));
      this.#blow(oneOf(random, world.routers));
    }
    world.runUntil(world.now + this.#some(6));
  }

  /** One thing that goes wrong, or right. */
  #blow(router: Router): void {
    const { world } = this;
    const random = this.#random;
    const index = Math.floor(random() * world.names.length);
    const name = world.names[index] as string;
    const at = world.now;
    const blows: readonly (() => void)[] = [
      () => (router.up ? router.crash() : router.boot()),
      () => {
        router.sleptUntil = at + this.#some(8);
      },
      () => {
        router.busyUntil = at + this.#some(8);
      },
      () => this.#partition(chance(random, 0.5), world.grouped && chance(random, 0.3) ? index : null),
      () => this.#partition(false, null),
      () => this.#heal(),
      () => this.#leave(() => router.event(name, { at, kind: 'yield' })),
      () => router.event(name, { at, kind: 'claim' }),
      () => this.#judge(router, name),
      () => this.#leave(() => router.all({ at, kind: 'stop', handover: chance(random, 0.5) })),
      () => router.all({ at, kind: 'start' }),
      () => this.#reload(router),
    ];
    oneOf(random, blows)();
  }

  #leave(how: () => void): void {
    this.#handedOver = true;
    this.world.lostUnheard ||= this.world.parted;
    how();
  }

  /** Trackers of all instances speak: another priority, and perhaps a fault of one. */
  #judge(router: Router, faulty: string): void {
    const owner = router.settings[0]?.priority === OWNER;
    const priority = owner ? OWNER : 1 + Math.floor(this.#random() * 254);
    const faults = chance(this.#random, 0.4) ? ['link: down'] : [];
    for (const name of this.world.names) {
      router.event(name, { at: this.world.now, kind: 'judged', priority, faults: name === faulty ? faults : [] });
    }
  }

  #reload(router: Router): void {
    const preempt = chance(this.#random, 0.5);
    router.settings.forEach((own, index) => {
      router.change(this.world.names[index] as string, index, { ...own, preempt });
    });
  }

  /** Splits the routers in two, one way or both, on one segment or on all. */
  #partition(oneWay: boolean, segment: number | null): void {
    this.#allHeard &&= !oneWay;
    this.world.partedUntil = Number.POSITIVE_INFINITY;
    this.world.lostUnheard ||= this.#handedOver;
    const left = this.world.routers.map(() => chance(this.#random, 0.5));
    this.world.cut.forEach((cut, instance) => {
      if (segment !== null && segment !== instance) return;
      cut.forEach((row, from) => {
        for (let to = 0; to < row.length; to++) row[to] = left[from] !== left[to] && !(oneWay && left[from]);
      });
    });
  }

  #heal(): void {
    const { world } = this;
    // One that took over behind the cut may die before its next advert, and it may be asleep first.
    if (world.parted) world.partedUntil = Math.min(world.partedUntil, world.now + 9 * this.#longestMs + SLACK_MS);
    for (const cut of world.cut) for (const row of cut) row.fill(false);
  }

  /** Ends all chaos. Some routers stay down or at fault. */
  #clear(): void {
    const { world } = this;
    this.#heal();
    world.weather = CALM;
    for (const router of world.routers) {
      router.sleptUntil = 0;
      router.busyUntil = 0;
      if (router.id === 0 || chance(this.#random, 0.7)) {
        router.boot();
        for (const name of world.names) {
          router.event(name, { at: world.now, kind: 'start' });
          const state = router.elector.state(name);
          if (state === undefined || state.faults.length === 0) continue;
          const priority = state.priority ?? 100;
          router.event(name, { at: world.now, kind: 'judged', priority, faults: [] });
        }
      }
    }
  }

  #taking(instance: number): Router[] {
    const name = this.world.names[instance] as string;
    return this.world.routers.filter((router) => {
      const state = router.up ? router.elector.state(name)?.state : undefined;
      return state === 'backup' || state === 'master';
    });
  }

  #master(instance: number): Router | undefined {
    const name = this.world.names[instance] as string;
    return this.#taking(instance).find((router) => router.elector.state(name)?.state === 'master');
  }

  /** Exactly one master that all agree on and that alone holds the addresses; groups are together. */
  #unsettled(): string | null {
    const { world } = this;
    for (let instance = 0; instance < world.names.length; instance++) {
      const name = world.names[instance] as string;
      const taking = this.#taking(instance);
      const holding = world.routers.filter((router) => router.up && router.engines[instance]?.holds);
      const held = holding.map((router) => router.address).join(', ') || 'nobody';
      if (world.holders[instance] !== Math.min(1, taking.length) || holding.length > 1) {
        return `${name}: ${held} hold the addresses, ${taking.length} take part`;
      }
      const master = this.#master(instance);
      if (this.#allHeard && !world.lostUnheard && master !== undefined && world.announcer[instance] !== master.id) {
        return `${name}: clients send to another than ${master.address}`;
      }
      for (const router of taking) {
        const seen = router.elector.snapshot().find((each) => each.name === name);
        if (seen === undefined) return `${name}: not in the status`;
        const right = router === master ? seen.leaving === null && router === holding[0] : seen.state === 'backup';
        if (!right) return `${router.address} is ${seen.state} of ${name}, ${held} holds`;
        if (router === master || seen.master?.address === master?.address) continue;
        return `${router.address} goes by ${seen.master?.address}, ${held} is master of ${name}`;
      }
    }
    const roles = world.routers.map((router) => new Set(world.names.map((name) => router.elector.state(name)?.state)));
    const apart = world.grouped ? roles.findIndex((set, id) => world.routers[id]?.up && set.size > 1) : -1;
    if (apart >= 0) return `the group of ${world.routers[apart]?.address} is apart`;
    return this.#unpreempted();
  }

  /** Where everybody preempts, the best one is master. */
  #unpreempted(): string | null {
    if (this.world.grouped) return null;
    const master = this.#master(0);
    const name = this.world.names[0] as string;
    const priority = (router: Router): number =>
      router.elector.state(name)?.priority ?? router.settings[0]?.priority ?? 0;
    for (const router of this.#taking(0)) {
      const state = router.elector.state(name);
      if (state?.state !== 'backup' || state.content || !router.settings[0]?.preempt || !master) continue;
      if (priority(router) > priority(master)) return `${router.address} does not preempt ${master.address}`;
    }
    return null;
  }

  #restless(): string | null {
    const { world } = this;
    const before = world.changes;
    world.runUntil(world.now + 6 * this.#longestMs + this.#some(1));
    return world.changes === before ? null : `${world.changes - before} changes of role in quiet time`;
  }

  #ending(): Outcome {
    const { world } = this;
    const master = this.#master(0);
    const others = this.#taking(0).filter((router) => router !== master);
    const owner = master?.settings.some((own) => own.priority === OWNER);
    if (master === undefined || others.length === 0) return { fault: null, ending: 'nobody else' };
    const ending = oneOf(this.#random, [
      'crash',
      'stop',
      owner ? 'stop' : 'yield',
      world.grouped ? 'cut' : 'crash',
    ] as const);
    if (ending === 'cut') return { fault: this.#cutOff(), ending };
    const fault = ending === 'crash' ? this.#crash(master, others) : this.#handOver(master, others, ending);
    // Members of different priorities pull their group in different directions: it comes to rest, but where is open.
    if (this.#mixed()) this.#settle();
    const broken = this.#mixed() ? null : fault;
    return { fault: broken ?? this.#unsettled() ?? this.#restless(), ending };
  }

  /** One segment of a group falls apart for good: whoever hears nobody there must not try again and again. */
  #cutOff(): string | null {
    for (const row of this.world.cut[0] ?? []) row.fill(true);
    // Each of them tries once.
    this.#settle();
    this.#settle();
    const missing = this.world.holders.indexOf(0);
    return missing >= 0 ? `nobody holds ${this.world.names[missing]}` : this.#restless();
  }

  /** By when one of these has to be master, by the RFCs' formulas: skew after a goodbye, three adverts more after a crash.
   *  A group may have to wait for the last of its members' timers. */
  #takeoverMs(master: Router, others: readonly Router[], goodbye: boolean): number {
    const times = others.map(({ elector, settings }) => {
      const own = this.world.names.map((name, index) => {
        const { version, intervalMs, priority } = settings[index] as ElectionSettings;
        const interval = version === 3 ? (master.settings[index]?.intervalMs ?? 0) : intervalMs;
        const skew = ((256 - (elector.state(name)?.priority ?? priority)) / 256) * (version === 2 ? 1000 : interval);
        return skew + (goodbye ? 0 : 3 * interval);
      });
      return Math.max(...own);
    });
    return Math.min(...times) + SLACK_MS;
  }

  #crash(master: Router, others: readonly Router[]): string | null {
    const { world } = this;
    const within = this.#takeoverMs(master, others, false);
    master.crash();
    world.runUntil(world.now + within);
    const missing = world.names.findIndex((_, index) => (world.holders[index] ?? 0) === 0);
    if (missing >= 0) return `nobody took ${world.names[missing]} over within ${within} ms of the crash`;
    this.#settle();
    return null;
  }

  #handOver(master: Router, others: readonly Router[], ending: 'stop' | 'yield'): string | null {
    const { world } = this;
    const within = this.#takeoverMs(master, others, true);
    let bare: string | null = null;
    world.watch = (instance) => {
      if ((world.holders[instance] ?? 0) === 0) bare ??= `nobody held ${world.names[instance]} during the hand-over`;
    };
    const at = world.now;
    if (ending === 'yield') master.event(world.names[0] as string, { at, kind: 'yield' });
    else master.all({ at, kind: 'stop', handover: true });
    world.runUntil(at + within);
    const late = world.names.findIndex((_, index) => !others.some((router) => router.engines[index]?.holds));
    this.#settle();
    world.watch = null;
    if (bare !== null) return bare;
    if (late >= 0) return `nobody took ${world.names[late]} over within ${within} ms of the ${ending}`;
    // Groups of equal priority may both come at once, and the one that gives way says goodbye to all who listen.
    const alone = !world.grouped || others.length === 1;
    if (alone && this.#master(0) === master) return `${master.address} is master again`;
    return null;
  }
}

/** Lines of what happened to the electors and what they ordered, with virtual seconds. */
export function logOf(seed: number): string {
  const history = new History(seed);
  const lines: string[] = [];
  history.world.logged = (router, name, what) => {
    const { kind, ...rest } = what;
    const mark = 'at' in what ? ' ' : '   -> ';
    lines.push(
      `${(history.world.now / 1000).toFixed(6)} ${router.address} ${name}:${mark}${kind} ${JSON.stringify(rest)}`,
    );
  };
  const { fault, ending } = history.run();
  lines.push(`${(history.world.now / 1000).toFixed(6)} after ${ending}: ${fault ?? 'all is well'}`);
  return lines.join('\n');
}
