import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, familyOf, fullPrefix } from '../../../src/base/ip.ts';
import { addon } from '../../../src/kernel/addon.ts';
import { packOps, unpackDump } from '../../../src/kernel/records.ts';
import type { IpvsOp } from '../../../src/model/op.ts';
import {
  type Destination,
  fullNetmask,
  serviceFamily,
  type VirtualService,
  type VirtualServiceId,
} from '../../../src/model/service.ts';

const { codec } = addon();
const { layout } = codec;
const FAMILY = 0x1c;
const why = 'test';

const encode = (...ops: IpvsOp[]): Uint8Array => {
  const { bytes, failures } = packOps(layout, ops);
  expect([...failures.values()]).toEqual([]);
  return codec.encode(bytes, FAMILY);
};
const decode = (messages: Uint8Array, stats = false) => unpackDump(layout, codec.decode(messages, stats), { stats });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const port = fc.integer({ min: 1, max: 65535 });
const u31 = fc.integer({ min: 0, max: 2147483647 });
const ipv4 = fc.ipV4();
const ipv6 = fc
  .oneof(fc.ipV6(), fc.constantFrom('::', '::1', '1::', '2001:db8::', '1:0:0:2::3', '0:1::', '::ffff:1:2'))
  .map((text) => canonicalAddress(text))
  .filter((text) => text !== undefined);
const name = fc.stringMatching(/^[a-z0-9_]{1,15}$/);

const serviceId: fc.Arbitrary<VirtualServiceId> = fc.oneof(
  fc.record({
    kind: fc.constant('address' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    address: fc.oneof(ipv4, ipv6),
    port,
  }),
  fc.record({
    kind: fc.constant('fwmark' as const),
    mark: fc.integer({ min: 1, max: 0xffffffff }),
    family: fc.constantFrom('inet' as const, 'inet6' as const),
  }),
);

const service: fc.Arbitrary<VirtualService> = serviceId.chain((id) =>
  fc.record(
    {
      id: fc.constant(id),
      scheduler: name,
      schedulerFlags: fc.nat(7),
      onePacket: fc.boolean(),
      persistence: fc.option(fc.record({ timeoutS: fc.integer({ min: 1, max: 2678400 }) })),
      engine: name,
      netmask:
        serviceFamily(id) === 'inet'
          ? ipv4
          : fc.integer({ min: 1, max: fullPrefix('inet6') }).map((prefix) => String(prefix)),
    },
    { requiredKeys: ['id', 'scheduler', 'schedulerFlags', 'onePacket', 'persistence', 'netmask'] },
  ),
);

const destination = (id: VirtualServiceId): fc.Arbitrary<Destination> =>
  fc
    .record({
      address: fc.oneof(ipv4, ipv6),
      port: fc.integer({ min: 0, max: 65535 }),
      forward: fc.constantFrom('nat' as const, 'local' as const, 'tunnel' as const, 'dr' as const, 'bypass' as const),
      weight: u31,
      upperThreshold: u31,
      lowerThreshold: u31,
      tunnel: fc.record({
        type: fc.constantFrom('ipip' as const, 'gue' as const, 'gre' as const),
        port,
        checksum: fc.constantFrom('none' as const, 'csum' as const, 'remcsum' as const),
      }),
    })
    .map((d) => {
      const forward = familyOf(d.address) === serviceFamily(id) ? d.forward : 'tunnel';
      return { ...d, forward, tunnel: forward === 'tunnel' ? d.tunnel : null };
    });

const serviceWithDestinations = service.chain((s) =>
  fc.record({ service: fc.constant(s), destinations: fc.array(destination(s.id), { maxLength: 5 }) }),
);

describe('codec', () => {
  test('what is encoded for NEW decodes as the same service with the same destinations', () => {
    fc.assert(
      fc.property(fc.array(serviceWithDestinations, { maxLength: 4 }), (table) => {
        const ops = table.flatMap(({ service, destinations }): IpvsOp[] => [
          { kind: 'add-service', service, why },
          ...destinations.map((d): IpvsOp => ({ kind: 'add-destination', id: service.id, destination: d, why })),
        ]);
        const idle = { activeConnections: 0, inactiveConnections: 0, persistentConnections: 0, stats: null };
        expect(decode(encode(...ops))).toEqual(
          table.map(({ service, destinations }) => ({
            service,
            stats: null,
            destinations: destinations.map((d) => ({ ...d, ...idle })),
          })),
        );
      }),
    );
  });

  test('truncated or damaged messages are refused or read as something, never past their end', () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    const damaged = fc
      .tuple(serviceWithDestinations, fc.nat(), fc.nat(255), fc.nat())
      .map(([entry, at, value, cut]) => {
        const messages = encode(
          { kind: 'add-service', service: entry.service, why },
          ...entry.destinations.map(
            (d): IpvsOp => ({
              kind: 'add-destination',
              id: entry.service.id,
              destination: d,
              why,
            }),
          ),
        ).slice();
        messages[at % messages.length] = value;
        return messages.subarray(0, cut % (messages.length + 1)).slice();
      });
    fc.assert(
      fc.property(fc.oneof(bytes, damaged), (messages) => {
        try {
          decode(messages, true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'KernelError', code: 'kernel', operation: 'decode' });
        }
      }),
    );
  });

  const web: VirtualServiceId = { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 };
  const plain: VirtualService = {
    id: web,
    scheduler: 'mh',
    schedulerFlags: 3,
    onePacket: false,
    persistence: { timeoutS: 300 },
    netmask: '255.255.255.0',
  };
  const real: Destination = {
    address: '10.0.0.11',
    port: 8080,
    forward: 'tunnel',
    weight: 5,
    upperThreshold: 100,
    lowerThreshold: 50,
    tunnel: { type: 'gue', port: 6080, checksum: 'csum' },
  };

  test('NEW_SERVICE is these bytes', () => {
    expect(hex(encode({ kind: 'add-service', service: plain, why }))).toBe(
      [
        '5c000000 1c00 0100 01000000 00000000', // length, family, REQUEST, sequence, port id
        '01 01 0000', // NEW_SERVICE, version 1
        '4800 0180', // SERVICE, nested
        '0600 0100 0200 0000', // AF_INET
        '0600 0200 0600 0000', // TCP
        '0800 0300 0a000064', // 10.0.0.100
        '0600 0400 0050 0000', // port 80, network order
        '0700 0600 6d6800 00', // mh
        '0c00 0700 19000000 3d000000', // PERSISTENT, SCHED1, SCHED2 of the bits we set
        '0800 0800 2c010000', // 300 s
        '0800 0900 ffffff00', // mask, network order
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test('NEW_DEST and DEL_DEST are these bytes', () => {
    const service = '2400018006000100020000000600020006000000080003000a0000640600040000500000';
    const bytes = hex(encode({ kind: 'move-destination', id: web, destination: real, why }));
    expect(bytes).toBe(
      [
        '54000000 1c00 0100 01000000 00000000 07 01 0000', // DEL_DEST
        service,
        '1c00 0280', // DEST, nested
        '0800 0100 0a00000b', // 10.0.0.11
        '0600 0200 1f90 0000', // 8080
        '0600 0b00 0200 0000', // AF_INET
        '8c000000 1c00 0100 02000000 00000000 05 01 0000', // NEW_DEST
        service,
        '5400 0280',
        '0800 0100 0a00000b',
        '0600 0200 1f90 0000',
        '0800 0300 02000000', // tunnel
        '0800 0400 05000000', // weight
        '0800 0500 64000000', // thresholds
        '0800 0600 32000000',
        '0600 0b00 0200 0000',
        '0500 0d00 01 000000', // gue
        '0600 0e00 17c0 0000', // port 6080, network order
        '0600 0f00 0100 0000', // csum
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  describe('a dump of another kernel', () => {
    const attr = (type: number, payload: string): string => {
      const length = payload.length / 2 + 4;
      const number = (value: number) => Buffer.from(Uint16Array.of(value).buffer).toString('hex');
      return `${number(length)}${number(type)}${payload}${'00'.repeat((4 - (length % 4)) % 4)}`;
    };
    const u16 = (value: number) => Buffer.from(Uint16Array.of(value).buffer).toString('hex');
    const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString('hex');
    const u64 = (value: bigint) => Buffer.from(BigUint64Array.of(value).buffer).toString('hex');
    const message = (command: number, attributes: string): string => {
      const length = attributes.length / 2 + 20;
      return `${u32(length)}${u16(FAMILY)}${u16(2)}${u32(1)}${u32(0)}${command.toString(16).padStart(2, '0')}010000${attributes}`;
    };
    const identity = attr(1, u16(2)) + attr(2, u16(6)) + attr(3, `0a000064${'00'.repeat(12)}`) + attr(4, '0050');
    const settings = attr(6, '727200') + attr(7, u32(2) + u32(0xffffffff)) + attr(8, u32(0)) + attr(9, 'ffffffff');
    const stats32 =
      [1, 2, 3].map((i) => attr(i, u32(i))).join('') + attr(11, '') + attr(4, u64(44n)) + attr(5, u64(55n));
    const stats64 = attr(11, '') + [1, 2, 3, 4, 5].map((i) => attr(i, u64(BigInt(i) << 40n))).join('');
    const wide = {
      connections: 1n << 40n,
      inPackets: 2n << 40n,
      outPackets: 3n << 40n,
      inBytes: 4n << 40n,
      outBytes: 5n << 40n,
    };
    const narrow = { connections: 1n, inPackets: 2n, outPackets: 3n, inBytes: 44n, outBytes: 55n };
    const read = (text: string, stats = true) => decode(Uint8Array.from(Buffer.from(text, 'hex')), stats);

    test.each([
      ['STATS alone', attr(10, stats32), narrow],
      ['STATS64 after STATS', attr(10, stats32) + attr(12, stats64), wide],
      ['STATS64 before STATS', attr(12, stats64) + attr(10, stats32), wide],
      ['neither', '', { connections: 0n, inPackets: 0n, outPackets: 0n, inBytes: 0n, outBytes: 0n }],
    ])('%s gives the best counters there are', (_, counters, expected) => {
      const [entry] = read(message(1, attr(1 | 0x8000, identity + settings + counters)));
      expect(entry?.stats).toEqual(expected);
      expect(entry?.service).toEqual({
        ...plain,
        scheduler: 'rr',
        schedulerFlags: 0,
        persistence: null,
        netmask: '255.255.255.255',
      });
    });

    test('a destination without ADDR_FAMILY takes the family of its service, and unknown attributes are ignored', () => {
      const destination = attr(1, `0a00000b${'00'.repeat(12)}`) + attr(2, '0050') + attr(3, u32(3)) + attr(4, u32(7));
      const more =
        attr(5, u32(0)) + attr(6, u32(0)) + attr(7, u32(1)) + attr(8, u32(2)) + attr(9, u32(3)) + attr(60, 'ff');
      const [entry] = read(message(1, attr(1, identity + settings)) + message(5, attr(2, destination + more)), false);
      expect(entry?.destinations).toEqual([
        {
          address: '10.0.0.11',
          port: 80,
          forward: 'dr',
          weight: 7,
          upperThreshold: 0,
          lowerThreshold: 0,
          tunnel: null,
          activeConnections: 1,
          inactiveConnections: 2,
          persistentConnections: 3,
          stats: null,
        },
      ]);
    });

    test('a service of a protocol that nobody configures is left out with its destinations', () => {
      const odd = attr(1, u16(2)) + attr(2, u16(255)) + attr(3, '0a000064') + attr(4, '0050') + settings;
      const destination = attr(1, '0a00000b') + attr(2, '0050') + attr(3, u32(3)) + attr(4, u32(7));
      const text =
        message(1, attr(1, odd)) +
        message(5, attr(2, destination)) +
        message(1, attr(1, identity + settings)) +
        message(5, attr(2, destination));
      expect(read(text).map((entry) => [entry.service.id, entry.destinations.length])).toEqual([[web, 1]]);
    });

    test('an identity that is not complete is an error', () => {
      expect(() => read(message(1, attr(1, attr(1, u16(2)) + settings)))).toThrow('malformed');
      expect(() => read(message(1, attr(1, identity + attr(6, '41'.repeat(16)))))).toThrow('malformed');
    });
  });

  describe('what the kernel would take wrongly is refused', () => {
    const add = (change: Partial<Destination>, id = web): IpvsOp => ({
      kind: 'add-destination',
      id,
      destination: { ...real, ...change },
      why,
    });
    const make = (change: Partial<VirtualService>): IpvsOp => ({
      kind: 'add-service',
      service: { ...plain, ...change },
      why,
    });
    const as = <T>(value: unknown): T => value as T;

    test.each<[string, IpvsOp]>([
      ['a negative weight', add({ weight: -1 })],
      ['a weight over 31 bits', add({ weight: 2147483648 })],
      ['a fractional weight', add({ weight: 1.5 })],
      ['an unknown way to forward', add({ forward: as('smoke') })],
      ['an unknown tunnel', add({ tunnel: { type: as('vxlan'), port: 1, checksum: 'none' } })],
      ['an unknown checksum', add({ tunnel: { type: 'gue', port: 1, checksum: as('crc') } })],
      ['gue without a port', add({ tunnel: { type: 'gue', port: 0, checksum: 'none' } })],
      ['a tunnel port over 65535', add({ tunnel: { type: 'gue', port: 65536, checksum: 'none' } })],
      ['a port over 65535', add({ port: 70000 })],
      ['a threshold over 31 bits', add({ upperThreshold: 4294967295 })],
      ['no address', add({ address: 'localhost' })],
      ['half an address', add({ address: '10.0.1' })],
      ['too much of an address', add({ address: '10.0.0.1.2' })],
      ['an address with an octet over 255', add({ address: '10.0.0.256' })],
      ['an address with two gaps', add({ address: '1::2::3' })],
      ['an address with nine groups', add({ address: '1:2:3:4:5:6:7:8:9' })],
      ['an address with an open end', add({ address: '1:2:3:4:5:6:7:' })],
      ['an empty address', add({ address: '' })],
      ['firewall mark 0', make({ id: { kind: 'fwmark', mark: 0, family: 'inet' } })],
      ['an unknown protocol', make({ id: { ...web, protocol: as('icmp') } })],
      ['port 0 without persistence', make({ id: { ...web, port: 0 }, persistence: null })],
      ['persistence of 0 s', make({ persistence: { timeoutS: 0 } })],
      ['persistence over 31 days', make({ persistence: { timeoutS: 2678401 } })],
      ['no scheduler', make({ scheduler: '' })],
      ['a scheduler of 16 characters', make({ scheduler: 'a'.repeat(16) })],
      ['a scheduler with a NUL', make({ scheduler: 'r\0r' })],
      ['scheduler flags over 7', make({ schedulerFlags: 8 })],
      ['a netmask that is none', make({ netmask: 'wide' })],
      ['an IPv6 prefix of 0', make({ id: { ...web, address: '::1' }, netmask: '0' })],
      ['an IPv6 prefix of 129', make({ id: { ...web, address: '::1' }, netmask: '129' })],
    ])('%s', (_, op) => {
      const { bytes, failures } = packOps(layout, [op]);
      const failure = failures.get(0);
      if (failure) expect(failure).toMatchObject({ code: 'invalid', errno: 0 });
      expect(() => codec.encode(bytes, FAMILY)).toThrow(expect.objectContaining({ code: 'invalid', errno: 0 }));
    });

    test('another family without a tunnel has a code of its own', () => {
      const { bytes } = packOps(layout, [add({ address: '2001:db8::1', forward: 'dr', tunnel: null })]);
      expect(() => codec.encode(bytes, FAMILY)).toThrow(expect.objectContaining({ code: 'mixed-families' }));
    });

    test('and does not touch the ops beside it', () => {
      const ops = [add({}), add({ address: 'x' }), add({ address: '10.0.0.12' })];
      const { bytes, failures } = packOps(layout, ops);
      expect([...failures.keys()]).toEqual([1]);
      const { size } = layout.op;
      expect(hex(bytes.subarray(0, size))).toBe(hex(packOps(layout, [add({})]).bytes));
      expect(hex(bytes.subarray(2 * size))).toBe(hex(packOps(layout, [add({ address: '10.0.0.12' })]).bytes));
    });
  });

  test('a service op beside ops on the same id leaves no settings in their records', () => {
    const remove: IpvsOp = { kind: 'delete-service', id: web, why };
    const { bytes } = packOps(layout, [{ kind: 'add-service', service: plain, why }, remove]);
    expect(hex(bytes.subarray(layout.op.size))).toBe(hex(packOps(layout, [remove]).bytes));
  });

  test('arguments that are not records are refused', () => {
    expect(() => codec.encode(new Uint8Array(layout.op.size - 1), FAMILY)).toThrow(TypeError);
    expect(() => codec.encode(Uint8Array.of(99, ...new Uint8Array(layout.op.size - 1)), FAMILY)).toThrow(TypeError);
    expect(() => codec.decode('text' as unknown as Uint8Array, true)).toThrow(TypeError);
  });

  test('every full netmask of the model is understood', () => {
    for (const family of ['inet', 'inet6'] as const) {
      const id: VirtualServiceId = { kind: 'fwmark', mark: 1, family };
      const [entry] = decode(
        encode({ kind: 'add-service', service: { ...plain, id, netmask: fullNetmask(family) }, why }),
      );
      expect(entry?.service.netmask).toBe(fullNetmask(family));
    }
  });
});
