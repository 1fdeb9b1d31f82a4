import { findings } from '../availability/findings.ts';
import { emptyLedger, type Ledger, note, observe, resume } from '../availability/ledger.ts';
import {
  type ObjectReport,
  objectsOf,
  type Report,
  WINDOW_NAMES,
  type Window,
  windowOf,
} from '../availability/report.ts';
import type { Clock } from '../base/clock.ts';
import type { AvailabilityFigures } from '../metrics/scene.ts';
import type { InstanceReport } from './election-loop.ts';
import { readHistory, writeHistory } from './history-file.ts';
import type { Store } from './store.ts';

const LOOK_MS = 10_000;
const WRITE_MS = 60_000;
/** What happens at once is written once. */
const GATHER_MS = 1000;
/** The wall clock may differ so much from the monotonic one between two looks; more means that it was set, or that the
 *  machine slept, and nobody looked meanwhile. */
const JUMP_MS = 5000;
/** Windows whose budgets are watched. */
const WATCHED: readonly Window[] = ['30d', 'year'];

/** Of services and addresses: servers are many, and their state is a metric of its own. */
const figuresOf = (ledger: Ledger, targets: ReadonlyMap<string, number>): AvailabilityFigures[] =>
  [...ledger.tracks].flatMap(([key, track]) => {
    const [kind = '', name = ''] = key.split(/\/(.*)/s);
    if (kind === 'server') return [];
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
  readonly #path: string | null;
  #ledger: Ledger;
  #lookedAt: { readonly wall: number; readonly now: number } | null = null;
  #instances: ReadonlyMap<string, InstanceReport> = new Map();
  #figures: readonly AvailabilityFigures[] = [];
  #figuresUntil = 0;
  #writtenAt = 0;
  #failed = false;
  #pending: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  readonly #warned = new Set<string>();

  constructor(store: Store, clock: Clock, path: string | null) {
    this.#store = store;
    this.#clock = clock;
    this.#path = path;
    this.#ledger = emptyLedger(clock.wall());
  }

  start(): void {
    const problem = (text: string): void => this.#store.tell('problem', text);
    const read = this.#path === null ? null : readHistory(this.#path, problem);
    if (read) this.#ledger = resume(read, this.#clock.wall());
    this.#unlisten = this.#store.onEvent(() => this.#soon());
    this.#timer = setInterval(() => this.#tick(), LOOK_MS);
    this.#timer.unref();
    this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#pending);
    this.#unlisten?.();
    if (this.#timer === undefined) return;
    this.#look();
    this.#write();
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  report(): Report {
    const { at, objects } = this.reported();
    return { at, objects: [...objects] };
  }

  /** The report of now, its objects made one after the other as they are asked for. */
  reported(): { readonly at: string; readonly objects: Iterable<ObjectReport> } {
    this.#look();
    const iso = (ms: number): string => new Date(ms).toISOString();
    return { at: iso(this.#ledger.seen), objects: objectsOf(this.#ledger, this.#targets(), iso) };
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

  #soon(): void {
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      this.#look();
      this.#write();
    }, GATHER_MS).unref();
  }

  #tick(): void {
    this.#look();
    this.#watchBudgets();
    if (this.#clock.now() - this.#writtenAt >= WRITE_MS) this.#write();
  }

  #look(): void {
    const at = { wall: this.#clock.wall(), now: this.#clock.now() };
    const before = this.#lookedAt;
    this.#lookedAt = at;
    if (before && at.wall - before.wall > at.now - before.now + JUMP_MS) this.#ledger = resume(this.#ledger, at.wall);
    const snapshot = this.#store.get();
    this.#ledger = observe(this.#ledger, at.wall, findings({ ...snapshot, detected: this.#store.detected }));
    this.#noteTakeovers(snapshot.instances);
  }

  /** A master that fell silent was away from its last advert on, which is known only when another took over. */
  #noteTakeovers(instances: ReadonlyMap<string, InstanceReport>): void {
    for (const { name, election, engine } of this.#store.get().desired.instances) {
      const now = instances.get(name);
      const before = this.#instances.get(name);
      if (now?.state !== 'master' || before?.state !== 'backup' || before.master === null) continue;
      const left = now.counts.leavingHeard > before.counts.leavingHeard || !now.why.startsWith('nobody was heard');
      const away = left ? election.intervalMs : election.downAdverts * before.master.intervalMs;
      const span = {
        kind: left ? ('planned' as const) : ('down' as const),
        start: now.since - away,
        end: now.since,
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

  #write(): void {
    this.#writtenAt = this.#clock.now();
    if (this.#path === null) return;
    try {
      writeHistory(this.#path, this.#ledger);
      this.#failed = false;
    } catch (error) {
      // Told once: telling makes it be written again.
      if (!this.#failed) this.#store.tell('problem', `the history cannot be written: ${String(error)}`);
      this.#failed = true;
    }
  }
}
