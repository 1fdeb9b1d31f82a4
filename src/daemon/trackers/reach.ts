import type { CheckSettings } from '../../model/desired.ts';
import type { Kind, KindParts } from './kind.ts';
import { lookRepeatedly } from './looks.ts';

/** Up: the address answers a ping, or with a port a TCP connection. */
export const trackReach = (parts: KindParts): Kind<'reach'> => ({
  watch(tracker, tell) {
    const { address, port, everyMs, timeoutMs, rise, fall } = tracker;
    const look =
      port === null
        ? (signal: AbortSignal) => parts.echo.ping(address, timeoutMs, signal)
        : (signal: AbortSignal) => {
            const settings: CheckSettings = { check: { kind: 'tcp' }, port, everyMs, timeoutMs, rise, fall };
            return parts.prober.probe({ address, port }, settings, signal);
          };
    return lookRepeatedly(parts, tracker, async (signal) => ({ result: await look(signal) }), tell);
  },
});
