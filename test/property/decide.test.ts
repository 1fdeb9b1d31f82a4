import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { canonicalAddress, familyOf } from '../../src/base/ip.ts';
import { inCanonicalOrder } from '../../src/decide/canonical.ts';
import { desire } from '../../src/decide/desire.ts';
import { linger, nothingLingers } from '../../src/decide/drain.ts';
import { gate } from '../../src/decide/gate.ts';
import { plan } from '../../src/decide/plan.ts';
import { addressKey, ownedAfter, ownedDuring, type Policy } from '../../src/decide/policy.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';
import type { Target, TargetDestination } from '../../src/model/desired.ts';
import { NO_OVERRIDES } from '../../src/model/override.ts';
import { compareDestinations, serviceFamily, serviceKey } from '../../src/model/service.ts';
import { arbConfig, arbDump, arbGated, arbSituation, arbTarget, dumpOf, shuffled } from '../support/arbitrary.ts';

const RUNS = { numRuns: 300 };
// Many runs, and perhaps a busy machine.
vi.setConfig({ testTimeout: 120_000 });
const nobody: Policy = { owned: new Set(), ownedAddresses: new Set(), ownedDaemons: new Set(), exclusive: false };

test('one changed weight is exactly one operation', () => {
  const arb = arbTarget
    .filter((target) => target.services.some((s) => s.destinations.some((d) => d.destination.weight > 0)))
    .chain((target) => {
      const places = target.services.flatMap((s, service) =>
        s.destinations.flatMap((d, server) => (d.destination.weight > 0 ? [{ service, server }] : [])),
      );
      return fc.record({
        target: fc.constant(target),
        place: fc.constantFrom(...places),
        weight: fc.integer({ min: 3, max: 99 }),
      });
    });
  fc.assert(
    fc.property(arb, ({ target, place, weight }) => {
      const services = target.services.map((s, i) => ({
        ...s,
        destinations: s.destinations.map((d, j) =>
          i === place.service && j === place.server ? { ...d, destination: { ...d.destination, weight } } : d,
        ),
      }));
      const { ops } = plan({ ...target, services }, dumpOf(target), nobody);
      expect(ops).toMatchObject([{ kind: 'set-destination', destination: { weight } }]);
    }),
    RUNS,
  );
});

test('the order of services and servers in the file does not change the plan', () => {
  const arb = arbConfig.chain((config) =>
    fc
      .tuple(...config.services.map((s) => shuffled(s.servers).map((servers) => ({ ...s, servers }))))
      .chain((services) => shuffled(services).map((mixed) => ({ config, other: { ...config, services: mixed } }))),
  );
  const empty = { services: [], addresses: [], sysctls: {}, daemons: [], routes: [], rules: [] };
  fc.assert(
    fc.property(arb, ({ config, other }) => {
      const [one, two] = [config, other].map((c) => plan(gate(desire(c, NO_OVERRIDES, 1), new Map()), empty, nobody));
      expect(two).toEqual(one);
    }),
    RUNS,
  );
});

test('the fallback is in the table exactly while no server takes connections', () => {
  const isFallback = (d: TargetDestination): boolean => /(^|:)99$|\.99$/.test(d.destination.address);
  fc.assert(
    fc.property(arbGated, ({ desired, target }) => {
      for (const { name, service, destinations } of target.services) {
        const fallback = desired.services.find((s) => s.name === name)?.fallback;
        const fits =
          fallback != null &&
          (fallback.forward === 'tunnel' || familyOf(fallback.address) === serviceFamily(service.id));
        const served = destinations.some((d) => d.destination.weight > 0 && !isFallback(d));
        expect(destinations.some(isFallback)).toBe(fits && !served);
      }
    }),
    RUNS,
  );
});

test('list order is mended with the fewest moves, and only where a scheduler reads it', () => {
  const names = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
  const arb = fc.record({
    scheduler: fc.constantFrom('mh', 'wlc'),
    wanted: fc.subarray(names, { minLength: 1 }),
    held: fc.shuffledSubarray(names),
  });
  fc.assert(
    fc.property(arb, ({ scheduler, wanted, held }) => {
      const [target, present] = [wanted, held].map((list) => targetOf(scheduler, list));
      if (!target || !present) return;
      const moves = plan(target, dumpOf(present), nobody).ops.filter((op) => op.kind === 'move-destination');
      const staying = held.filter((name) => wanted.includes(name));
      const sets = subsets(staying).filter((set) => ordered(wanted, staying, set));
      const fewest = Math.min(...sets.map((set) => set.length));
      expect(moves).toHaveLength(scheduler === 'mh' ? fewest : 0);
    }),
    RUNS,
  );
});

function subsets(list: readonly string[]): string[][] {
  const [first, ...rest] = list;
  if (first === undefined) return [[]];
  const smaller = subsets(rest);
  return [...smaller, ...smaller.map((set) => [first, ...set])];
}

/** Whether adding what is missing and moving this set, in the best order, can give the wanted list: newcomers come first. */
function ordered(wanted: readonly string[], held: readonly string[], moved: readonly string[]): boolean {
  const rest = held.filter((name) => !moved.includes(name));
  const front = wanted.slice(0, wanted.length - rest.length);
  return JSON.stringify([...front, ...rest]) === JSON.stringify(wanted);
}

function targetOf(scheduler: string, addresses: readonly string[]): Target {
  const destinations = addresses.map((address) => ({
    destination: {
      address,
      port: 80,
      forward: 'dr',
      weight: 1,
      upperThreshold: 0,
      lowerThreshold: 0,
      tunnel: null,
    } as const,
    server: address,
    why: 'up',
  }));
  const id = { kind: 'fwmark', mark: 1, family: 'inet' } as const;
  const service = { id, scheduler, schedulerFlags: 0, onePacket: false, persistence: null, netmask: '255.255.255.255' };
  return {
    revision: 1,
    services: [{ name: 'web', service, destinations, withheld: {} }],
    addresses: [],
    sysctls: {},
    daemons: [],
    elected: [],
    routes: [],
    rules: [],
  };
}

test('every destination and everything held back has a reason', () => {
  fc.assert(
    fc.property(arbGated, ({ target }) => {
      for (const { destinations, withheld } of target.services) {
        for (const { why } of destinations) expect(why).not.toMatch(/^$|undefined/);
        for (const why of Object.values(withheld)) expect(why).not.toMatch(/^$|undefined/);
      }
    }),
    RUNS,
  );
});

test('every operation and every note says why, in whole words', () => {
  fc.assert(
    fc.property(arbSituation, ({ target, dump, policy }) => {
      const { ops, notes } = plan(target, dump, policy);
      for (const text of [...ops.map((op) => op.why), ...notes]) expect(text).not.toMatch(/^$|undefined|null|object/);
    }),
    RUNS,
  );
});

test('what lingers is remembered only while the kernel has it', () => {
  const arb = arbGated.chain((gated) => arbDump(gated.target).map((dump) => ({ ...gated, dump })));
  fc.assert(
    fc.property(arb, ({ desired, target, dump }) => {
      const { state } = linger(target, desired, dump, new Map([['tcp://192.0.2.1:1 192.0.2.2:2', 5]]), 10);
      const held = dump.services.reduce((sum, s) => sum + s.destinations.length, 0);
      expect(state.size).toBeLessThanOrEqual(held);
      expect(state.has('tcp://192.0.2.1:1 192.0.2.2:2')).toBe(false);
      const empty = { services: [], addresses: [], sysctls: {}, daemons: [], routes: [], rules: [] };
      expect(linger(target, desired, empty, state, 20)).toEqual({ target, state: nothingLingers, wakeAtMs: null });
    }),
    RUNS,
  );
});

test('a crash anywhere in a plan leaves no object of ours that is not remembered', () => {
  fc.assert(
    fc.property(arbSituation, fc.nat(40), ({ target, dump, policy }, cut) => {
      const kernel = new FakeKernel();
      kernel.load(dump);
      const change = plan(target, dump, policy);
      const during = ownedDuring(target, policy, change);
      const before = new Set(dump.services.map((s) => serviceKey(s.service.id)));
      const beforeAddresses = new Set(dump.addresses.map(addressKey));
      for (const op of change.ops.slice(0, cut)) kernel.applyOne(op);
      const made = kernel
        .state()
        .services.map((s) => serviceKey(s.service.id))
        .filter((key) => !before.has(key));
      for (const key of made) expect(during.services.has(key)).toBe(true);
      const added = kernel
        .state()
        .addresses.map(addressKey)
        .filter((key) => !beforeAddresses.has(key));
      for (const key of added) expect(during.addresses.has(key)).toBe(true);
      const after = ownedAfter(target, policy, change);
      for (const key of after.services) expect(during.services.has(key)).toBe(true);
      for (const key of after.addresses) expect(during.addresses.has(key)).toBe(true);
    }),
    RUNS,
  );
});

test('the fast order is the canonical order', () => {
  const arbAddress = fc
    .oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('10.0.0.9', '10.0.0.10', '9.0.0.1', '::1', '2001:db8::9', '2001:db8::10'),
    )
    .map((text) => canonicalAddress(text) ?? '10.0.0.1');
  const arbIdentity = fc.record({ address: arbAddress, port: fc.nat(65535) });
  fc.assert(
    fc.property(fc.array(arbIdentity, { maxLength: 20 }), (list) => {
      expect(inCanonicalOrder(list, (d) => d)).toEqual(list.toSorted(compareDestinations));
    }),
    RUNS,
  );
});
