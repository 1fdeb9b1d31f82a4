import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { firstSnapshot } from '../../src/daemon/first-snapshot.ts';
import { OverrideKeeper } from '../../src/daemon/overrides.ts';
import { overridesText, parseOverrides, readOverrides } from '../../src/daemon/overrides-file.ts';
import { Store } from '../../src/daemon/store.ts';
import { edited, type OverrideEdit, withoutExpired } from '../../src/decide/overrides.ts';
import { NO_OVERRIDES, type Overrides, overrideId, type Setting } from '../../src/model/override.ts';
import { FakeDisk } from '../support/disk.ts';

const FILE = '/var/lib/fairlead/overrides.json';
const config = configSchema.parse({
  director: { overrides: FILE },
  services: [{ name: 'web', listen: ['tcp://10.0.0.100:80'], servers: [{ address: '10.0.0.11' }] }],
});
const clock = { now: () => 0, wall: () => 1_000_000 };

/** A keeper of what the disk holds, without a kernel. */
function keeper(disk: FakeDisk): { store: Store; change(edits: readonly OverrideEdit[]): Promise<Overrides> } {
  const { overrides, problem } = readOverrides(disk, FILE, clock.wall());
  expect(problem).toBeNull();
  const store = new Store(firstSnapshot(config, FILE, clock, overrides), clock.wall);
  const kept = new OverrideKeeper({
    ...{ store, clock, disk },
    inTurn: (work) => work(),
    settle: async () => {},
    onMaintenance: async () => {},
  });
  return { store, change: (edits) => kept.change(edits, { by: 'test' }) };
}

const target = fc.constantFrom('server/web/10.0.0.11', 'server/web/gone', 'service/web', 'instance/edge', 'director');
const setting = fc.oneof<fc.Arbitrary<Setting>[]>(
  fc.constantFrom({ kind: 'drain', value: null }, { kind: 'maintenance', value: null }),
  fc.nat().map((value) => ({ kind: 'weight', value })),
  fc.constantFrom({ kind: 'state', value: 'up' }, { kind: 'state', value: 'down' }),
);
const reason = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { nil: undefined });
const edit: fc.Arbitrary<OverrideEdit> = fc.oneof(
  fc.record({ target, setting, reason }).map(({ target: on, setting: what, reason: why }) => ({
    set: { ...what, target: on, ...(why !== undefined && { reason: why }) },
  })),
  fc
    .record({ target, setting })
    .map(({ target: on, setting: { kind } }) => ({ clear: overrideId({ kind, target: on }) })),
);
const edits = fc.array(fc.array(edit, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });

test('after a crash at any step the file is the state before or after the change that was under way', async () => {
  const crash = fc.record({
    after: fc.nat({ max: 30 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    names: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(edits, crash, async (changes, { after, share, names }) => {
      const disk = new FakeDisk();
      const { store, change } = keeper(disk);
      disk.stepsLeft = after;
      const possible: Overrides[] = [NO_OVERRIDES];
      for (const each of changes) {
        const before = store.get().overrides;
        const wanted = edited(before, each, { by: 'test', nowMs: clock.wall() });
        const done = await change(each).then(
          () => true,
          () => false,
        );
        expect(store.get().overrides).toEqual(done && wanted.ok ? wanted.value : before);
        possible.splice(0, possible.length, store.get().overrides);
        if (!done && wanted.ok) possible.push(wanted.value);
        if (disk.stepsLeft <= 0) break;
      }
      const found = readOverrides(disk.afterPowerCut(share, names), FILE, clock.wall());
      expect(found.problem).toBeNull();
      expect(possible).toContainEqual(found.overrides);
    }),
    { numRuns: 2000 },
  );
});

test('a change that the disk refuses at one step leaves everything as it was, on disk as well', async () => {
  await fc.assert(
    fc.asyncProperty(
      edits,
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.nat({ max: 4 }),
      async (first, last, at) => {
        const disk = new FakeDisk();
        const { store, change } = keeper(disk);
        for (const each of first) await change(each).catch(() => {});
        const before = store.get().overrides;
        let step = 0;
        disk.fault = () => (step++ === at ? new Error('ENOSPC') : null);
        const refused = await change(last).then(
          () => false,
          () => true,
        );
        fc.pre(refused);
        expect(store.get().overrides).toBe(before);
        expect(readOverrides(disk.afterPowerCut(0, true), FILE, clock.wall()).overrides).toEqual(before);
      },
    ),
    { numRuns: 1000 },
  );
});

test('what is written is read again; a byte less or another one is noticed', () => {
  fc.assert(
    fc.property(edits, fc.nat(), fc.nat({ max: 255 }), (changes, place, byte) => {
      let overrides = NO_OVERRIDES;
      for (const each of changes) {
        const result = edited(overrides, each, { by: 'test', nowMs: 5 });
        if (result.ok) overrides = result.value;
      }
      const text = overridesText(overrides);
      expect(parseOverrides(text)).toEqual(overrides);
      const bytes = Buffer.from(text);
      const at = place % (bytes.length - 1);
      expect(() => parseOverrides(bytes.subarray(0, at).toString())).toThrow();
      fc.pre(bytes[at] !== byte);
      bytes[at] = byte;
      // White space between values is all that may differ.
      let other: Overrides | null = null;
      try {
        other = parseOverrides(bytes.toString());
      } catch {}
      if (other !== null) expect(other).toEqual(overrides);
    }),
  );
});

test('edits are all or none, count a revision when they change something, and clearing takes back', () => {
  fc.assert(
    fc.property(edits, (changes) => {
      let overrides = NO_OVERRIDES;
      for (const each of changes) {
        const result = edited(overrides, each, { by: 'test', nowMs: 5 });
        if (!result.ok) {
          expect(overrides.rows.has(overrideId(result.error)) || each.some((one) => 'set' in one)).toBe(true);
          continue;
        }
        const same = result.value === overrides;
        expect(result.value.revision).toBe(overrides.revision + (same ? 0 : 1));
        overrides = result.value;
        expect(edited(overrides, [], { by: 'test', nowMs: 6 })).toEqual({ ok: true, value: overrides });
      }
      const all = [...overrides.rows.keys()].map((clear) => ({ clear }));
      const none = edited(overrides, all, { by: 'test', nowMs: 7 });
      expect(none.ok && none.value.rows.size).toBe(0);
      expect(withoutExpired(overrides, Number.MAX_SAFE_INTEGER)).toBe(overrides);
    }),
  );
});
