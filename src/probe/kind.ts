import type { Check } from '../model/desired.ts';
import type { ProbeResult } from '../model/health.ts';
import type { ProbeTarget } from '../model/ports.ts';

export type CheckOf<K extends Check['kind']> = Extract<Check, { kind: K }>;

/** What a probe saw, without the times, which the runner adds. */
export type Finding = Omit<ProbeResult, 'at' | 'durationMs'>;

/** One kind of check: runs until it knows, or until `signal` aborts (the deadline). Must not reject for what a server does. */
export type CheckRunner<K extends Check['kind']> = (
  target: ProbeTarget,
  check: CheckOf<K>,
  signal: AbortSignal,
) => Promise<Finding>;

const CONNECT_OUTCOMES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  EMFILE: 'no-descriptors',
  ENFILE: 'no-descriptors',
  EADDRNOTAVAIL: 'no-local-port',
};

/** A stable word for a socket error; the error's own code where there is no better one. */
export function outcomeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
  return CONNECT_OUTCOMES[code] ?? code.toLowerCase();
}
