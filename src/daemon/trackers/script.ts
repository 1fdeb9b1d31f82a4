import type { Kind, KindParts } from './kind.ts';
import { type Look, lookRepeatedly } from './looks.ts';

/** Up: the program ends with 0 within its time. */
export const trackScripts = (parts: KindParts): Kind<'script'> => ({
  watch(tracker, tell) {
    const { command, user, timeoutMs } = tracker;
    const look = async (signal: AbortSignal): Promise<Look> => {
      const at = parts.clock.now();
      const run = parts.run({ command, user, timeoutMs, hear: 'both' });
      signal.addEventListener('abort', run.stop, { once: true });
      const { ok, outcome, text } = await run.ending;
      void run.over.then(() => signal.removeEventListener('abort', run.stop));
      const durationMs = parts.clock.now() - at;
      return { result: { ok, outcome, evidence: text, at, durationMs, phase: 'response' }, over: run.over };
    };
    return lookRepeatedly(parts, tracker, look, tell);
  },
});
