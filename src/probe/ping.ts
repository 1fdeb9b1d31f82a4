import { bad, good } from './kind.ts';
import { type NativeKind, wordFor } from './native.ts';

/** An echo request, answered; or enough of the latest ones. */
export const ping: NativeKind<'ping'> = {
  question: (_target, { size, ttl, window, loss }) => ({
    kind: 'ping',
    ...(size !== undefined && { size }),
    ...(ttl !== undefined && { ttl }),
    ...(window !== undefined && { window, loss: loss ?? 0 }),
  }),
  finding({ address }, { window }, answer) {
    const { ending, detail } = answer;
    if (window !== undefined && (ending === 'answered' || ending === 'lossy')) {
      const words = `${address} lost ${detail & 0xffff} of the last ${detail >>> 16} pings`;
      return ending === 'answered' ? good('response', 'answered', words) : bad('response', 'lossy', words).finding;
    }
    if (ending === 'answered') return good('response', 'answered', `${address} answered a ping`);
    if (ending === 'timeout') return bad('response', 'timeout', `${address} did not answer a ping`).finding;
    const outcome = wordFor(answer);
    return bad('response', outcome, `${address} could not be pinged: ${outcome}`).finding;
  },
};
