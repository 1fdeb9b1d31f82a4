import { describe, expect, test } from 'vitest';
import { NUMBERS } from '../../../../src/cli/ipvsadm/names.ts';
import { printConnections, readConnections } from '../../../../src/cli/ipvsadm/print-connections.ts';
import { largeNumber, printServices } from '../../../../src/cli/ipvsadm/print-services.ts';
import { printDaemons, printTimeouts } from '../../../../src/cli/ipvsadm/print-state.ts';
import { selectServices } from '../../../../src/cli/ipvsadm/select.ts';
import { addressText } from '../../../../src/cli/ipvsadm/words.ts';
import type { RatedService } from '../../../../src/kernel/records.ts';
import { golden, PLAIN, readState } from '../../../support/ipvsadm-golden.ts';

const lab = readState('lab');
const [web] = lab.services.filter(
  ({ service: { id } }) => id.kind === 'address' && id.port === 80 && id.address === '10.0.2.100',
);
if (!web) throw new Error('the golden state has no web service');

test.each([
  [0n, '        0', '        0'],
  [99_999_999n, ' 99999999', ' 99999999'],
  [100_000_000n, '  100000K', ' 100000000'],
  [999_999_999n, '  999999K', ' 999999999'],
  [1_000_000_000n, '    1000M', ' 1000000000'],
  [99_999_999_999n, '   99999M', ' 99999999999'],
  [100_000_000_000n, '     100G', ' 100000000000'],
  [99_999_999_999_999n, '   99999G', ' 99999999999999'],
  [100_000_000_000_000n, '     100T', ' 100000000000000'],
  [2n ** 64n - 1n, '18446744T', ' 18446744073709551615'],
])('%s as text', (value, short, exact) => {
  expect(largeNumber(value, false)).toBe(short);
  expect(largeNumber(value, true)).toBe(exact);
});

test.each([
  ['::ffff:102:304', '::ffff:1.2.3.4'],
  ['::ffff:0:0', '::ffff:0.0.0.0'],
  ['::102:304', '::1.2.3.4'],
  ['::1:0', '::0.1.0.0'],
  ['::1', '::1'],
  ['::', '::'],
  ['::ffff:0:102:304', '::ffff:0:102:304'],
  ['::1:0:0', '::1:0:0'],
  ['64:ff9b::102:304', '64:ff9b::102:304'],
  ['10.0.0.1', '10.0.0.1'],
])('%s as inet_ntop() writes it', (address, text) => {
  expect(addressText(address)).toBe(text);
});

describe('what ipvsadm gets wrong', () => {
  const counters = { connections: 2n ** 32n + 5n, inPackets: 7n, outPackets: 0n, inBytes: 2n ** 40n, outBytes: 0n };
  const rates = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 2 ** 32 + 1, outBytes: 0 };
  const [destination] = web.destinations;
  if (!destination) throw new Error('the web service has no destination');
  const service: RatedService = {
    ...web,
    service: { ...web.service, id: { kind: 'fwmark', mark: 4294967295, family: 'inet' } },
    destinations: [{ ...destination, address: '10.0.0.1', port: 80, forward: 'bypass', stats: counters, rates }],
  };
  const rows = (format: object, strictCompat: boolean): string[] =>
    printServices([service], { ...PLAIN, ...format, strictCompat }, NUMBERS, null)
      .split('\n')
      .slice(2, 4);

  test('counters and rates of destinations', () => {
    expect(rows({ stats: true, exact: true }, false)[1]).toContain(' 4294967301        7        0 1099511627776');
    expect(rows({ stats: true, exact: true }, true)[1]).toContain('        5        7        0 1099511627776');
    expect(rows({ rate: true, exact: true }, false)[1]).toMatch(/ 4294967297 {8}0$/);
    expect(rows({ rate: true, exact: true }, true)[1]).toMatch(/ 1 {8}0$/);
  });

  test('a mark from 2^31 and the forward bypass', () => {
    expect(rows({}, false).join('\n')).toMatch(/^FWM {2}4294967295 .*\n.* Bypass {2}/);
    expect(rows({}, true).join('\n')).toMatch(/^FWM {2}-1 .*\n.* \(null\) {2}/);
  });

  test('rows of connections with long data or data with a blank', () => {
    const row = (data: string) => `UDP 0A09000A 0000 0A090064 13C4 0A09000B 13C4 NONE            299 sip ${data}`;
    const lines = [row('a b'), row('x'.repeat(300))];
    const print = (strictCompat: boolean): string[] => {
      const format = { ...PLAIN, persistentConnections: true, strictCompat };
      return printConnections(readConnections(lines, format), format, NUMBERS).split('\n').slice(2, 4);
    };
    expect(print(false).map((line) => line.slice(97))).toEqual(['a b', 'x'.repeat(300)]);
    expect(print(true).map((line) => line.slice(97))).toEqual(['a', 'x'.repeat(255 - row('').length)]);
  });
});

describe('one destination', () => {
  test('of a service', () => {
    const selected = selectServices(lab.services, web.service.id, { address: '10.0.2.12', port: 80 });
    expect(selected.ok && printServices(selected.value, PLAIN, NUMBERS, null).split('\n').slice(2)).toEqual([
      'TCP  10.0.2.100:80 rr',
      expect.stringMatching(/^ {2}-> 10\.0\.2\.12:80 {17}Route {3}2 /),
      '',
    ]);
  });

  test('that is not there, and a service that is not', () => {
    expect(selectServices(lab.services, web.service.id, { address: '10.0.2.12', port: 81 })).toMatchObject({
      error: 'no-destination',
    });
    expect(selectServices(lab.services, { kind: 'fwmark', mark: 99, family: 'inet' }, null)).toMatchObject({
      error: 'no-service',
    });
  });

  test('an address may be written in either form', () => {
    const id = { kind: 'address', protocol: 'udp', address: '::ffff:1.2.3.4', port: 53 } as const;
    expect(selectServices(lab.services, id, null).ok).toBe(true);
    expect(selectServices(lab.services, { ...id, address: '::ffff:102:304' }, null).ok).toBe(true);
  });
});

describe('JSON', () => {
  const json = { ...PLAIN, json: true };

  test('of services: every number with all its digits', () => {
    const wild = readState('wild-1');
    const text = printServices(wild.services, json, NUMBERS, wild.info);
    const exact = text.replace(/: (\d{16,})/g, ': "$1"');
    const { services } = JSON.parse(exact) as { services: { counters: { connections: unknown } }[] };
    expect(services).toHaveLength(wild.services.length);
    expect(text).toContain('18446744073709551615');
    expect(services.map(({ counters }) => BigInt(String(counters.connections))).toSorted()).toEqual(
      wild.services.map(({ stats }) => stats?.connections).toSorted(),
    );
  });

  test('of one service', () => {
    const marked = lab.services.filter(({ service: { id } }) => id.kind === 'fwmark' && id.mark === 8);
    expect(JSON.parse(printServices(marked, json, NUMBERS, null))).toEqual({
      services: [
        {
          protocol: null,
          address: null,
          port: null,
          mark: 8,
          family: 'inet6',
          scheduler: 'lblcr',
          schedulerFlags: [],
          onePacket: false,
          persistenceSeconds: 360,
          netmask: '56',
          persistenceEngine: null,
          counters: { connections: 3, inPackets: 10, outPackets: 0, inBytes: 800, outBytes: 0 },
          ratesPerSecond: expect.objectContaining({ connections: expect.any(Number) }),
          destinations: [
            expect.objectContaining({ address: 'fd00:2::12', port: 0, forward: 'dr', weight: 1, tunnel: null }),
          ],
        },
      ],
    });
  });

  test('of connections', () => {
    const connections = readConnections(golden('lab/connections.txt').split('\n'), PLAIN);
    const listed = JSON.parse(printConnections(connections, json, NUMBERS)) as { connections: unknown[] };
    expect(listed.connections).toHaveLength(38);
    expect(listed.connections).toContainEqual({
      protocol: 'udp',
      client: '10.0.2.10',
      clientPort: 0,
      virtual: '10.0.2.100',
      virtualPort: 5060,
      destination: '10.0.2.11',
      destinationPort: 5060,
      state: 'NONE',
      expiresSeconds: expect.any(Number),
      persistenceEngine: 'sip',
      persistenceData: 'abc0@host.example',
    });
  });

  test('of timeouts and daemons, with none running too', () => {
    expect(JSON.parse(printTimeouts(lab.timeouts, json))).toEqual({
      tcpSeconds: 901,
      tcpFinSeconds: 121,
      udpSeconds: 301,
    });
    expect(printDaemons([], json)).toBe('{\n  "daemons": []\n}\n');
    const daemon = { state: 'master', interface: 'eth0', syncId: 7 } as const;
    expect(JSON.parse(printDaemons([daemon], json))).toEqual({ daemons: [daemon] });
  });
});
