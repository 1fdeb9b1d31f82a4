import { Worker } from 'node:worker_threads';
import type { EngineCounters } from '../model/engine.ts';
import type { ElectionReport, Electorate, Judgement } from './election-loop.ts';

/** The election as the main thread sees it. */
export interface ElectionPort {
  configure(electorate: Electorate): Promise<void>;
  judge(judgements: readonly Judgement[]): Promise<void>;
  /** Gives mastership away, or takes it. What comes of it is in the reports. */
  act(instance: string, action: 'yield' | 'claim'): Promise<void>;
  /** Without it everything is withdrawn after this long. */
  lease(ms: number): Promise<void>;
  counters(): Promise<EngineCounters>;
  /** Ends all instances; resolves when their addresses are gone. With `handover` they stay until successors are heard. */
  stop(handover: boolean): Promise<void>;
  close(): Promise<void>;
}

export type OpenElection = (
  options: ElectionOptions,
  onReport: (report: ElectionReport) => void,
  onDeath: (error: Error) => void,
) => ElectionPort;

export interface ElectionOptions {
  readonly netns: string;
  readonly realtime: boolean;
  /** Seconds that held addresses outlive everything of us; 0: for ever. */
  readonly lifeS: number;
}

export type Request = { readonly id: number } & (
  | { readonly kind: 'configure'; readonly electorate: Electorate }
  | { readonly kind: 'judge'; readonly judgements: readonly Judgement[] }
  | { readonly kind: 'act'; readonly instance: string; readonly action: 'yield' | 'claim' }
  | { readonly kind: 'lease'; readonly ms: number }
  | { readonly kind: 'counters' }
  | { readonly kind: 'stop'; readonly handover: boolean }
  | { readonly kind: 'close' }
);

export type Answer =
  | { readonly kind: 'report'; readonly report: ElectionReport }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: unknown };

/** Enough for a thousand instances; the thread keeps nothing else. */
export const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };

/** Starts the election's thread. */
export const startElection: OpenElection = (options, onReport, onDeath) =>
  talkTo(
    new Worker(new URL('./election.js', import.meta.url), { workerData: options, resourceLimits: HEAP }),
    onReport,
    onDeath,
  );

/** The port of a thread that has been started. */
export function talkTo(
  worker: Worker,
  onReport: (report: ElectionReport) => void,
  onDeath: (error: Error) => void,
): ElectionPort {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  let next = 1;
  let closing = false;
  let ended: Error | null = null;

  worker.on('message', (answer: Answer) => {
    if (answer.kind === 'report') return onReport(answer.report);
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'answer') asked?.resolve(answer.value as never);
    else asked?.reject(answer.error);
  });
  const end = (error: Error): void => {
    ended = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    if (!closing) onDeath(error);
    closing = true;
  };
  worker.on('error', (error: Error) => end(error));
  // Listened for from the start: to a busy main thread Node tells a thread's last word and its end in one go, and whoever
  // listens for the end after he has got the word has missed it.
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      end(new Error(`the election's thread ended (${code})`));
      resolve();
    });
  });

  // A union's members lose their own keys under a plain Omit.
  type Asked = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;
  const ask = <T>(request: Asked): Promise<T> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...request, id });
    });

  return {
    configure: (electorate) => ask({ kind: 'configure', electorate }),
    judge: (judgements) => ask({ kind: 'judge', judgements }),
    act: (instance, action) => ask({ kind: 'act', instance, action }),
    lease: (ms) => ask({ kind: 'lease', ms }),
    counters: () => ask({ kind: 'counters' }),
    stop: (handover) => ask({ kind: 'stop', handover }),
    async close() {
      closing = true;
      await ask({ kind: 'close' });
      await exited;
    },
  };
}
