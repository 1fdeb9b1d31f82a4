import type { Clock } from '../base/clock.ts';
import { failure } from '../base/errors.ts';
import { desire } from '../decide/desire.ts';
import {
  edited,
  nextExpiry,
  type OverrideEdit,
  overrideChanges,
  overrideInWords,
  withoutExpired,
} from '../decide/overrides.ts';
import { type Overrides, overrideId } from '../model/override.ts';
import { type Disk, replaceFile } from './disk.ts';
import { overridesText } from './overrides-file.ts';
import type { Store } from './store.ts';

/** Whose change it is, and of which revision it was made. */
export interface OverrideAsk {
  readonly by: string;
  /** Refused when the overrides are at none of these revisions; absent: never. */
  readonly ifRevision?: readonly number[] | undefined;
}

/** What is to change; as a function, given what there is by then. */
export type Edits = readonly OverrideEdit[] | ((present: Overrides) => readonly OverrideEdit[]);

/** An end is a time of day, and a timer knows none: a wall clock that is set meanwhile is found out this late. */
const LONGEST_WAIT_MS = 30_000;

/** The only writer of overrides: on disk first, then in the store, then in the kernel. What cannot be written changes nothing. */
export class OverrideKeeper {
  readonly #store: Store;
  readonly #clock: Clock;
  /** Null: they end with the process. */
  readonly #disk: Disk | null;
  readonly #inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly #settle: () => Promise<void>;
  readonly #onMaintenance: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: {
    store: Store;
    clock: Clock;
    disk: Disk | null;
    /** Runs after every change of what is wanted that was asked for before. */
    inTurn: <T>(work: () => Promise<T>) => Promise<T>;
    settle: () => Promise<void>;
    /** The maintenance of an instance or of the director began or ended. */
    onMaintenance: () => Promise<void>;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#disk = parts.disk;
    this.#inTurn = parts.inTurn;
    this.#settle = parts.settle;
    this.#onMaintenance = parts.onMaintenance;
  }

  start(): void {
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** All of these edits or none, as one write; the kernel has followed when it resolves. Rejects with `revision-stale`,
   *  `override-conflict`, `usage` or `overrides-unwritable`, and then nothing has changed. */
  async change(edits: Edits, { by, ifRevision }: OverrideAsk): Promise<Overrides> {
    const [before, after] = await this.#inTurn(async () => {
      const present = this.#store.get().overrides;
      if (ifRevision && !ifRevision.includes(present.revision)) {
        const expected = ifRevision.join(' or ') || 'unknown';
        throw failure('revision-stale', { what: 'the overrides', current: present.revision, expected });
      }
      const next = this.#edited(present, typeof edits === 'function' ? edits(present) : edits, by);
      if (next !== present) {
        await this.#keep(present, next);
        await this.#take(present, next, `by ${by}`);
      }
      return [present, next] as const;
    });
    // A hand-over takes its time, and nobody else has to wait for that.
    if (maintenanceDiffers(before, after)) await this.#onMaintenance();
    return after;
  }

  #edited(present: Overrides, edits: readonly OverrideEdit[], by: string): Overrides {
    const nowMs = this.#clock.wall();
    for (const edit of edits) {
      if ('set' in edit && edit.set.untilMs !== undefined && edit.set.untilMs <= nowMs)
        throw failure('usage', { detail: `untilMs ${edit.set.untilMs} is not in the future: it is ${nowMs} now` });
    }
    const result = edited(present, edits, { by, nowMs });
    if (result.ok) return result.value;
    throw failure('override-conflict', { detail: overrideInWords(result.error), id: overrideId(result.error) });
  }

  async #keep(before: Overrides, after: Overrides): Promise<void> {
    if (this.#disk === null) return;
    const file = this.#store.get().config.director.overrides;
    try {
      await replaceFile(this.#disk, file, overridesText(after));
    } catch (error) {
      // The new file may be in its place, and only that it stays there is not sure: what was refused must not come back.
      await replaceFile(this.#disk, file, overridesText(before)).catch(() => {});
      const reason = error instanceof Error ? error.message : String(error);
      throw failure('overrides-unwritable', { file, reason }, error);
    }
  }

  async #take(before: Overrides, after: Overrides, endedBy: string): Promise<void> {
    const { config, revision } = this.#store.get();
    this.#store.set({ overrides: after, desired: desire(config, after, revision) });
    for (const line of overrideChanges(before, after, endedBy)) this.#store.tell('operator', line);
    this.#schedule();
    await this.#settle();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const next = nextExpiry(this.#store.get().overrides);
    if (next === null) return;
    const wait = Math.min(Math.max(0, next - this.#clock.wall()), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => void this.#expire(), wait).unref();
  }

  async #expire(): Promise<void> {
    const [before, after] = await this.#inTurn(async () => {
      const present = this.#store.get().overrides;
      const next = withoutExpired(present, this.#clock.wall());
      if (next === present) this.#schedule();
      else {
        // A restart finds it over as well, so a full disk does not make it last.
        await this.#keep(present, next).catch((error: unknown) => this.#store.tell('problem', String(error)));
        await this.#take(present, next, 'its time is over');
      }
      return [present, next] as const;
    });
    if (maintenanceDiffers(before, after)) await this.#onMaintenance();
  }
}

const maintenanceDiffers = (before: Overrides, after: Overrides): boolean => {
  const of = ({ rows }: Overrides): string =>
    [...rows.keys()]
      .filter((id) => /^maintenance:(director|instance\/)/.test(id))
      .sort()
      .join();
  return of(before) !== of(after);
};
