import { atOnce } from '../base/steps.ts';
import { roomFor } from '../health/sockets.ts';
import { SECONDS } from '../metrics/histogram.ts';
import type { ProbeSource } from '../model/desired.ts';
import {
  ENDINGS,
  type EngineAnswer,
  type EngineQuestion,
  type EngineRepeats,
  type ProbeEnginePort,
} from '../model/probe-engine.ts';
import { addon, type NativeProber, type NativeQuestion, type NativeSource } from './addon.ts';
import { openFilesLimit } from './descriptors.ts';

const PHASES = ['connect', 'send', 'response', 'match'] as const;
/** Numbers of an answer's row. */
const ROW = 6;
/** Of one that asks, and of a tally beside its buckets. */
const ASK = 3;
const TALLY = 5;
const BOUNDS_MS = SECONDS.map((bound) => bound * 1000);
const NONE = new Uint8Array(0);

interface Waiting {
  readonly onAnswer: (answer: EngineAnswer) => void;
  readonly onRepeats: ((repeats: EngineRepeats) => void) | undefined;
}

/** The prober's thread in a network namespace (`netns` as for openIpvs). It begins with the first target. Durations are told by
 *  the bounds of SECONDS. */
export function openProbeEngine({ netns = '' }: { readonly netns?: string } = {}): ProbeEnginePort {
  const waiting = new Map<number, Waiting>();
  let native: NativeProber | undefined;
  /** What to add to the thread's clock to get ours. */
  let offset = 0;
  /** Ids, times and rhythms, to be handed over together. */
  let asks = new Float64Array(128 * ASK);
  let asked = 0;
  let gathering = false;

  const flush = (): void => {
    gathering = false;
    if (asked > 0) native?.ask(asks.subarray(0, asked));
    asked = 0;
  };
  const ask = (id: number, at: number, repeatMs: number): void => {
    if (asked === asks.length) {
      const larger = new Float64Array(2 * asked);
      larger.set(asks);
      asks = larger;
    }
    asks[asked++] = id;
    asks[asked++] = at - offset;
    asks[asked++] = repeatMs;
    if (gathering) return;
    gathering = true;
    queueMicrotask(flush);
  };
  const onRows = (rows: Float64Array): void => {
    gathering = true;
    // By index: taken apart as lists, rows cost as much as all the rest.
    for (let i = 0; i < rows.length; i += ROW) {
      waiting.get(rows[i] ?? 0)?.onAnswer({
        ending: ENDINGS[rows[i + 1] ?? -1] ?? 'failed',
        phase: PHASES[rows[i + 2] ?? 0] ?? 'connect',
        detail: rows[i + 3] ?? 0,
        at: (rows[i + 4] ?? 0) + offset,
        durationMs: rows[i + 5] ?? 0,
      });
    }
    flush();
  };
  const collectSteps = function* (): Generator<void, void> {
    const rows = native?.tallies() ?? new Float64Array();
    const width = TALLY + BOUNDS_MS.length + 1;
    for (let i = 0; i < rows.length; i += width) {
      // By index, as above.
      const [count, at, durationMs, sumMs] = [rows[i + 1] ?? 0, rows[i + 2] ?? 0, rows[i + 3] ?? 0, rows[i + 4] ?? 0];
      const latency = rows.subarray(i + TALLY, i + width);
      waiting.get(rows[i] ?? 0)?.onRepeats?.({ count, at: at + offset, durationMs, sumMs, latency });
      yield;
    }
  };
  const start = (): NativeProber => {
    const options = { netns, ...roomFor(openFilesLimit()), boundsMs: BOUNDS_MS };
    const started = new (addon().Prober)(options, onRows);
    offset = performance.now() - started.now();
    return started;
  };

  return {
    add(question, holdMs, onAnswer, onRepeats) {
      native ??= start();
      const thread = native;
      const id = thread.add(toNative(question, holdMs));
      waiting.set(id, { onAnswer, onRepeats });
      return {
        ask: (at, repeatMs = 0) => ask(id, at, repeatMs),
        tellNext: () => thread.tellNext(id),
        sample: () => thread.sample(id),
        remove() {
          if (waiting.delete(id)) thread.remove(id);
        },
      };
    },
    refused: () => native?.refused() ?? 0,
    openSocket: (transport, family, from) =>
      addon().openSocket(netns, { transport, ipv6: family === 'inet6', ...sourceOf(from) }),
    collect: () => atOnce(collectSteps()),
    collectSteps,
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
  jitter: question.jitter ?? 0,
  send: question.send ?? NONE,
  expect: question.expect?.bytes ?? NONE,
  mask: question.expect?.mask ?? NONE,
  size: question.size ?? 0,
  ttl: question.ttl ?? 0,
  window: question.window ?? 0,
  loss: question.loss ?? 0,
  deafToErrors: question.deafToErrors ?? false,
  orderly: question.orderly ?? false,
  carrier: question.carrier ?? 'none',
  service: question.service ?? '',
});
