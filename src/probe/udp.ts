import { formatEndpoint } from '../base/ip.ts';
import type { CheckOf } from '../config/checks/index.ts';
import { bad, good } from './kind.ts';
import { type NativeKind, wordFor } from './native.ts';

type Pattern = NonNullable<CheckOf<'udp'>['expect']>;

/** One datagram, and what comes back. With a pattern the first answer decides, right or wrong. */
export const udp: NativeKind<'udp'> = {
  question: (_target, { send, expect, unreachable }) => ({
    kind: 'udp',
    send: Buffer.from(send ?? '', 'hex'),
    ...(expect && { expect: masked(expect) }),
    deafToErrors: unreachable === 'ignore',
  }),
  finding({ address, port }, { silence, length, unreachable }, answer, sample) {
    const asked = `datagram to ${formatEndpoint(address, port)}`;
    const { ending, detail } = answer;
    if (ending === 'answered' && (detail < length.min || detail > length.max)) {
      const wanted = `not ${length.min} to ${length.max}`;
      return bad('match', 'length', `${asked} was answered with ${detail} bytes, ${wanted}`).finding;
    }
    if (ending === 'answered') return good('match', 'answered', `${asked} was answered with ${detail} bytes`);
    if (ending === 'unexpected') {
      const shown = Buffer.from(sample()).toString('hex');
      return bad('match', 'unexpected', `${asked} was answered with ${shown}, not as expected`).finding;
    }
    if (ending === 'timeout') {
      if (silence === 'up')
        return good('response', 'silent', `${asked} was ${unreachable === 'ignore' ? 'not answered' : 'not refused'}`);
      return bad('response', 'timeout', `${asked} got no answer in time`).finding;
    }
    const outcome = wordFor(answer);
    return bad('send', outcome, `${asked} ${outcome}`).finding;
  },
};

/** Half a byte at a time, so that a half may be left open. */
function masked({ digits }: Pattern): { readonly bytes: Buffer; readonly mask: Buffer } {
  const even = digits.length % 2 === 0 ? digits : `${digits}?`;
  return {
    bytes: Buffer.from(even.replaceAll('?', '0'), 'hex'),
    mask: Buffer.from(even.replace(/[^?]/g, 'f').replaceAll('?', '0'), 'hex'),
  };
}
