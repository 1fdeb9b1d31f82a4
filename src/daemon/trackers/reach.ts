import type { CheckSettings } from '../../model/desired.ts';
import type { Kind, KindParts } from './kind.ts';
import { lookRepeatedly } from './looks.ts';

/** Up: the address answers a ping, or with a port a TCP connection. */
export const trackReach = (parts: KindParts): Kind<'reach'> => ({
  watch(tracker, tell) {
    const { address, port, everyMs, timeoutMs, rise, fall } = tracker;
    const check = { kind: port === null ? 'ping' : 'tcp' };
    const settings: CheckSettings = { check, port, everyMs, timeoutMs, rise, fall };
    const target = { address, port: port ?? 0 };
    return lookRepeatedly(
      parts,
      tracker,
      async (signal) => ({ result: await parts.prober.probe(target, settings, signal) }),
      tell,
    );
  },
});
