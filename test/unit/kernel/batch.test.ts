import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addon, type NativeIpvs, type NativeRefusal } from '../../../src/kernel/addon.ts';
import { applyBatch } from '../../../src/kernel/batch.ts';
import { openIpvs } from '../../../src/kernel/ipvs.ts';
import { packOps, Unpacker, unpackDump } from '../../../src/kernel/records.ts';
import type { IpvsOp } from '../../../src/model/op.ts';

// Batches and dumps travel in slices; nobody outside may notice.
const native = addon();
const { codec } = native;
const { layout } = codec;
const why = 'test';

const id = (port: number) => ({ kind: 'address', protocol: 'tcp', address: '10.0.0.1', port }) as const;
const remove = (port: number): IpvsOp => ({ kind: 'delete-service', id: id(port), why });
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Takes slices as the addon does and refuses the ops with these places. */
function client(refused: readonly number[]): { readonly apply: NativeIpvs['apply']; readonly slices: Uint8Array[] } {
  const slices: Uint8Array[] = [];
  return {
    slices,
    async apply(next, refuse) {
      let begun = 0;
      for (let slice = next(); slice; slice = next()) {
        slices.push(slice);
        const end = begun + slice.length / layout.op.size;
        const failure = { code: 'service-missing', errno: 3, operation: '', text: 'none' } as const;
        const mine = refused.filter((place) => place >= begun && place < end);
        if (mine.length > 0) refuse(mine.map((index): NativeRefusal => ({ index, ...failure })));
        begun = end;
      }
    },
  };
}

describe('a batch', () => {
  test('is packed slice by slice, nothing left out, nothing twice', async () => {
    const ops = numbers(3000).map(remove);
    const { slices, apply } = client([]);
    const results = await applyBatch({ apply } as NativeIpvs, layout, ops);
    expect(slices.length).toBeGreaterThan(2);
    expect(Buffer.concat(slices).equals(packOps(layout, ops).bytes)).toBe(true);
    expect(results.map(({ op }) => op)).toEqual(ops);
    expect(results.every(({ failure }) => failure === null)).toBe(true);
  });

  test('tells each refusal at its place, ours and the kernel’s', async () => {
    const ops = numbers(2000).map((port) => remove(port === 1500 ? -1 : port));
    const results = await applyBatch(client([0, 511, 512, 1999]) as unknown as NativeIpvs, layout, ops);
    const failures = results.flatMap(({ failure }, place) => (failure ? [[place, failure.code]] : []));
    expect(failures).toEqual([
      [0, 'service-missing'],
      [511, 'service-missing'],
      [512, 'service-missing'],
      [1499, 'invalid'],
      [1999, 'service-missing'],
    ]);
    expect(results[512]?.failure?.operation).toBe('delete-service tcp://10.0.0.1:513');
  });

  test('is what the list held when it was handed over', async () => {
    const ops = numbers(1000).map(remove);
    const pending = applyBatch(client([]) as unknown as NativeIpvs, layout, ops);
    ops.length = 0;
    expect(await pending).toHaveLength(1000);
  });

  test('of nothing asks the kernel for nothing', async () => {
    const ipvs = openIpvs({ netns: '/nowhere' });
    expect(await ipvs.apply([])).toEqual([]);
    ipvs.close();
  });
});

describe('the addon', () => {
  test('rejects with what the packing threw, and takes the next batch', async () => {
    const ipvs = new native.Ipvs('/nowhere', 100);
    const thrown = new Error('from the packing');
    const failing = ipvs.apply(
      () => {
        throw thrown;
      },
      () => {},
    );
    await expect(failing).rejects.toBe(thrown);
    const halves = ipvs.apply(
      () => new Uint8Array(3),
      () => {},
    );
    await expect(halves).rejects.toBeInstanceOf(TypeError);
    await expect(ipvs.dump(true, () => {})).rejects.toMatchObject({ code: 'kernel', errno: 2, operation: 'dump' });
    ipvs.close();
  });

  test('refuses other arguments', () => {
    const ipvs = new native.Ipvs('', 100);
    const call = (method: unknown, ...args: unknown[]) => (method as () => unknown).apply(ipvs, args as []);
    expect(() => call(ipvs.dump, true)).toThrow(TypeError);
    expect(() => call(ipvs.apply, new Uint8Array(layout.op.size))).toThrow(TypeError);
    ipvs.close();
  });
});

test('a dump in portions is the whole dump, wherever it is cut', () => {
  const counts = fc.array(fc.nat(5), { maxLength: 6 });
  fc.assert(
    fc.property(counts, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 9 }), (sizes, cuts) => {
      const dump = table(sizes);
      const unpacker = new Unpacker(layout, { stats: true });
      for (const portion of portions(dump, cuts)) unpacker.add(portion);
      expect(unpacker.services).toEqual(unpackDump(layout, dump, { stats: true }));
    }),
  );
});

type Dump = ReturnType<typeof codec.decode>;

/** A table of services with so many destinations each. */
function table(sizes: readonly number[]): Dump {
  const ops = sizes.flatMap((count, s): IpvsOp[] => [
    {
      kind: 'add-service',
      service: {
        id: id(s + 1),
        scheduler: 'rr',
        schedulerFlags: 0,
        onePacket: false,
        persistence: null,
        netmask: '255.255.255.255',
      },
      why,
    },
    ...numbers(count).map((d): IpvsOp => {
      const rest = { forward: 'dr', weight: d, upperThreshold: 0, lowerThreshold: 0, tunnel: null } as const;
      return {
        kind: 'add-destination',
        id: id(s + 1),
        destination: { address: `10.1.0.${d}`, port: 80, ...rest },
        why,
      };
    }),
  ]);
  return codec.decode(codec.encode(packOps(layout, ops).bytes, 0), true);
}

/** Cuts it as the addon does: so many records each, a service before its destinations. */
function* portions(dump: Dump, cuts: readonly number[]): Generator<Dump> {
  const { service, destination } = layout;
  const counts = new DataView(dump.services.buffer, dump.services.byteOffset);
  const records = Array.from({ length: dump.services.length / service.size }, (_, s) => [
    's' as const,
    ...numbers(counts.getUint32(s * service.size + service.fields.destinations, true)).map(() => 'd' as const),
  ]).flat();
  let [s, d] = [0, 0];
  for (let at = 0, turn = 0; at < records.length; turn++) {
    const taken = records.slice(at, at + (cuts[turn % cuts.length] ?? 1));
    const services = taken.filter((kind) => kind === 's').length;
    const destinations = taken.length - services;
    yield {
      services: dump.services.slice(s * service.size, (s + services) * service.size),
      destinations: dump.destinations.slice(d * destination.size, (d + destinations) * destination.size),
    };
    [at, s, d] = [at + taken.length, s + services, d + destinations];
  }
}
