import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { questionOf, targetOf } from '../../health/shared.ts';
import type { Desired } from '../../model/desired.ts';
import { serverKey, type Transition, type Verdict } from '../../model/health.ts';
import { replaceFile, systemDisk } from '../disk.ts';
import { KEPT_TRANSITIONS, type VerdictBook } from './book.ts';

/** What an earlier life knew is believed for so long after its end. */
export const BELIEVED_MS = 300_000;
/** Larger files are not ours: this is room for 100,000 servers. */
const LARGEST_BYTES = 256 * 1024 * 1024;
/** Changes are written this long after the first of them. */
const GATHER_MS = 1000;
/** How often the file is touched, to tell an old file from one in which nothing had to change. */
const TOUCH_MS = 30_000;
/** Servers written down in one turn of the event loop. */
const PER_TURN = 500;

const status = z.enum(['unknown', 'up', 'down']);
const time = z.number();
/** Times are wall-clock milliseconds: the monotonic clock does not outlive a process's machine. */
const entrySchema = z.object({
  key: z.string(),
  question: z.string(),
  status,
  since: time,
  why: z.string(),
  reported: z
    .object({
      weight: z.union([z.object({ percent: z.number() }), z.object({ absolute: z.number() })]).optional(),
      admin: z.enum(['drain', 'maint']).optional(),
    })
    .optional(),
  recoveredAt: time.optional(),
  flaps: z.object({ downs: z.array(time).max(100), level: z.number(), heldUntil: time.nullable() }).optional(),
  transitions: z.array(z.object({ at: time, status, why: z.string() })).max(KEPT_TRANSITIONS),
});
type Entry = z.infer<typeof entrySchema>;
const HEADER = JSON.stringify({ fairlead: 'health', version: 1 });

export interface Recalled {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
}

/** Verdicts on disk, so that a new life of the daemon knows who was dead. One line a server. */
export class VerdictMemory {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #onProblem: (text: string) => void;
  #questions = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #touching: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #written = false;
  #failed = false;

  constructor(path: string, clock: Clock, onProblem: (text: string) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#onProblem = onProblem;
  }

  /** Which question each server is asked: a verdict is the answer to one. */
  follow(desired: Desired): void {
    this.#questions = new Map(
      desired.services.flatMap(({ name, servers }) =>
        servers.flatMap((server) =>
          server.check === null
            ? []
            : [[serverKey(name, server.name), digest(questionOf(targetOf(server, server.check), server.check))]],
        ),
      ),
    );
  }

  /** What is known of the servers that are still asked the same. A file that is old, damaged or absent is no knowledge. */
  recall(): Recalled {
    const verdicts = new Map<string, Verdict>();
    const transitions = new Map<string, readonly Transition[]>();
    // Wall-clock minus this is monotonic.
    const offset = this.#clock.wall() - this.#clock.now();
    for (const entry of this.#read()) {
      if (this.#questions.get(entry.key) !== entry.question) continue;
      transitions.set(entry.key, entry.transitions);
      if (entry.status !== 'unknown') verdicts.set(entry.key, verdictOf(entry, offset));
    }
    return { verdicts, transitions };
  }

  /** Writes what the book says soon, and keeps that from growing old. */
  changed(book: VerdictBook): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.write(book);
    }, GATHER_MS);
    this.#touching ??= setInterval(() => void this.#touch(), TOUCH_MS).unref();
  }

  /** On disk when it resolves. A failure is told and changes nothing else. */
  write(book: VerdictBook): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(book)).catch((error: unknown) => this.#fail(error));
    return this.#writing;
  }

  async stop(book: VerdictBook): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#touching);
    await this.write(book);
  }

  #read(): Entry[] {
    try {
      const { mtimeMs, size } = statSync(this.#path);
      const age = this.#clock.wall() - mtimeMs;
      // A clock that was set back makes no file young.
      if (size > LARGEST_BYTES || Math.abs(age) > BELIEVED_MS) return [];
      const [header, ...lines] = readFileSync(this.#path, 'utf8').split('\n');
      if (header !== HEADER) return [];
      return lines.flatMap((line) => entryOf(line));
    } catch {
      return [];
    }
  }

  async #write(book: VerdictBook): Promise<void> {
    await replaceFile(systemDisk, this.#path, this.#lines(book));
    this.#written = true;
    this.#failed = false;
  }

  /** In pieces, with a turn of the event loop between them. */
  async *#lines(book: VerdictBook): AsyncGenerator<string> {
    const offset = this.#clock.wall() - this.#clock.now();
    let lines = [HEADER];
    for (const [key, question] of [...this.#questions]) {
      const verdict = book.get(key);
      if (verdict !== undefined) lines.push(lineOf(key, question, verdict, book.transitions(key), offset));
      if (lines.length < PER_TURN) continue;
      yield `${lines.join('\n')}\n`;
      lines = [];
      await turn();
    }
    yield `${lines.join('\n')}\n`;
  }

  /** Only what says what is known now; a file that could not be written again is left to grow old. */
  async #touch(): Promise<void> {
    if (!this.#written || this.#failed) return;
    const now = this.#clock.wall() / 1000;
    await utimes(this.#path, now, now).catch(() => {});
  }

  #fail(error: unknown): void {
    if (!this.#failed) this.#onProblem(`verdicts cannot be written to ${this.#path}: ${String(error)}`);
    this.#failed = true;
  }
}

const digest = (question: string): string => createHash('sha256').update(question).digest('base64').slice(0, 16);

function lineOf(
  key: string,
  question: string,
  { status: is, since, why, reported, recoveredAt, flaps, heldBack }: Verdict,
  transitions: readonly Transition[],
  offset: number,
): string {
  const entry: Entry = {
    key,
    question,
    status: is,
    since: since + offset,
    // That it answers again is found out anew.
    why: heldBack?.instead ?? why,
    ...(reported && { reported }),
    ...(recoveredAt !== undefined && { recoveredAt: recoveredAt + offset }),
    ...(flaps && { flaps: moved(flaps, offset) }),
    transitions: [...transitions],
  };
  return JSON.stringify(entry);
}

function entryOf(line: string): Entry[] {
  if (line === '') return [];
  try {
    const parsed = entrySchema.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

function verdictOf({ status: was, since, why, reported, recoveredAt, flaps }: Entry, offset: number): Verdict {
  const { weight, admin } = reported ?? {};
  return {
    status: was,
    streak: 0,
    since: since - offset,
    streakSince: null,
    why,
    last: null,
    ...(reported && { reported: { ...(weight && { weight }), ...(admin && { admin }) } }),
    ...(recoveredAt !== undefined && { recoveredAt: recoveredAt - offset }),
    ...(flaps && { flaps: moved(flaps, -offset) }),
  };
}

const moved = <
  T extends { readonly downs: readonly number[]; readonly level: number; readonly heldUntil: number | null },
>(
  { downs, level, heldUntil }: T,
  offset: number,
) => ({ downs: downs.map((at) => at + offset), level, heldUntil: heldUntil === null ? null : heldUntil + offset });
