import { bad, good } from './kind.ts';
import { type NativeKind, wordFor } from './native.ts';

/** An echo request, answered. */
export const ping: NativeKind<'ping'> = {
  question: (_target, { size, ttl }) => ({
    kind: 'ping',
    ...(size !== undefined && { size }),
    ...(ttl !== undefined && { ttl }),
  }),
  finding({ address }, _check, answer) {
    if (answer.ending === 'answered') return good('response', 'answered', `${address} answered a ping`);
    if (answer.ending === 'timeout') return bad('response', 'timeout', `${address} did not answer a ping`).finding;
    const outcome = wordFor(answer);
    return bad('response', outcome, `${address} could not be pinged: ${outcome}`).finding;
  },
};
