import { formatEndpoint } from '../base/ip.ts';
import { connectTo } from './connect.ts';
import { type CheckRunner, type Finding, outcomeOf } from './kind.ts';
import { phasesOf } from './phases.ts';

/** The server completes a TCP handshake. Closed with a reset, so that probes leave no TIME_WAIT behind. */
export const probeTcp: CheckRunner<'tcp'> = (target, _check, deadline) =>
  new Promise((resolve) => {
    const where = formatEndpoint(target.address, target.port);
    const socket = connectTo(target);
    const { signal, end } = phasesOf(target, deadline);
    const finish = (finding: Finding): void => {
      signal.removeEventListener('abort', onAbort);
      end();
      socket.destroy();
      resolve(finding);
    };
    const onAbort = (): void =>
      finish({ ok: false, phase: 'connect', outcome: 'timeout', evidence: `connect to ${where} got no answer` });
    signal.addEventListener('abort', onAbort);
    socket.once('connect', () => {
      socket.resetAndDestroy();
      finish({ ok: true, phase: 'connect', outcome: 'connected', evidence: `connect to ${where} succeeded` });
    });
    // Stays listening: a reset that arrives after the verdict must not become an uncaught error.
    socket.on('error', (error) => {
      const outcome = outcomeOf(error);
      finish({ ok: false, phase: 'connect', outcome, evidence: `connect to ${where} ${outcome}` });
    });
    if (signal.aborted) onAbort();
  });
