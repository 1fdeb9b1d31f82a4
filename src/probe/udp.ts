import { exchange } from './datagram.ts';
import { bad, type CheckRunner, good } from './kind.ts';
import { bytesBegin } from './pattern.ts';

const SHOWN = 32;

/** One datagram, and what comes back. With a pattern the first answer decides, right or wrong. */
export const probeUdp: CheckRunner<'udp'> = async (target, { send, expect, silence }, signal) => {
  const { where, bytes } = await exchange(target, Buffer.from(send ?? '', 'hex'), signal, () => true);
  const asked = `datagram to ${where}`;
  if (bytes === null) {
    if (silence === 'up') return good('response', 'silent', `${asked} was not refused`);
    throw bad('response', 'timeout', `${asked} got no answer in time`);
  }
  if (expect === undefined || bytesBegin(expect.digits, bytes))
    return good('match', 'answered', `${asked} was answered with ${bytes.length} bytes`);
  throw bad(
    'match',
    'unexpected',
    `${asked} was answered with ${bytes.subarray(0, SHOWN).toString('hex')}, not as expected`,
  );
};
