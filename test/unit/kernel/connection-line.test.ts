import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../../src/base/ip.ts';
import { parseConnection } from '../../../src/kernel/connection-line.ts';
import { golden } from '../../support/ipvsadm-golden.ts';

const ipv6Text = (words: readonly number[]): string =>
  words.map((word) => word.toString(16).padStart(4, '0')).join(':');
const upper = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

describe('a line of /proc/net/ip_vs_conn', () => {
  test('says what the kernel wrote into it', () => {
    const ipv4 = fc.integer({ min: 0, max: 0xffffffff }).map((value) => ({
      text: upper(value, 8),
      address: [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.'),
    }));
    const word = fc.oneof(fc.constant(0), fc.nat(0xffff));
    const ipv6 = fc
      .array(word, { minLength: 8, maxLength: 8 })
      .map((words) => ({ text: ipv6Text(words), address: canonicalAddress(ipv6Text(words)) }));
    const address = fc.oneof(ipv4, ipv6);
    const port = fc.nat(65535);
    const engine = fc.option(
      fc.record({ name: fc.constant('sip'), data: fc.string().filter((text) => !/\n/.test(text)) }),
    );
    const row = fc.record({
      protocol: fc.constantFrom('TCP', 'UDP', 'SCTP', 'IP', 'IP_47'),
      from: fc.tuple(address, port),
      to: fc.tuple(address, port),
      server: fc.tuple(address, port),
      state: fc.constantFrom('ESTABLISHED', 'NONE', 'S-ACK-SENT', 'ERR!', 'BUG!', '?'),
      expires: fc.nat(100_000_000),
      engine,
    });
    fc.assert(
      fc.property(row, ({ protocol, from, to, server, state, expires, engine }) => {
        const ends = [from, to, server].map(([end, number]) => `${end.text} ${upper(number, 4)}`).join(' ');
        const tail = engine ? ` ${engine.name} ${engine.data}` : '';
        const line = `${protocol.padEnd(3)} ${ends} ${state.padEnd(11)} ${String(expires).padStart(7)}${tail}`;
        expect(parseConnection(line)).toEqual({
          protocol: protocol.toLowerCase(),
          client: from[0].address,
          clientPort: from[1],
          virtual: to[0].address,
          virtualPort: to[1],
          destination: server[0].address,
          destinationPort: server[1],
          state,
          expiresS: expires,
          engine,
        });
      }),
    );
  });

  test('the header is none, and every other line of the lab is one', () => {
    const [header = '', ...lines] = golden('lab/connections.txt').trimEnd().split('\n');
    expect(parseConnection(header)).toBeUndefined();
    expect(lines.filter((line) => !parseConnection(line))).toEqual([]);
    expect(lines).toHaveLength(38);
  });

  test('nor is any other text, cut lines among it', () => {
    const line = 'TCP 0A00020A 8BA8 0A000264 01BB 0A00020C 01BB ESTABLISHED     656';
    for (let length = 0; length < line.length - 3; length++)
      expect(parseConnection(line.slice(0, length))).toBeUndefined();
    expect(parseConnection(line.replace('0A00020A', '0A00020'))).toBeUndefined();
    expect(parseConnection(line.replace('0A00020A', 'fd00:1'))).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => parseConnection(text) === undefined));
  });
});
