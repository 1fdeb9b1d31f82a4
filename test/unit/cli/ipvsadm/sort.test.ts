import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, compareAddresses } from '../../../../src/base/ip.ts';
import { mergeSort, sortDestinations, sortServices } from '../../../../src/cli/ipvsadm/sort.ts';
import type { VirtualServiceId } from '../../../../src/model/service.ts';

const address = fc.oneof(
  fc.ipV4(),
  fc.constantFrom('0.0.0.0', '127.255.255.255', '128.0.0.0', '255.255.255.255'),
  fc.ipV6().map((text) => canonicalAddress(text) ?? '::'),
);
const destination = fc.record({ address, port: fc.nat(65535) });
const id: fc.Arbitrary<VirtualServiceId> = fc.oneof(
  fc.record({
    kind: fc.constant('address' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    address,
    port: fc.nat(65535),
  }),
  fc.record({
    kind: fc.constant('fwmark' as const),
    mark: fc.integer({ min: 1, max: 0xffffffff }),
    family: fc.constantFrom('inet' as const, 'inet6' as const),
  }),
);
const text = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();

describe('sorting', () => {
  test('loses nothing and adds nothing', () => {
    fc.assert(
      fc.property(
        fc.array(destination),
        fc.array(fc.record({ service: fc.record({ id }) })),
        fc.boolean(),
        (d, s, strict) => {
          expect(text(sortDestinations(d, strict))).toEqual(text(d));
          expect(text(sortServices(s, strict))).toEqual(text(s));
        },
      ),
    );
  });

  test('sorts destinations of one family by number, then port', () => {
    const v4 = fc.array(fc.record({ address: fc.ipV4(), port: fc.nat(65535) }));
    const v6 = fc.array(fc.record({ address: fc.ipV6().map((a) => canonicalAddress(a) ?? '::'), port: fc.nat(65535) }));
    fc.assert(
      fc.property(fc.oneof(v4, v6), (list) => {
        const expected = list.toSorted((a, b) => compareAddresses(a.address, b.address) || a.port - b.port);
        expect(sortDestinations(list, false)).toEqual(expected);
      }),
    );
  });

  test('strict is the same where no two numbers are 2^31 apart', () => {
    const near = fc.record({ address: fc.nat(255).map((last) => `10.0.0.${last}`), port: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(near), (list) => {
        expect(sortDestinations(list, true)).toEqual(sortDestinations(list, false));
      }),
    );
  });

  test('marks come after addresses, and strictly those from 2^31 before them', () => {
    const services = [3000000000, 1, 4294967295].map((mark) => ({
      service: { id: { kind: 'fwmark', mark, family: 'inet' } as VirtualServiceId },
    }));
    services.push({ service: { id: { kind: 'address', protocol: 'sctp', address: '10.0.0.1', port: 80 } } });
    const marks = (strict: boolean) =>
      sortServices(services, strict).map(({ service }) => (service.id.kind === 'fwmark' ? service.id.mark : 0));
    expect(marks(false)).toEqual([0, 1, 3000000000, 4294967295]);
    expect(marks(true)).toEqual([3000000000, 4294967295, 0, 1]);
  });
});

describe('merge sort', () => {
  test('sorts, and keeps the order of equals', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat())), (list) => {
        expect(mergeSort(list, ([a], [b]) => a - b)).toEqual(list.toSorted(([a], [b]) => a - b));
      }),
    );
  });

  test('compares what qsort() compares, in its order', () => {
    const asked: string[] = [];
    mergeSort(['a', 'b', 'c', 'd', 'e'], (left, right) => {
      asked.push(left + right);
      return left < right ? -1 : 1;
    });
    // 5 = 2 + 3, 3 = 1 + 2.
    expect(asked).toEqual(['ab', 'de', 'cd', 'ac', 'bc']);
  });
});
