import { constants } from 'node:os';
import type { ProbeResult } from '../model/health.ts';
import type { OpFailure } from '../model/op.ts';
import type { EchoPort } from '../model/ports.ts';
import { addon, type NativeEcho } from './addon.ts';

const { EPERM, ENOBUFS, EMFILE, ENFILE, EAGAIN, ENOMEM } = constants.errno;
/** This machine could not ask; any other refusal means that there is no way to the address. */
const OUR_TROUBLE: ReadonlySet<number> = new Set([EPERM, ENOBUFS, EMFILE, ENFILE, EAGAIN, ENOMEM]);

/** Timers are this late on a busy machine without anything being wrong. */
const LATE_MS = 250;

type Finding = Pick<ProbeResult, 'ok' | 'outcome' | 'evidence'>;

/** Pings from a network namespace (`netns` as for openIpvs). Opens its sockets with the first ping. */
export function openEcho(options: { readonly netns?: string; readonly now?: () => number } = {}): EchoPort {
  const { netns = '', now = () => performance.now() } = options;
  const waiting = new Map<number, (finding: Finding) => void>();
  let native: NativeEcho | undefined;
  let next = 1;
  const answered = (tokens: readonly number[]): void => {
    for (const token of tokens) waiting.get(token)?.({ ok: true, outcome: 'answered', evidence: 'answered a ping' });
  };
  return {
    ping(address, timeoutMs, signal) {
      const at = now();
      const token = next;
      next = (next + 1) >>> 0;
      return new Promise((resolve) => {
        const finish = (finding: Finding): void => {
          if (!waiting.delete(token)) return;
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          resolve({ ...finding, at, durationMs: now() - at, phase: 'response' });
        };
        const onAbort = (): void => finish({ ok: false, outcome: 'stopped', evidence: 'was not waited for' });
        const timer = setTimeout(() => finish(silence(now() - at, timeoutMs)), timeoutMs);
        waiting.set(token, finish);
        signal.addEventListener('abort', onAbort);
        if (signal.aborted) return onAbort();
        try {
          native ??= new (addon().Echo)(netns, answered);
          const refusal = native.send(address, token);
          if (refusal) finish(unsent(refusal));
        } catch (error) {
          finish({ ok: false, outcome: 'check-failed', evidence: String(error) });
        }
      });
    },
    close() {
      native?.stop();
      native = undefined;
      for (const finish of waiting.values()) finish({ ok: false, outcome: 'stopped', evidence: 'was not waited for' });
    },
  };
}

const unsent = ({ errno, text }: OpFailure): Finding => ({
  ok: false,
  outcome: OUR_TROUBLE.has(errno) ? 'check-failed' : 'unreachable',
  evidence: `could not be pinged: ${text}`,
});

/** A timer that fires late was held up by us, and the answer may wait behind it. */
function silence(tookMs: number, timeoutMs: number): Finding {
  if (tookMs <= timeoutMs + LATE_MS) return { ok: false, outcome: 'timeout', evidence: 'did not answer a ping' };
  return { ok: false, outcome: 'stalled', evidence: `this process was held up for ${Math.round(tookMs)} ms` };
}
