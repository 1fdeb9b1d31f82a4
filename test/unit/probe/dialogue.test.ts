import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../../src/config/checks/index.ts';
import { bytesEnd } from '../../../src/probe/pattern.ts';
import { probe } from '../../support/probe/ask.ts';
import { dialogue, tcpServer } from '../../support/probe/stub.ts';

const ask = (port: number, ...steps: object[]) => probe('dialogue', port, { steps }, 1000);

describe('dialogue', () => {
  test('text, bytes and a pattern, one step after the other', async () => {
    const port = await dialogue('hello 7\r\n', Buffer.from('8a01ff0d', 'hex'), 'bye');
    expect(
      await ask(
        port,
        { expect: 'hello', match: '^ [0-9]\r\n' },
        { send: '0x00 ff', expect: '0x0?ff' },
        { send: 'QUIT\r\n', expect: 'bye' },
      ),
    ).toMatchObject({ ok: true, evidence: `127.0.0.1:${port} answered as expected in 3 steps` });
  });
  test('what comes in pieces is found across them, and counted once', async () => {
    const piecewise = (text: string) =>
      tcpServer((socket) => {
        socket.setNoDelay(true);
        const left = [...text];
        const more = (): void => {
          const letter = left.shift();
          if (letter === undefined) socket.end();
          else socket.write(letter, () => setImmediate(more));
        };
        more();
      });
    const steps = [{ expect: '0x6?6263' }, { expect: '0x61??63' }];
    expect(await ask(await piecewise('xabababcabc'), ...steps)).toMatchObject({ ok: true });
    expect(await ask(await piecewise('xabababcab'), ...steps)).toMatchObject({ ok: false, outcome: 'ended' });
  });
  test('what was expected and what came is told as it would be written', async () => {
    const port = await dialogue('no\r\n');
    expect(await ask(port, { expect: 'yes' })).toMatchObject({
      ok: false,
      phase: 'match',
      evidence: expect.stringMatching(/: "yes" was expected, "no\\r\\n" came$/),
    });
    expect(await ask(await dialogue('no'), { expect: '0x00?f' })).toMatchObject({
      evidence: expect.stringContaining(': 0x00?f was expected, "no" came'),
    });
  });
  test('what must not come is looked for up to the end of what is expected, however it is cut into packets', async () => {
    const steps = (not: string) => [{ expect: '220 ' }, { send: 'x', match: '\n', not }];
    const say = async (not: string) => {
      const port = await dialogue('220 hello\r\n', 'state: 12\r\nfailed');
      return { port, ...(await ask(port, { match: '\n' }, ...steps(not).slice(1))) };
    };
    expect(await say('failed|hello|^state: 1?$')).toMatchObject({ ok: true, outcome: 'dialogue' });
    const { port, ...found } = await say('state: 1[0-9]');
    expect(found).toMatchObject({
      ok: false,
      phase: 'match',
      outcome: 'unwanted',
      evidence: `step 2 with 127.0.0.1:${port} answered "state: 12\\r\\n", in which /state: 1[0-9]/ must not match`,
    });
    expect(await ask(await dialogue('220 hello\r\n'), { expect: '220 ', match: '\n', not: 'hello' })).toMatchObject({
      outcome: 'unwanted',
    });
  });
});

property.prop([fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 12 }), fc.infiniteStream(fc.boolean())])(
  'bytes are found where they are first, digits left open or not',
  (wanted, held, open) => {
    const within = Buffer.concat([held, wanted, held]);
    const digits = [...Buffer.from(wanted).toString('hex')].map((digit) => (open.next().value ? '?' : digit));
    const fits = (at: number) =>
      digits.every((digit, i) => digit === '?' || digit === within.subarray(at).toString('hex')[i]);
    const first = Array.from({ length: held.length + 1 }, (_, at) => at).find(fits) ?? -1;
    expect(bytesEnd(digits.join(''), within)).toBe(first + wanted.length);
  },
);

test('what a file says is written back as text where it can be', () => {
  const { send } = CHECKS.udp.settings.shape;
  for (const [given, back] of [
    ['hello\r\n', 'hello\r\n'],
    ['0x68690a', 'hi\n'],
    ['0x00FF', '0x00ff'],
    ['0x3078', '0x3078'],
    ['h\u00e9', '0x68c3a9'],
  ]) {
    const read = send.parse(given);
    expect(send.encode(read)).toBe(back);
    expect(send.parse(back)).toBe(read);
  }
});
