import type { Clock } from '../base/clock.ts';
import { Refusal } from './problem.ts';

/** What one request came to. */
export interface Answered {
  readonly status: number;
  readonly etag: string | null;
  readonly text: string;
}

interface Kept {
  readonly request: string;
  readonly answer: Promise<Answered>;
  readonly at: number;
  bytes: number;
}

const KEPT_MS = 600_000;
const MOST_KEPT = 1000;
const MOST_BYTES = 4 * 1024 * 1024;
const LONGEST_KEY = 255;

/** What was done for requests with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): who sends one again, because
 *  the answer got lost, gets the answer and no second action. Requests that were refused changed nothing and are not kept. */
export class Repeats {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `request`: all that makes two requests the same one. Keys of different callers are different ones. */
  async answer(
    { caller, key, request }: { readonly caller: string; readonly key: string; readonly request: string },
    work: () => Promise<Answered>,
  ): Promise<Answered> {
    if (key.length === 0 || key.length > LONGEST_KEY) {
      const detail = `Idempotency-Key takes 1 to ${LONGEST_KEY} characters, got ${key.length}`;
      throw new Refusal({ title: 'bad request', status: 400, code: 'usage', detail });
    }
    this.#forgetOld();
    const id = JSON.stringify([caller, key]);
    const known = this.#kept.get(id);
    if (known) {
      if (known.request === request) return known.answer;
      const detail = `Idempotency-Key "${key}" was used for another request`;
      throw new Refusal({ title: 'key used', status: 422, code: 'key-used', detail, fix: 'take a new key' });
    }
    const kept: Kept = { request, answer: work(), at: this.#clock.now(), bytes: request.length };
    this.#kept.set(id, kept);
    this.#bytes += kept.bytes;
    try {
      const answered = await kept.answer;
      kept.bytes += answered.text.length;
      this.#bytes += answered.text.length;
      return answered;
    } catch (error) {
      this.#forget(id, kept);
      throw error;
    }
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [id, kept] of this.#kept) {
      const fits = this.#kept.size < MOST_KEPT && this.#bytes < MOST_BYTES;
      if (fits && now - kept.at < KEPT_MS) return;
      this.#forget(id, kept);
    }
  }

  #forget(id: string, kept: Kept): void {
    if (this.#kept.get(id) === kept && this.#kept.delete(id)) this.#bytes -= kept.bytes;
  }
}
