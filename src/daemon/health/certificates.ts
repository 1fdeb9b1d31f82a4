import type { Certificate } from '../../model/health.ts';
import type { Store } from '../store.ts';

/** What lasts is told once a day. */
const AGAIN_MS = 86_400_000;
/** Many servers may show one certificate: what comes within this time is told together. */
const GATHER_MS = 1000;
/** More than this at once are told together. */
const TOLD_ALONE = 20;

interface Known {
  readonly warning: string;
  /** Monotonic milliseconds. */
  readonly toldAt: number;
}

/** Tells of certificates that end soon: when that begins, once a day, and when there is a new one. */
export class CertificateTeller {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  #waiting: { readonly kind: 'problem' | 'health'; readonly text: string }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** What a server (serverKey) showed. */
  saw(key: string, { warning }: Certificate): void {
    const known = this.#known.get(key);
    if (warning === '') {
      if (this.#known.delete(key)) this.#tell('health', `${key}: its certificate is a new one`);
      return;
    }
    const now = this.#now();
    // Its words change daily while it lasts.
    if (known !== undefined && known.warning === warning && now - known.toldAt < AGAIN_MS) return;
    this.#known.set(key, { warning, toldAt: now });
    this.#tell('problem', `${key}: ${warning}`);
  }

  /** Forgets servers that are gone. */
  keep(isThere: (key: string) => boolean): void {
    for (const key of this.#known.keys()) if (!isThere(key)) this.#known.delete(key);
    this.#publish();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(kind: 'problem' | 'health', text: string): void {
    this.#waiting.push({ kind, text });
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { kind, text } of waiting.slice(0, TOLD_ALONE)) this.#store.tell(kind, text);
    const rest = waiting.length - TOLD_ALONE;
    if (rest > 0) this.#store.tell('problem', `and ${rest} more certificates that end soon, or are new`);
    this.#publish();
  }

  #publish(): void {
    const ending = [...this.#known].map(([key, { warning }]) => `${key}: ${warning}`);
    const rest = ending.length - TOLD_ALONE;
    const certificates = [...ending.slice(0, TOLD_ALONE), ...(rest > 0 ? [`${rest} more certificates end soon`] : [])];
    if (certificates.length > 0 || this.#store.get().certificates.length > 0) this.#store.set({ certificates });
  }
}
