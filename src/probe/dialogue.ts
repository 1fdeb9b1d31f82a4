import type { CheckOf } from '../config/checks/index.ts';
import { written } from '../config/field.ts';
import { Channel } from './channel.ts';
import { bad, type CheckRunner, Ended, good } from './kind.ts';
import { bytesEnd, matchEnd } from './pattern.ts';
import { quoted } from './session.ts';
import { speakTls } from './tls.ts';

type Step = CheckOf<'dialogue'>['steps'][number];

/** Each step sends, then passes over what comes until the expected has come. */
export const probeDialogue: CheckRunner<'dialogue'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const note = check.tls ? await speakTls(channel, target, check.tls) : '';
  for (const [index, step] of check.steps.entries()) {
    if (step.send !== undefined) channel.send(Buffer.from(step.send, 'hex'));
    const asked = `step ${index + 1} with ${channel.where}`;
    let came = '';
    for (const expected of expectations(step)) came += await wait(channel, asked, expected);
    // Only now: half of what a server says may match where the whole does not.
    if (step.not !== undefined && matchEnd(step.not, came) !== null)
      throw bad('match', 'unwanted', `${asked} answered ${quoted(came)}, in which /${step.not}/ must not match`);
  }
  const count = check.steps.length;
  return good(
    'match',
    'dialogue',
    `${channel.where} answered as expected in ${count} step${count === 1 ? '' : 's'}${note}`,
  );
};

interface Expectation {
  readonly words: string;
  /** Where it ends. */
  readonly find: (held: Buffer) => number | null;
}

const expectations = ({ expect, match }: Step): Expectation[] => [
  ...(expect === undefined ? [] : [{ words: shown(expect.digits), find: lookingFor(expect.digits) }]),
  ...(match === undefined
    ? []
    : [{ words: `/${match}/`, find: (held: Buffer) => matchEnd(match, held.toString('latin1')) }]),
];

/** What was looked at is not looked at again: a server may send byte by byte. */
function lookingFor(digits: string): Expectation['find'] {
  let from = 0;
  return (held) => {
    const end = bytesEnd(digits, held, from);
    from = Math.max(0, held.length - digits.length / 2 + 1);
    return end;
  };
}

/** As it was written in the file, or could have been. */
function shown(digits: string): string {
  const text = written(digits);
  return text.startsWith('0x') ? text : quoted(text);
}

/** What came up to the end of the expected. */
async function wait(channel: Channel, asked: string, { words, find }: Expectation): Promise<string> {
  let came = '';
  try {
    const taken = await channel.take(asked, (held) => {
      came = held.subarray(0, 100).toString('latin1');
      return find(held);
    });
    return taken.toString('latin1');
  } catch (error) {
    // What came instead tells more than that time ran out.
    if (!(error instanceof Ended) || came === '') throw error;
    const { finding } = error;
    throw new Ended({
      ...finding,
      phase: 'match',
      evidence: `${finding.evidence}: ${words} was expected, ${quoted(came)} came`,
    });
  }
}
