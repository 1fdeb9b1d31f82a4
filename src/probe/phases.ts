import type { ProbeTarget } from '../model/ports.ts';
import { afterUnheld } from './held-up.ts';

/** The deadline of a probe whose phases may have less time than the whole. */
export interface Phases {
  /** Aborts at the deadline, or when the present phase has taken too long. */
  readonly signal: AbortSignal;
  /** The connection stands; from now on the limit of the response counts. */
  responding(): void;
  end(): void;
}

export function phasesOf({ limits }: ProbeTarget, deadline: AbortSignal): Phases {
  if (limits === undefined) return { signal: deadline, responding() {}, end() {} };
  const abort = new AbortController();
  const giveUp = (): void => abort.abort();
  deadline.addEventListener('abort', giveUp, { once: true });
  if (deadline.aborted) giveUp();
  let callOff = after(limits.connectMs, giveUp);
  return {
    signal: abort.signal,
    responding() {
      callOff();
      callOff = after(limits.responseMs, giveUp);
    },
    end() {
      callOff();
      deadline.removeEventListener('abort', giveUp);
    },
  };
}

const after = (ms: number | undefined, then: () => void): (() => void) =>
  ms === undefined ? () => {} : afterUnheld(ms, then);
