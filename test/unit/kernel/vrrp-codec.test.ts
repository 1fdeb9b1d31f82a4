import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../../src/base/ip.ts';
import { addon } from '../../../src/kernel/addon.ts';
import type { NativePacket } from '../../../src/kernel/vrrp-native.ts';
import { VERDICTS, type WireSettings } from '../../../src/model/vrrp.ts';

const { vrrp } = addon().codec;
const AT = 1_800_000_000_000;

const ipv4 = fc.ipV4();
// The first word is not zero: inet_ntop writes addresses that embed an IPv4 one in another way.
const ipv6 = fc
  .tuple(
    fc.integer({ min: 1, max: 0xffff }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 7, maxLength: 7 }),
  )
  .map(([first, rest]) => [first, ...rest].map((word) => word.toString(16)).join(':'))
  .map((text) => canonicalAddress(text) ?? '');
const key = fc.record({
  id: fc.integer({ min: 1, max: 255 }),
  secret: fc.oneof(
    fc.stringMatching(/^[ -~]{32,64}$/).filter((text) => !text.startsWith('hex:')),
    fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => `hex:${Buffer.from(bytes).toString('hex')}`),
  ),
});

const settings = (family: 'inet' | 'inet6', version: 2 | 3): fc.Arbitrary<WireSettings> => {
  const address = family === 'inet' ? ipv4 : ipv6;
  const interval = version === 2 ? fc.integer({ min: 1, max: 255 }) : fc.integer({ min: 1, max: 4095 });
  return fc
    .record({
      version: fc.constant(version),
      family: fc.constant(family),
      vrid: fc.integer({ min: 1, max: 255 }),
      interface: fc.constant('eth0'),
      intervalMs: interval.map((count) => count * (version === 2 ? 1000 : 10)),
      minIntervalMs: fc.constant(10),
      maxIntervalMs: fc.constant(40_950),
      source: fc.constant(null),
      group: fc.constant(family === 'inet' ? '224.0.0.18' : 'ff02::12'),
      peers: fc.constant([]),
      ttl: fc.constant(255),
      advertised: fc.array(address, { minLength: 1, maxLength: 255, size: 'small' }),
      addressCheck: fc.constantFrom('overlap' as const, 'exact' as const, 'none' as const),
      checksum: fc.constantFrom('auto' as const, 'pseudo' as const, 'message' as const),
      owner: fc.constant(false),
      password: version === 2 ? fc.stringMatching(/^[!-~]{0,8}$/) : fc.constant(''),
      hmac: fc.option(
        fc.record({
          keys: fc.uniqueArray(key, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
          mode: fc.constantFrom('enforce' as const, 'permissive' as const, 'receive-only' as const),
          windowMs: fc.integer({ min: 1000, max: 300_000 }),
        }),
      ),
    })
    .map(({ hmac, ...rest }) => ({
      ...rest,
      hmac: hmac && { ...hmac, active: hmac.keys.at(-1)?.id ?? 0 },
    }));
};

const advert = fc
  .constantFrom(['inet', 2] as const, ['inet', 3] as const, ['inet6', 3] as const)
  .chain(([family, version]) =>
    fc.record({
      wire: settings(family, version),
      priority: fc.integer({ min: 0, max: 255 }),
      source: family === 'inet' ? ipv4 : ipv6,
    }),
  );

function packet(wire: WireSettings, priority: number, source: string): NativePacket {
  const destination = wire.group;
  const message = vrrp.encode(wire, { priority, source, destination, at: AT });
  return { message, family: wire.family, source, destination, ttl: 255, multicast: true, at: AT };
}

const base: WireSettings = {
  version: 3,
  family: 'inet',
  vrid: 51,
  interface: 'eth0',
  intervalMs: 100,
  minIntervalMs: 10,
  maxIntervalMs: 1000,
  source: null,
  group: '224.0.0.18',
  peers: [],
  ttl: 255,
  advertised: ['10.0.0.100'],
  addressCheck: 'overlap',
  checksum: 'auto',
  owner: false,
  password: '',
  hmac: null,
};

describe('the native VRRP codec', () => {
  test('has the verdicts of the model, in its order', () => {
    expect(vrrp.verdicts).toEqual(Object.keys(VERDICTS));
  });

  test('what it encodes it accepts, with the same fields, and describes', () => {
    fc.assert(
      fc.property(advert, ({ wire, priority, source }) => {
        const sent = packet(wire, priority, source);
        const signs = wire.hmac !== null && wire.hmac.mode !== 'receive-only';
        const fields = { version: wire.version, vrid: wire.vrid, priority, intervalMs: wire.intervalMs };
        const { verdict, advert: heard } = vrrp.validate(wire, sent);
        expect(verdict).toBe('accepted');
        expect(heard).toMatchObject({ ...fields, count: wire.advertised.length, authenticated: signs });
        const told = vrrp.describe(sent, wire);
        expect({ ...told, addresses: told.addresses.map(canonicalAddress) }).toEqual({
          ...fields,
          type: 1,
          addresses: wire.advertised,
          authentication: wire.password === '' ? 0 : 1,
          checksum: heard?.messageChecksum || wire.version === 2 ? 'message' : 'pseudo',
          hmacKey: signs ? (wire.hmac?.active ?? null) : null,
          verdict: 'accepted',
        });
        expect(vrrp.describe(sent).verdict).toBe('accepted');
      }),
    );
  });

  test('one changed bit is refused, wherever it is', () => {
    fc.assert(
      fc.property(advert, fc.nat(), fc.nat(7), ({ wire: given, priority, source }, place, bit) => {
        // With two forms a flip could turn one right sum into the other.
        const wire = { ...given, checksum: 'pseudo' as const };
        const sent = packet(wire, priority, source);
        const message = sent.message.slice();
        const at = place % message.length;
        message[at] = (message[at] ?? 0) ^ (1 << bit);
        expect(vrrp.validate(wire, { ...sent, message }).verdict).not.toBe('accepted');
      }),
    );
  });

  test('knows itself by the source, and peers by their addresses', () => {
    const sent = packet(base, 150, '10.0.0.1');
    expect(vrrp.validate({ ...base, source: '10.0.0.1' }, sent)).toEqual({ verdict: 'source', advert: null });
    expect(vrrp.validate({ ...base, source: '10.0.0.2' }, sent).verdict).toBe('accepted');
    const peers = [{ address: '10.0.0.2', minTtl: 0, maxTtl: 255 }];
    expect(vrrp.validate({ ...base, peers }, sent).verdict).toBe('source');
  });

  test.each([
    ['version', { version: 4 }],
    ['family', { family: 'ipx' }],
    ['vrid', { vrid: 256 }],
    ['intervalMs', { intervalMs: 1.5 }],
    ['group', { group: 'ff02::12' }],
    ['address', { peers: [{ address: 'x', minTtl: 0, maxTtl: 255 }] }],
    ['advertised', { advertised: ['2001:db8::1'] }],
    ['advertised', { advertised: Array.from({ length: 256 }, (_, i) => `10.0.0.${i}`) }],
    ['addressCheck', { addressCheck: 'maybe' }],
    ['owner', { owner: 1 }],
    ['secret', { hmac: { keys: [{ id: 1, secret: 'short' }], active: 1, mode: 'enforce', windowMs: 5000 } }],
    [
      'secret',
      { hmac: { keys: [{ id: 1, secret: `hex:${'0g'.repeat(32)}` }], active: 1, mode: 'enforce', windowMs: 1 } },
    ],
    ['an object', null],
  ])('refuses settings with another value for %s', (name, change) => {
    const wire = (change === null ? null : { ...base, ...change }) as WireSettings;
    expect(() => vrrp.validate(wire, packet(base, 1, '10.0.0.1'))).toThrow(
      new TypeError(`expected another value for ${name}`),
    );
  });

  test('refuses a packet of another shape', () => {
    const sent = packet(base, 1, '10.0.0.1');
    for (const change of [
      { ttl: 256 },
      { source: 'fe80::1' },
      { family: 'inet6' },
      { at: Number.NaN },
      { message: '' },
    ])
      expect(() => vrrp.validate(base, { ...sent, ...change } as NativePacket)).toThrow(TypeError);
  });
});
