import { readFileSync } from 'node:fs';
import type { ProbeSource } from '../model/desired.ts';
import { ENDINGS, type EngineAnswer, type EngineQuestion, type ProbeEnginePort } from '../model/probe-engine.ts';
import { addon, type NativeProber, type NativeQuestion, type NativeSource } from './addon.ts';

/** Sockets at once: many times what a second's worth of slow targets needs, but not what the rest of the process lives on. */
const MOST_SOCKETS = 16_384;
const LEFT_TO_OTHERS = 512;
/** Of these, for targets that were slow last time. */
const SLOW_SHARE = 5 / 8;

const PHASES = ['connect', 'send', 'response', 'match'] as const;
/** Numbers of an answer's row. */
const ROW = 6;
const NONE = new Uint8Array(0);

/** The prober's thread in a network namespace (`netns` as for openIpvs). It begins with the first target. */
export function openProbeEngine({ netns = '' }: { readonly netns?: string } = {}): ProbeEnginePort {
  const waiting = new Map<number, (answer: EngineAnswer) => void>();
  let native: NativeProber | undefined;
  /** What to add to the thread's clock to get ours. */
  let offset = 0;
  /** Pairs of id and time, to be handed over together. */
  let asks = new Float64Array(128);
  let asked = 0;
  let gathering = false;

  const flush = (): void => {
    gathering = false;
    if (asked > 0) native?.ask(asks.subarray(0, asked));
    asked = 0;
  };
  const ask = (id: number, at: number): void => {
    if (asked === asks.length) {
      const larger = new Float64Array(2 * asked);
      larger.set(asks);
      asks = larger;
    }
    asks[asked++] = id;
    asks[asked++] = at - offset;
    if (gathering) return;
    gathering = true;
    queueMicrotask(flush);
  };
  const onRows = (rows: Float64Array): void => {
    gathering = true;
    // By index: taken apart as lists, rows cost as much as all the rest.
    for (let i = 0; i < rows.length; i += ROW) {
      waiting.get(rows[i] ?? 0)?.({
        ending: ENDINGS[rows[i + 1] ?? -1] ?? 'failed',
        phase: PHASES[rows[i + 2] ?? 0] ?? 'connect',
        detail: rows[i + 3] ?? 0,
        at: (rows[i + 4] ?? 0) + offset,
        durationMs: rows[i + 5] ?? 0,
      });
    }
    flush();
  };
  const start = (): NativeProber => {
    const most = mostSockets();
    const started = new (addon().Prober)({ netns, most, mostSlow: Math.ceil(most * SLOW_SHARE) }, onRows);
    offset = performance.now() - started.now();
    return started;
  };

  return {
    add(question, holdMs, onAnswer) {
      native ??= start();
      const thread = native;
      const id = thread.add(toNative(question, holdMs));
      waiting.set(id, onAnswer);
      return {
        ask: (at) => ask(id, at),
        sample: () => thread.sample(id),
        remove() {
          if (waiting.delete(id)) thread.remove(id);
        },
      };
    },
    openSocket: (transport, family, from) =>
      addon().openSocket(netns, { transport, ipv6: family === 'inet6', ...sourceOf(from) }),
    close() {
      native?.stop();
      native = undefined;
      waiting.clear();
    },
  };
}

const sourceOf = ({ address = '', port = 0, interface: link = '', mark = 0 }: ProbeSource): NativeSource => ({
  address,
  port,
  interface: link,
  mark,
});

const toNative = (question: EngineQuestion, holdMs: number): NativeQuestion => ({
  kind: question.kind,
  to: question.address,
  toPort: question.port,
  ...sourceOf(question.from ?? {}),
  timeoutMs: Math.ceil(question.timeoutMs),
  connectMs: Math.ceil(question.limits?.connectMs ?? 0),
  responseMs: Math.ceil(question.limits?.responseMs ?? 0),
  holdMs: Math.floor(holdMs),
  send: question.send ?? NONE,
  expect: question.expect?.bytes ?? NONE,
  mask: question.expect?.mask ?? NONE,
  size: question.size ?? 0,
  ttl: question.ttl ?? 0,
});

/** Node.js raises the soft limit to the hard one when it starts. */
function mostSockets(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return Math.max(64, Math.min(MOST_SOCKETS, Number(limit ?? MOST_SOCKETS) - LEFT_TO_OTHERS));
}
