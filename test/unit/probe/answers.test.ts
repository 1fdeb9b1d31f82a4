import { fc, test as property } from '@fast-check/vitest';
import { decode, encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { CHECK_KINDS, CHECKS } from '../../../src/config/checks/index.ts';
import type { ProbeResult } from '../../../src/model/health.ts';
import { probe } from '../../support/probe/ask.ts';
import { given } from '../../support/probe/hostile.ts';
import { dialogue, udpServer } from '../../support/probe/stub.ts';
import { TRANSCRIPTS, type Transcript } from '../../support/probe/transcript.ts';

/** Answers that are almost right: whatever becomes of their bytes, a check ends with a finding in words. `PROBE_RUNS` for more of
 *  them than a test needs. */
const RUNS = Number(process.env.PROBE_RUNS ?? 150);
const EVER_MS = 30_000;
const MOST_WORDS = 1000;

/** What may be done to the bytes of an answer, at a place that is a part of its length. */
const EXTREMES = ['00', 'ff', '7f', '80', 'ffffffff', '7fffffff', '80000000', '00000000', '0a', '0d0a', '20', '2d'];
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(6),
  put: fc.oneof(
    fc.constantFrom(...EXTREMES).map((digits) => Buffer.from(digits, 'hex')),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
    fc.nat(20_000).map((size) => Buffer.alloc(size, 0x39)),
  ),
  /** Nothing comes after it. */
  last: fc.boolean(),
});
const changes = fc.array(change, { minLength: 1, maxLength: 3 });
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const changed = (answer: Buffer, all: readonly Change[]): Buffer =>
  all.reduce((bytes, { at, cut, put, last }) => {
    const from = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, from), put, ...(last ? [] : [bytes.subarray(from + cut)])]);
  }, answer);

function sound({ outcome, evidence }: ProbeResult): void {
  expect(outcome).not.toBe('check-failed');
  expect(evidence.length).toBeLessThan(MOST_WORDS);
  expect(evidence).not.toMatch(/\p{Cc}/u);
}

const nameOf = ({ kind, how }: Transcript): string => (how === undefined ? kind : `${kind}, ${how}`);

/** Their answers have no bytes. */
const WORDLESS: readonly string[] = ['tcp', 'syn'];

test.each(CHECK_KINDS.filter((kind) => CHECKS[kind].to === 'tcp' && !WORDLESS.includes(kind)))(
  '%s has a transcript',
  (kind) => {
    expect(TRANSCRIPTS.some((transcript) => transcript.kind === kind)).toBe(true);
  },
);

describe.each(TRANSCRIPTS.map((transcript) => [nameOf(transcript), transcript] as const))('%s', (_, transcript) => {
  const { kind, says } = transcript;
  const [greeting, ...answers] = says.map((text) => (text === null ? null : Buffer.from(text as string)));
  const spoken = (greeting === null ? answers : [greeting, ...answers]) as Buffer[];
  const ask = async (words: readonly Buffer[]): Promise<ProbeResult> => {
    const [first = null, ...rest] = greeting === null ? [null, ...words] : words;
    return probe(kind, await dialogue(first, ...(rest as Buffer[]), null), transcript.given?.(), EVER_MS);
  };

  test('as it should be is up', async () => {
    const found = await ask(spoken);
    expect(found).toMatchObject({ ok: true });
    sound(found);
  });
  property.prop([fc.nat(9), changes], { numRuns: RUNS })(
    'whose bytes change in one answer, its last, ends with a finding and waits for nothing that cannot come',
    async (which, all) => {
      const last = which % spoken.length;
      const found = await ask([...spoken.slice(0, last), changed(spoken[last] ?? Buffer.alloc(0), all)]);
      sound(found);
      expect(found.outcome).not.toBe('timeout');
    },
  );
});

describe('dns', () => {
  const name = 'example.com';
  const answer = encode({
    type: 'response',
    id: 0,
    questions: [{ name, type: 'A' }],
    answers: [
      { name, type: 'CNAME', data: `www.${name}` },
      { name: `www.${name}`, type: 'A', data: '192.0.2.1' },
    ],
    additionals: [{ name, type: 'TXT', data: ['some', 'text'] }],
  });
  const ask = async (bytes: Buffer): Promise<ProbeResult> => {
    const port = await udpServer((request) => Buffer.concat([request.subarray(0, 2), bytes.subarray(2)]));
    return probe('dns', port, given('dns'), EVER_MS);
  };
  test('as it should be is up', async () => expect(await ask(answer)).toMatchObject({ ok: true }));
  property.prop([changes], { numRuns: RUNS })('however its bytes are changed ends with a finding', async (all) => {
    // No more than a datagram holds, and the id with which it is taken.
    sound(await ask(Buffer.concat([changed(answer, all), Buffer.alloc(3)]).subarray(0, 1400)));
  });
  test.each([
    ['points to itself', 'c00c'],
    ['points to one that points back', 'c00ec00c'],
    ['points behind the end', 'cfff'],
    ['never ends', '0161'.repeat(600)],
  ])('a name that %s is no DNS', async (_, digits) => {
    const bytes = Buffer.from(`0000 8000 0001 0000 0000 0000 ${digits} 0001 0001`.replaceAll(' ', ''), 'hex');
    expect(await ask(bytes)).toMatchObject({ ok: false, outcome: 'not-dns' });
  });
  test('names that swell stay below the square of what came', () => {
    const long = `${'a'.repeat(60)}.`.repeat(4);
    const many = Buffer.alloc(12 * 5000);
    for (let at = 0; at < many.length; at += 12) many.write('c00cff000001000000000000', at, 'hex');
    const head = encode({ type: 'response', id: 1, questions: [{ name: long, type: 'A' }] });
    head.writeUInt16BE(5000, 6);
    const all = decode(Buffer.concat([head, many])).answers ?? [];
    expect(all.reduce((sum, { name: each }) => sum + each.length, 0)).toBeLessThanOrEqual(5000 * 255);
  });
});
