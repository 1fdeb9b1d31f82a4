import type { Clock } from '../base/clock.ts';
import type { Check } from '../model/desired.ts';
import type { ProberPort, ProbeTarget } from '../model/ports.ts';
import { probeHttp } from './http.ts';
import type { CheckRunner, Finding } from './kind.ts';
import { probeTcp } from './tcp.ts';

/** Every kind of check and what runs it: a new kind is its settings, its file and one row here. */
const RUNNERS: { readonly [K in Check['kind']]: CheckRunner<K> } = { tcp: probeTcp, http: probeHttp };

function run<K extends Check['kind']>(
  kind: K,
  target: ProbeTarget,
  check: Check,
  signal: AbortSignal,
): Promise<Finding> {
  return RUNNERS[kind](target, check as Extract<Check, { kind: K }>, signal);
}

/** Timers are this late on a busy machine without anything being wrong. */
const LATE_MS = 250;

export function createProber(clock: Clock): ProberPort {
  return {
    async probe(target, settings, signal) {
      const at = clock.now();
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]);
      let finding: Finding;
      try {
        finding = await run(settings.check.kind, target, settings.check, deadline);
      } catch (error) {
        // A defect in a check must cost one verdict, not the daemon.
        finding = {
          ok: false,
          phase: 'connect',
          outcome: 'check-failed',
          evidence: `the check itself failed: ${String(error)}`,
        };
      }
      const durationMs = clock.now() - at;
      // A timer that fires this late was held up by us: the answer may well lie unread in the socket.
      if (finding.outcome === 'timeout' && durationMs > settings.timeoutMs + LATE_MS) {
        finding = {
          ...finding,
          outcome: 'stalled',
          evidence: `this process was held up for ${Math.round(durationMs)} ms`,
        };
      }
      return { ...finding, at, durationMs };
    },
  };
}
