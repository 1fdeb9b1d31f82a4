import type { Clock, Random } from '../../base/clock.ts';
import { OUR_OWN_TROUBLE } from '../../health/own-trouble.ts';
import { nextProbeDelay } from '../../health/timing.ts';
import { initialVerdict, judge } from '../../health/verdict.ts';
import type { ProbeResult } from '../../model/health.ts';
import type { Looks } from '../../model/instance.ts';
import { found, type Tell, unknown } from './kind.ts';

export interface Look {
  readonly result: ProbeResult;
  /** When the next look may begin: what was started for this one is gone. */
  readonly over?: Promise<void>;
}

/** First looks of many trackers are spread over this time, or their interval where that is shorter. */
const FIRST_WINDOW_MS = 1000;

/** Looks again and again, one look at a time; `rise` good or `fall` bad ones in a row change the mind. */
export function lookRepeatedly(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  settings: Looks,
  look: (signal: AbortSignal) => Promise<Look>,
  tell: Tell,
): () => void {
  const abort = new AbortController();
  let verdict = initialVerdict(clock.now(), false);
  const once = async (): Promise<void> => {
    const began = clock.now();
    const { result, over } = await look(abort.signal);
    if (abort.signal.aborted) return;
    if (!OUR_OWN_TROUBLE.has(result.outcome)) verdict = judge(settings, verdict, result);
    if (verdict.status !== 'unknown') tell(found(verdict.status === 'up', verdict.why));
    else tell(unknown(result.evidence));
    await over;
    if (abort.signal.aborted) return;
    schedule(nextProbeDelay(settings.everyMs, clock.now() - began, random));
  };
  let timer: NodeJS.Timeout;
  const schedule = (ms: number): void => {
    timer = setTimeout(() => void once(), ms);
  };
  schedule(random() * Math.min(settings.everyMs, FIRST_WINDOW_MS));
  return () => {
    clearTimeout(timer);
    abort.abort();
  };
}
