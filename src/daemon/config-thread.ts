import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type FairleadError, failure } from '../base/errors.ts';
import { err, ok } from '../base/result.ts';
import { maySecretsBeIn } from '../config/hidden.ts';
import type { ConfigIssue } from '../config/issue.ts';
import { inTurns } from '../kernel/turns.ts';
import { type LoadedConfig, refusedFor, setSource } from './config-file.ts';
import { fromPieces } from './config-pieces.ts';
import type { ConfigReader } from './config-reader.ts';

export type ReaderRequest =
  | { readonly kind: 'read'; readonly text: string; readonly file: string }
  | { readonly kind: 'hide'; readonly text: string };

/** Pieces as toPieces() makes them: of a LoadedConfig, or of the issues. */
export type ReaderAnswer =
  | { readonly kind: 'loaded'; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'refused'; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'hidden'; readonly text: string };

export interface ThreadLimits {
  /** What one text may take. 50,000 servers take some ten seconds. */
  readonly limitMs: number;
  /** A thread that had nothing to do for so long is ended, and its memory with it. */
  readonly idleMs: number;
  readonly heapMb: number;
}

/** The file's largest allowed size needs more than a gigabyte; a small machine must not be used up for it. */
const memoryMb = (): number => Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 20;
const LIMITS = (): ThreadLimits => ({
  limitMs: 60_000,
  idleMs: 5000,
  heapMb: Math.round(Math.min(2048, memoryMb() / 2)),
});

/** Reads in a thread of its own, which is there only while it is needed: the event loop goes on, and the garbage of reading,
 *  100 MB for 10,000 servers, is gone with the thread. */
export function readsInThread(
  limits: Partial<ThreadLimits> = {},
  program = new URL('./config-worker.js', import.meta.url),
): ConfigReader {
  return new ThreadReader(program, { ...LIMITS(), ...limits });
}

class ThreadReader implements ConfigReader {
  readonly #program: URL;
  readonly #limits: ThreadLimits;
  #thread: Thread | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(program: URL, limits: ThreadLimits) {
    this.#program = program;
    this.#limits = limits;
  }

  read(text: string, file: string): ReturnType<ConfigReader['read']> {
    return this.#inTurn(async () => {
      try {
        const answer = await this.#ask({ kind: 'read', text, file });
        const value = await inTurns(fromPieces('pieces' in answer ? answer.pieces : []));
        if (answer.kind === 'refused') return err(refusedFor(file, value as ConfigIssue[]));
        const loaded = value as LoadedConfig;
        setSource(loaded.config, text);
        return ok(loaded);
      } catch (error) {
        return err({ error: unchecked(file, error), issues: [] });
      }
    });
  }

  async hide(text: string, file: string): Promise<string> {
    if (text.length < SHORT && !maySecretsBeIn(text)) return text;
    return this.#inTurn(async () => {
      try {
        const answer = await this.#ask({ kind: 'hide', text });
        return 'text' in answer ? answer.text : '';
      } catch (error) {
        throw unchecked(file, error);
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await this.#thread?.end(new Error(ENDS));
    await this.#last;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #ask(request: ReaderRequest): Promise<ReaderAnswer> {
    if (this.#closed) throw new Error(ENDS);
    clearTimeout(this.#idle);
    const { limitMs, idleMs, heapMb } = this.#limits;
    if (this.#thread === undefined || this.#thread.ended) this.#thread = new Thread(this.#program, heapMb);
    const thread = this.#thread;
    const late = setTimeout(() => void thread.end(new Error(`that takes longer than ${limitMs / 1000} s`)), limitMs);
    try {
      return await thread.ask(request);
    } finally {
      clearTimeout(late);
      this.#idle = setTimeout(() => void thread.end(new Error('it is idle')), idleMs).unref();
    }
  }
}

/** One thread, asked one thing at a time. Nothing that becomes of it can end this process. */
class Thread {
  readonly #worker: Worker;
  readonly #over: Promise<void>;
  #waiting: { resolve(answer: ReaderAnswer): void; reject(error: Error): void } | undefined;
  #ended: Error | undefined;

  constructor(program: URL, heapMb: number) {
    this.#worker = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: heapMb } });
    this.#worker.on('message', (answer: ReaderAnswer) => this.#waiting?.resolve(answer));
    this.#worker.on('error', (error: NodeJS.ErrnoException) =>
      this.#end(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new Error(`that takes more memory than ${heapMb} MB`) : error,
      ),
    );
    this.#over = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#end(new Error(`its thread ended (${code})`));
        resolve();
      });
    });
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Rejects when the thread ends before it has answered. */
  async ask(request: ReaderRequest): Promise<ReaderAnswer> {
    try {
      return await new Promise((resolve, reject) => {
        if (this.#ended) throw this.#ended;
        this.#waiting = { resolve, reject };
        this.#worker.ref();
        this.#worker.postMessage(request);
      });
    } finally {
      this.#waiting = undefined;
      // A process that only waits for an idle thread may end.
      this.#worker.unref();
    }
  }

  /** Ends it wherever it is; resolves when it is gone. */
  async end(why: Error): Promise<void> {
    this.#end(why);
    void this.#worker.terminate().catch(() => {});
    await this.#over;
  }

  #end(why: Error): void {
    this.#ended ??= why;
    this.#waiting?.reject(this.#ended);
  }
}

/** A text that is searched for secrets in no time. */
const SHORT = 1024 * 1024;
const ENDS = 'Fairlead is ending';

const unchecked = (file: string, error: unknown): FairleadError =>
  failure('config-unchecked', { file, reason: error instanceof Error ? error.message : String(error) }, error);
