import {
  emptyLedger,
  type Finding,
  finished,
  type Ledger,
  note,
  observe,
  observing,
  type Span,
  type Track,
} from '../availability/ledger.ts';
import {
  inOrder,
  type ObjectReport,
  objectsOf,
  type Report,
  WINDOW_NAMES,
  type Window,
  windowOf,
} from '../availability/report.ts';
import { pass, resume, wallOf } from '../availability/time.ts';
import type { Clock } from '../base/clock.ts';
import { findings } from '../decide/findings.ts';
import { inTurns } from '../kernel/turns.ts';
import type { AvailabilityFigures } from '../metrics/scene.ts';
import { type Disk, systemDisk } from './disk.ts';
import type { InstanceReport } from './election-loop.ts';
import { KEPT_CHANGES } from './elections.ts';
import { HistoryDisk } from './history-disk.ts';
import { hasChanged, type Remembered } from './history-file.ts';
import type { Store } from './store.ts';

const LOOK_MS = 10_000;
const WRITE_MS = 60_000;
/** What happens at once is written once. */
const GATHER_MS = 1000;
/** Windows whose budgets are watched. */
const WATCHED: readonly Window[] = ['30d', 'year'];

/** Of services and addresses: servers are many, and their state is a metric of its own. */
const figuresOf = (ledger: Ledger, targets: ReadonlyMap<string, number>): AvailabilityFigures[] =>
  [...ledger.tracks].flatMap(([key, track]) => {
    if (key.startsWith('server/')) return [];
    const slash = key.indexOf('/');
    const [kind, name] = [key.slice(0, slash), key.slice(slash + 1)];
    return WINDOW_NAMES.map((window) => {
      const { availability, downSeconds, plannedSeconds, incidents, budget } = windowOf(
        ledger,
        track,
        window,
        targets.get(key),
      );
      return {
        ...{ kind, name, window, ratio: availability, downSeconds, plannedSeconds, incidents },
        budget: budget && { allowedSeconds: 60 * budget.allowedMinutes, usedSeconds: 60 * budget.usedMinutes },
      };
    });
  });

/** Keeps the ledger of what was up and down: looks at the store when something is told and from time to time, writes it down,
 *  and tells when a budget runs out. */
export class History {
  readonly #store: Store;
  readonly #clock: Clock;
  /** Null: it is forgotten with the process. */
  readonly #disk: HistoryDisk | null;
  #ledger: Ledger;
  /** Monotonic milliseconds that the ledger's time has come to. */
  #lookedAt: number;
  #instances: ReadonlyMap<string, InstanceReport> = new Map();
  /** What is to say of things that are up. */
  #notes: ReadonlyMap<string, string> = new Map();
  #keys: readonly string[] = [];
  #figures: readonly AvailabilityFigures[] = [];
  #figuresUntil = 0;
  #written: Remembered | null = null;
  #writtenAt = 0;
  #failed = false;
  #stopped = false;
  #pending: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  readonly #warned = new Set<string>();

  constructor(store: Store, clock: Clock, path: string | null, disk: Disk = systemDisk) {
    this.#store = store;
    this.#clock = clock;
    const problem = (text: string): void => store.tell('problem', text);
    this.#disk = path === null ? null : new HistoryDisk(disk, path, problem);
    this.#ledger = emptyLedger(clock.wall());
    this.#lookedAt = Math.floor(clock.now());
  }

  /** Goes on with what an earlier life of the daemon wrote down. */
  async start(): Promise<void> {
    const read = (await this.#disk?.read()) ?? null;
    if (this.#stopped) return;
    this.#ledger = read ? resume(read.ledger, this.#clock.wall()) : emptyLedger(this.#clock.wall());
    this.#lookedAt = Math.floor(this.#clock.now());
    if (read) this.#recall(read.roles);
    this.#unlisten = this.#store.onEvent(({ kind }) => {
      if (kind !== 'audit') this.#soon();
    });
    this.#timer = setInterval(() => this.#tick(), LOOK_MS);
    this.#timer.unref();
    this.#look();
  }

  /** What is known is on disk when it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#pending);
    this.#unlisten?.();
    if (this.#timer === undefined) return;
    this.#look();
    await this.#write();
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  report(): Report {
    const { at, objects } = this.reported(this.keys());
    return { at, objects: [...objects] };
  }

  /** What is reported on, in the order of the report. */
  keys(): readonly string[] {
    this.#look();
    const { tracks } = this.#ledger;
    const same = this.#keys.length === tracks.size && this.#keys.every((key) => tracks.has(key));
    if (!same) this.#keys = inOrder(tracks.keys());
    return this.#keys;
  }

  /** The report on these now, each made when it is asked for. */
  reported(keys: Iterable<string>): { readonly at: string; readonly objects: Iterable<ObjectReport> } {
    const iso = (ms: number): string => new Date(ms).toISOString();
    const of = { ledger: this.#ledger, targets: this.#targets(), notes: this.#notes, iso };
    return { at: iso(wallOf(this.#ledger, this.#ledger.seen)), objects: objectsOf(of, keys) };
  }

  /** For metrics, at most so old as the time between two looks: the sums of a year cost something. */
  figures(): readonly AvailabilityFigures[] {
    if (this.#clock.now() >= this.#figuresUntil) {
      this.#figuresUntil = this.#clock.now() + LOOK_MS;
      this.#figures = figuresOf(this.#ledger, this.#targets());
    }
    return this.#figures;
  }

  #targets(): Map<string, number> {
    const { services } = this.#store.get().config;
    return new Map(
      services.flatMap(({ name, availability }) => (availability ? [[`service/${name}`, availability.target]] : [])),
    );
  }

  /** What happened since this life began stands after it. */
  #recall(roles: Remembered['roles']): void {
    const { roleChanges, desired } = this.#store.get();
    const all = new Map(roleChanges);
    for (const { name } of desired.instances) {
      const earlier = roles.get(name);
      if (earlier) all.set(name, [...earlier, ...(all.get(name) ?? [])].slice(-KEPT_CHANGES));
    }
    this.#store.set({ roleChanges: all });
  }

  #soon(): void {
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      void this.#lookInTurns();
    }, GATHER_MS).unref();
  }

  /** When half of ten thousand servers die, others have their turns while it is found out and taken down. */
  async #lookInTurns(): Promise<void> {
    const { steps, ...rest } = this.#begin();
    const before = this.#ledger;
    const found = await inTurns(steps);
    const after = await inTurns(observing(before, before.seen, found));
    if (this.#stopped) return;
    // Unless somebody else looked meanwhile, who saw more.
    if (this.#ledger === before) this.#take({ ...rest, found, after });
    const now = this.#remembered();
    if (this.#written === null || hasChanged(this.#written, now)) await this.#write();
  }

  #tick(): void {
    this.#look();
    this.#watchBudgets();
    if (this.#clock.now() - this.#writtenAt >= WRITE_MS) void this.#write();
  }

  #look(): void {
    const { steps, ...rest } = this.#begin();
    const found = finished(steps);
    this.#take({ ...rest, found, after: observe(this.#ledger, this.#ledger.seen, found) });
  }

  #begin(): Looking {
    const wall = this.#clock.wall();
    // Whole milliseconds; the rest is for the next time.
    const now = Math.floor(this.#clock.now());
    this.#ledger = pass(this.#ledger, now - this.#lookedAt, wall);
    this.#lookedAt = now;
    const snapshot = this.#store.get();
    const { seen, tracks } = this.#ledger;
    const steps = findings({
      ...snapshot,
      detected: this.#store.detected,
      now: seen,
      timeOf: (monotonicMs) => seen - (now - Math.round(monotonicMs)),
      open: (key) => openSpan(tracks.get(key)),
    });
    return { steps, instances: snapshot.instances, ahead: seen - wall };
  }

  #take({ found, after, instances, ahead }: Omit<Looking, 'steps'> & { found: Found; after: Ledger }): void {
    this.#notes = notesOf(found);
    this.#ledger = after;
    this.#noteTakeovers(instances, ahead);
  }

  /** A master that fell silent was away from its last advert on, which is known only when another took over. `ahead`: of the
   *  wall clock, the ledger's time. */
  #noteTakeovers(instances: ReadonlyMap<string, InstanceReport>, ahead: number): void {
    for (const { name, election, engine } of this.#store.get().desired.instances) {
      const now = instances.get(name);
      const before = this.#instances.get(name);
      if (now?.state !== 'master' || before?.state !== 'backup' || before.master === null) continue;
      const left = now.counts.leavingHeard > before.counts.leavingHeard || !now.why.startsWith('nobody was heard');
      const away = left ? election.intervalMs : election.downAdverts * before.master.intervalMs;
      const span = {
        kind: left ? ('planned' as const) : ('down' as const),
        start: now.since + ahead - away,
        end: now.since + ahead,
        cause: `${before.master.address} was master: ${now.why}`,
        detectedMs: left ? null : away,
        by: 'election: this director took over',
      };
      for (const { address, prefix } of engine.held)
        this.#ledger = note(this.#ledger, `address/${address}/${prefix}`, span);
    }
    this.#instances = instances;
  }

  #watchBudgets(): void {
    for (const { name, availability } of this.#store.get().config.services) {
      const track = this.#ledger.tracks.get(`service/${name}`);
      if (!availability || !track) continue;
      for (const window of WATCHED) {
        const { budget } = windowOf(this.#ledger, track, window, availability.target);
        if (!budget) continue;
        const used = (100 * budget.usedMinutes) / budget.allowedMinutes;
        const spent = used >= 100 ? 'is spent' : 'is nearly spent';
        this.#warn(
          `${name} ${window} ${spent}`,
          used >= availability.warnAt,
          `${name}: the budget ${spent}: ${budget.text}`,
        );
      }
    }
  }

  #warn(key: string, due: boolean, text: string): void {
    if (!due) this.#warned.delete(key);
    else if (!this.#warned.has(key)) {
      this.#warned.add(key);
      this.#store.tell('problem', text);
    }
  }

  #remembered(): Remembered {
    return { ledger: this.#ledger, roles: this.#store.get().roleChanges };
  }

  async #write(): Promise<void> {
    this.#writtenAt = this.#clock.now();
    if (this.#disk === null) return;
    const now = this.#remembered();
    this.#written = now;
    try {
      await this.#disk.write(now);
      this.#failed = false;
    } catch (error) {
      this.#written = null;
      // Told once: telling makes it be written again.
      if (!this.#failed) this.#store.tell('problem', `the history cannot be written: ${String(error)}`);
      this.#failed = true;
    }
  }
}

type Found = ReadonlyMap<string, Finding | null>;

interface Looking {
  readonly steps: Iterator<void, Found>;
  readonly instances: ReadonlyMap<string, InstanceReport>;
  /** Of the wall clock, the ledger's time. */
  readonly ahead: number;
}

const openSpan = (track: Track | undefined): Span | undefined => {
  const last = track?.spans.at(-1);
  return last?.end === null ? last : undefined;
};

function notesOf(found: ReadonlyMap<string, Finding | null>): Map<string, string> {
  const notes = new Map<string, string>();
  for (const [key, finding] of found) {
    if (finding?.condition === 'up' && finding.cause !== '') notes.set(key, finding.cause);
  }
  return notes;
}
