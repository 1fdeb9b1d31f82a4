import type { CheckOf } from '../config/checks/index.ts';
import { exchange } from './datagram.ts';
import { bad, type CheckRunner, good } from './kind.ts';

const SHOWN = 32;

/** One datagram, and what comes back. With a pattern the first answer decides, right or wrong. */
export const probeUdp: CheckRunner<'udp'> = async (target, { send, expect, silence }, signal) => {
  const { where, bytes } = await exchange(target, Buffer.from(send ?? '', 'hex'), signal, () => true);
  const asked = `datagram to ${where}`;
  if (bytes === null) {
    if (silence === 'up') return good('response', 'silent', `${asked} was not refused`);
    throw bad('response', 'timeout', `${asked} got no answer in time`);
  }
  if (expect === undefined || begins(bytes, expect))
    return good('match', 'answered', `${asked} was answered with ${bytes.length} bytes`);
  throw bad(
    'match',
    'unexpected',
    `${asked} was answered with ${bytes.subarray(0, SHOWN).toString('hex')}, not as expected`,
  );
};

/** Half a byte at a time, so that a half may be left open. */
function begins(bytes: Buffer, { digits }: NonNullable<CheckOf<'udp'>['expect']>): boolean {
  const hex = bytes.subarray(0, Math.ceil(digits.length / 2)).toString('hex');
  return hex.length >= digits.length && [...digits].every((digit, i) => digit === '?' || digit === hex[i]);
}
