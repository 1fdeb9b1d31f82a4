import { getSystemErrorName } from 'node:util';
import type { CheckKind, CheckOf } from '../config/checks/index.ts';
import { holdFor, jitterOf } from '../health/timing.ts';
import type { CheckSettings } from '../model/desired.ts';
import type { ProbeResult } from '../model/health.ts';
import type { ProberPort, ProbeTarget } from '../model/ports.ts';
import type { EngineAnswer, EngineQuestion, ProbeEnginePort } from '../model/probe-engine.ts';
import { bad, type Finding, outcomeOfCode } from './kind.ts';

/** A kind of check that the engine asks: what to ask, and what its answer means. */
export interface NativeKind<K extends CheckKind> {
  /** Null: these settings are beyond the engine. */
  question(
    target: ProbeTarget,
    check: CheckOf<K>,
  ): Pick<
    EngineQuestion,
    'kind' | 'send' | 'expect' | 'size' | 'ttl' | 'window' | 'loss' | 'carrier' | 'service'
  > | null;
  /** `sample` gives the first bytes of an unexpected answer. */
  finding(target: ProbeTarget, check: CheckOf<K>, answer: EngineAnswer, sample: () => Uint8Array): Finding;
}

/** Which Node.js has no name for. */
const ETIME = 62;

/** A stable word for how a probe failed at a socket, or ended without an answer. */
export function wordFor({ ending, detail }: EngineAnswer): string {
  if (ending === 'failed' && detail === ETIME) return 'time-exceeded';
  if (ending === 'failed') return outcomeOfCode(getSystemErrorName(-detail));
  return ending === 'ended' ? 'reset' : ending;
}

/** `asked` completes "ASKED refused". */
export const failedToConnect = (asked: string, answer: EngineAnswer, silence: string): Finding => {
  const outcome = wordFor(answer);
  return bad('connect', outcome, `${asked} ${outcome === 'timeout' ? silence : outcome}`).finding;
};

/** We were held up: the answer may well lie unread in the socket. */
export const stalled = ({ phase, durationMs }: Pick<EngineAnswer, 'phase' | 'durationMs'>): Finding =>
  bad(phase, 'stalled', `this process was held up for ${Math.round(durationMs)} ms`).finding;

type NativeKinds = { readonly [K in CheckKind]?: NativeKind<K> };
type Prepare = NonNullable<ProberPort['prepare']>;

/** Makes targets known to the engine, where it can ask what the settings want. */
export function preparingIn(engine: ProbeEnginePort, kinds: NativeKinds): Prepare {
  return (target, settings, onResult, onRepeated) => {
    const { check, timeoutMs } = settings;
    const kind = (kinds as Readonly<Record<string, NativeKind<CheckKind> | undefined>>)[check.kind];
    const asks = check as unknown as CheckOf<CheckKind>;
    const question = kind?.question(target, asks);
    if (!kind || !question) return undefined;
    let last: { readonly answer: EngineAnswer; readonly finding: Finding } | undefined;
    const judge = (answer: EngineAnswer): Finding =>
      answer.ending === 'stalled' ? stalled(answer) : kind.finding(target, asks, answer, () => handle.sample());
    const handle = engine.add(
      { ...target, timeoutMs, jitter: jitterOf(settings), ...question },
      holdFor(settings),
      (answer) => {
        // Many answers are as the one before: their words need not be made anew.
        if (last === undefined || !sayTheSame(last.answer, answer)) last = { answer, finding: judge(answer) };
        onResult({ ...last.finding, at: answer.at, durationMs: answer.durationMs });
      },
      ({ at, durationMs, ...repeats }) => {
        if (last !== undefined) onRepeated?.({ ...repeats, result: { ...last.finding, at, durationMs } });
      },
    );
    return {
      ask: (at, repeatMs) => handle.ask(at, repeatMs),
      tellNext: () => handle.tellNext(),
      close: () => handle.remove(),
    };
  };
}

const sayTheSame = (a: EngineAnswer, b: EngineAnswer): boolean =>
  a.ending === b.ending && a.detail === b.detail && a.phase === b.phase && !SAY_MORE.has(a.ending);

/** Those whose words hold more than the answer's numbers, which compare by them. */
const SAY_MORE: ReadonlySet<EngineAnswer['ending']> = new Set(['stalled', 'unexpected']);

/** One probe of a target that is not asked again. When nobody wants to know any more, it counts as not answered. */
export function askOnce(
  prepare: Prepare,
  target: ProbeTarget,
  settings: CheckSettings,
  signal: AbortSignal,
  now: number,
): Promise<ProbeResult> | undefined {
  let answer: (result: ProbeResult) => void = () => {};
  const prepared = prepare(target, settings, (result) => answer(result));
  if (prepared === undefined) return undefined;
  return new Promise((resolve) => {
    const onAbort = (): void => answer({ ...STOPPED, at: now, durationMs: 0 });
    answer = (result) => {
      signal.removeEventListener('abort', onAbort);
      prepared.close();
      resolve(result);
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else prepared.ask(now);
  });
}

const STOPPED = bad('connect', 'stopped', 'was not waited for').finding;
