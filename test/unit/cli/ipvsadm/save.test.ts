import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NUMBERS } from '../../../../src/cli/ipvsadm/names.ts';
import { printServices } from '../../../../src/cli/ipvsadm/print-services.ts';
import { EXTENDED_TITLE, printExtendedSave, printSave } from '../../../../src/cli/ipvsadm/save.ts';
import type { RatedService } from '../../../../src/kernel/records.ts';
import { type Destination, serviceKey, type VirtualService } from '../../../../src/model/service.ts';
import { PLAIN, readState } from '../../../support/ipvsadm-golden.ts';

const TIMEOUTS = { tcpS: 900, tcpFinS: 120, udpS: 300 };
const lab = readState('lab');
const extended = (services: readonly RatedService[]): string => printExtendedSave(services, TIMEOUTS, []);

const service = (settings: Partial<VirtualService>, ...destinations: Partial<Destination>[]): RatedService => ({
  service: {
    id: { kind: 'address', protocol: 'tcp', address: '10.0.0.1', port: 80 },
    scheduler: 'rr',
    schedulerFlags: 0,
    onePacket: false,
    persistence: null,
    netmask: '255.255.255.255',
    ...settings,
  },
  stats: null,
  rates: NO_RATES,
  destinations: destinations.map((destination) => ({
    address: '10.0.0.2',
    port: 80,
    forward: 'nat',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: null,
    ...destination,
    activeConnections: 0,
    inactiveConnections: 0,
    persistentConnections: 0,
    stats: null,
    rates: NO_RATES,
  })),
});
const NO_RATES = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };

/** Lines after the title and the timeouts. */
const linesOf = (text: string): string[] => text.trimEnd().split('\n').slice(2);

describe('extended save', () => {
  test('begins with what it is, then the timeouts', () => {
    expect(extended([])).toBe(`${EXTENDED_TITLE}\n--set 900 120 300\n`);
  });

  test.each<[string, RatedService, string]>([
    ['mask without persistence', service({ netmask: '255.255.255.0' }), ' -s rr -M 255.255.255.0'],
    ['engine without persistence', service({ engine: 'sip' }), ' -s rr --pe sip'],
    ['all flags of sh', service({ scheduler: 'sh', schedulerFlags: 7 }), ' -s sh -b sh-fallback,sh-port,flag-3'],
    [
      'everything',
      service({
        persistence: { timeoutS: 60 },
        netmask: '255.0.0.0',
        engine: 'sip',
        onePacket: true,
        schedulerFlags: 1,
      }),
      ' -s rr -p 60 -M 255.0.0.0 --pe sip -o -b flag-1',
    ],
  ])('%s', (_, saved, settings) => {
    expect(linesOf(extended([saved]))).toEqual([`-A -t 10.0.0.1:80${settings}`]);
  });

  test.each<[string, Partial<Destination>, string]>([
    ['thresholds', { upperThreshold: 4294967295, lowerThreshold: 8 }, '10.0.0.2:80 -m -w 1 -x 4294967295 -y 8'],
    ['another port with NAT', { port: 8080 }, '10.0.0.2:8080 -m -w 1'],
    ['direct routing', { forward: 'dr' }, '10.0.0.2:80 -g -w 1'],
    ['direct routing to another port', { forward: 'dr', port: 81 }, '10.0.0.2:81 --forward dr -w 1'],
    ['local', { forward: 'local' }, '10.0.0.2:80 --forward local -w 1'],
    ['bypass', { forward: 'bypass' }, '10.0.0.2:80 --forward bypass -w 1'],
    [
      'tunnel to another port',
      { forward: 'tunnel', port: 81, tunnel: { type: 'gue', port: 6080, checksum: 'remcsum' }, upperThreshold: 3 },
      '10.0.0.2:81 --forward tunnel -w 1 -x 3 --tun-type gue --tun-port 6080 --tun-remcsum',
    ],
  ])('%s', (_, destination, text) => {
    expect(linesOf(extended([service({}, destination)]))[1]).toBe(`-a -t 10.0.0.1:80 -r ${text}`);
  });

  test('marks unsigned, and without a port to force', () => {
    const marked = service(
      { id: { kind: 'fwmark', mark: 4294967295, family: 'inet6' }, netmask: '64' },
      { forward: 'dr' },
    );
    expect(linesOf(extended([marked]))).toEqual([
      '-A -f 4294967295 -6 -s rr -M 64',
      '-a -f 4294967295 -6 -r 10.0.0.2:80 -g -w 1',
    ]);
  });

  test('daemons with all their options, last', () => {
    const all = {
      state: 'backup',
      interface: 'eth0',
      syncId: 7,
      maxLength: 1400,
      group: 'ff02::51',
      port: 9000,
      ttl: 3,
    } as const;
    const text = printExtendedSave([], TIMEOUTS, [{ state: 'master', interface: 'eth1', syncId: 0 }, all]);
    expect(linesOf(text)).toEqual([
      '--start-daemon master --mcast-interface eth1 --syncid 0',
      '--start-daemon backup --mcast-interface eth0 --syncid 7 --sync-maxlen 1400 --mcast-group ff02::51 --mcast-port 9000 --mcast-ttl 3',
    ]);
  });

  test('its order, read line by line into a kernel that puts new ones in front, gives the order of the dump', () => {
    const addresses = fc.uniqueArray(fc.ipV4(), { maxLength: 8 });
    const wild = fc.constantFrom(...[...lab.services, ...readState('wild-1').services, ...readState('tame').services]);
    fc.assert(
      fc.property(fc.array(wild, { maxLength: 5 }), addresses, (services, own) => {
        const made = service(
          { id: { kind: 'fwmark', mark: 5, family: 'inet' } },
          ...own.map((address) => ({ address })),
        );
        const unique = [...new Map([...services, made].map((each) => [serviceKey(each.service.id), each])).values()];
        const kernel = new Map<string, string[]>();
        for (const line of linesOf(extended(unique))) {
          const [, command, id = '', server] =
            /^-([Aa]) (-\S+ \S+(?: -6)?|--sctp-service \S+) (?:-r (\S+))?/.exec(line) ?? [];
          if (command === 'A') kernel.set(id, []);
          else kernel.get(id)?.unshift(server ?? '');
        }
        const dumped = unique.map(({ destinations }) => destinations.length);
        expect([...kernel.values()].map((list) => list.length).toSorted()).toEqual(dumped.toSorted());
        expect(kernel.get('-f 5')).toEqual(own.map((address) => `${address}:80`));
      }),
    );
  });
});

describe('plain save', () => {
  test('every line can be read back by ipvsadm: known words, no empty value', () => {
    const known =
      /^-[Aa] (-[tu] \S+:\d+|--sctp-service \S+:\d+|-f \d+( -6)?)( -s \S+| -p \d+| -M \S+| --pe \S+| -o| -b [a-z]\S+| -r \S+:\d+| -[gim]| --forward bypass| -w \d+| --tun-(type|port) \S+| --tun-(no|rem)?csum)+$/;
    for (const folder of ['lab', 'wild-1', 'wild-2', 'tame']) {
      const lines = printSave(readState(folder).services, PLAIN, NUMBERS).trimEnd().split('\n');
      expect(lines.filter((line) => !known.test(line))).toEqual([]);
    }
  });
});

test('50,000 destinations are printed and saved', () => {
  const one = service({}, {});
  const destinations = Array.from({ length: 50_000 }, (_, i) => ({
    ...(one.destinations[0] as RatedService['destinations'][number]),
    address: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
  }));
  const large = [{ ...one, destinations }];
  expect(printServices(large, { ...PLAIN, stats: true }, NUMBERS, null).split('\n')).toHaveLength(50_004);
  expect(printServices(large, { ...PLAIN, strictCompat: true }, NUMBERS, null).split('\n')).toHaveLength(50_004);
  expect(printServices(large, { ...PLAIN, json: true }, NUMBERS, null).match(/"forward"/g)).toHaveLength(50_000);
  expect(extended(large).split('\n')).toHaveLength(50_004);
}, 120_000);
