import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addon, type NativeIpvs, type NativeRefusal } from '../../../src/kernel/addon.ts';
import { applyBatch } from '../../../src/kernel/batch.ts';
import { openIpvs } from '../../../src/kernel/ipvs.ts';
import { packOps, Unpacker, unpackDump } from '../../../src/kernel/records.ts';
import { cut } from '../../../src/kernel/turns.ts';
import type { IpvsOp } from '../../../src/model/op.ts';
import { id, numbers, recordsOf, table } from '../../support/dump.ts';

// Batches and dumps travel in slices; nobody outside may notice.
const native = addon();
const { codec } = native;
const { layout } = codec;
const why = 'test';

const remove = (port: number): IpvsOp => ({ kind: 'delete-service', id: id(port), why });

const apply = (kernel: Pick<NativeIpvs, 'apply'>, ops: readonly IpvsOp[]) =>
  applyBatch(kernel, layout, ops, (op, failure) => ({ op, failure }));

/** Takes slices as the addon does and refuses the ops with these places. */
function client(refused: readonly number[]): { readonly apply: NativeIpvs['apply']; readonly slices: Uint8Array[] } {
  const slices: Uint8Array[] = [];
  return {
    slices,
    async apply(next, refuse) {
      let begun = 0;
      for (let slice = next(); slice; slice = next()) {
        slices.push(slice);
        await new Promise(setImmediate);
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
    const { slices, apply: take } = client([]);
    const results = await apply({ apply: take }, ops);
    expect(slices.length).toBeGreaterThan(2);
    expect(Buffer.concat(slices).equals(packOps(layout, ops).bytes)).toBe(true);
    expect(results.map(({ op }) => op)).toEqual(ops);
    expect(results.every(({ failure }) => failure === null)).toBe(true);
  });

  test('tells each refusal at its place, ours and the kernel’s', async () => {
    const ops = numbers(2000).map((port) => remove(port === 1500 ? -1 : port));
    const results = await apply(client([0, 511, 512, 1999]), ops);
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

  test('beside another keeps its own results in its own order', async () => {
    const both = [numbers(1500).map(remove), numbers(700).map((port) => remove(port + 2000))];
    const results = await Promise.all(both.map((ops, i) => apply(client(i === 0 ? [600] : [3]), ops)));
    expect(results.map((list) => list.map(({ op }) => op))).toEqual(both);
    expect(results.map((list) => list.findIndex(({ failure }) => failure))).toEqual([600, 3]);
  });

  test('gives what the caller makes of each change, which need not say why', async () => {
    const changes = numbers(200).map((port) => ({ kind: 'delete-service', id: id(port) }) as const);
    const { apply: take } = client([130]);
    const told = await applyBatch({ apply: take }, layout, changes, (change, failure) => ({ change, failure }));
    expect(told.map(({ change }) => change)).toEqual(changes);
    expect(told.flatMap(({ failure }) => failure?.operation ?? [])).toEqual(['delete-service tcp://10.0.0.1:131']);
  });

  test('is what the list held when it was handed over', async () => {
    const ops = numbers(1000).map(remove);
    const pending = apply(client([]), ops);
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
    await expect(ipvs.dump(true, () => 1)).rejects.toMatchObject({ code: 'kernel', errno: 2, operation: 'dump' });
    ipvs.close();
  });

  test('closed from within the packing, ends that batch and takes no other', async () => {
    const ipvs = new native.Ipvs('/nowhere', 100);
    const { bytes } = packOps(layout, [remove(1)]);
    const slices = [bytes, bytes];
    const running = ipvs.apply(
      () => slices.shift(),
      () => {},
    );
    const waiting = ipvs.apply(
      () => {
        ipvs.close();
        return bytes;
      },
      () => {},
    );
    expect(await Promise.allSettled([running, waiting])).toMatchObject([
      { reason: { code: 'kernel', errno: 2, operation: 'apply' } },
      { reason: { code: 'not-attempted' } },
    ]);
    await expect(ipvs.dump(true, () => 1)).rejects.toMatchObject({ code: 'not-attempted' });
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
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 6 }), fc.integer({ min: 1, max: 40 }), (sizes, records) => {
      const dump = table(sizes);
      const unpacker = new Unpacker(layout, { stats: true });
      for (const portion of cut(layout, dump, records)) {
        expect(recordsOf(portion)).toBeLessThanOrEqual(records);
        unpacker.add(portion);
      }
      expect(unpacker.services).toEqual(unpackDump(layout, dump, { stats: true }));
      expect(unpacker.services.map(({ destinations }) => destinations.length)).toEqual(sizes);
    }),
  );
});
