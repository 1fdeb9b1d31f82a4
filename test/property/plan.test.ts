import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { linger, nothingLingers } from '../../src/decide/drain.ts';
import { gate } from '../../src/decide/gate.ts';
import { plan } from '../../src/decide/plan.ts';
import { addressKey, ownedAfter, ownedDuring, ownsAddress, type Policy } from '../../src/decide/policy.ts';
import { removal } from '../../src/decide/removal.ts';
import { undo } from '../../src/decide/undo.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';
import { EMPTY_TARGET, type Target } from '../../src/model/desired.ts';
import type { InterfaceAddress, KernelDump, ObservedService } from '../../src/model/observed.ts';
import type { Op } from '../../src/model/op.ts';
import { routeFits, routeInWords, ruleKey } from '../../src/model/routing.ts';
import { schedulerRow } from '../../src/model/schedulers.ts';
import {
  compareDestinations,
  type Destination,
  destinationKey,
  sameDestinationSettings,
  sameServiceSettings,
  serviceKey,
  settingsOf,
} from '../../src/model/service.ts';
import { fulfils, syncDaemonKey } from '../../src/model/sync.ts';
import { sameSysctl } from '../../src/model/sysctls.ts';
import {
  arbDump,
  arbGated,
  arbPolicy,
  arbSituation,
  arbTarget,
  dumpOf,
  type Situation,
  shuffled,
} from '../support/arbitrary.ts';

const RUNS = { numRuns: 300 };
// Many runs, and perhaps a busy machine.
vi.setConfig({ testTimeout: 120_000 });
const nobody: Policy = { owned: new Set(), ownedAddresses: new Set(), ownedDaemons: new Set(), exclusive: false };

function loaded(dump: KernelDump): FakeKernel {
  const kernel = new FakeKernel();
  kernel.load(dump);
  return kernel;
}

const refusals = (kernel: FakeKernel, ops: readonly Op[]) =>
  ops.map((op) => kernel.applyOne(op).failure).filter((f) => f);
const servicesOf = (dump: KernelDump) => new Map(dump.services.map((s) => [serviceKey(s.service.id), s]));
const holder = (a: InterfaceAddress) => `${a.interface} ${a.address}`;
const isFree = (list: readonly Destination[]): boolean => list.some((d) => d.weight > 0);

/** All that differs between one service of the target and the kernel's. */
function serviceFaults(wanted: Target['services'][number], held: ObservedService | undefined): string[] {
  const key = serviceKey(wanted.service.id);
  if (!held) return [`${key} is missing`];
  const faults: string[] = [];
  if (!sameServiceSettings(wanted.service, held.service)) faults.push(`${key} has other settings`);
  const list = new Map(held.destinations.map((d) => [destinationKey(d), d]));
  for (const { destination } of wanted.destinations) {
    const present = list.get(destinationKey(destination));
    if (!present || !sameDestinationSettings(destination, present))
      faults.push(`${key} ${destinationKey(destination)} differs`);
  }
  return faults;
}

test('a kernel that is as the target wants it needs no change', () => {
  fc.assert(
    fc.property(arbTarget, (target) => {
      expect(plan(target, dumpOf(target), nobody).ops).toEqual([]);
    }),
    RUNS,
  );
});

test('after the plan was applied, all that is ours is as the target wants it, and no operation failed', () => {
  fc.assert(
    fc.property(arbSituation, ({ target, dump, policy }) => {
      const kernel = loaded(dump);
      const { ops, notes } = plan(target, dump, policy);
      expect(refusals(kernel, ops)).toEqual([]);
      const after = kernel.state();
      for (const wanted of target.daemons) {
        const waits = notes.some((note) => note.startsWith(`sync ${wanted.state} waits`));
        expect(after.daemons.some((present) => fulfils(present, wanted))).toBe(!waits);
      }
      const held = servicesOf(after);
      for (const wanted of target.services) {
        const key = serviceKey(wanted.service.id);
        expect(serviceFaults(wanted, held.get(key))).toEqual([]);
        const order = (held.get(key)?.destinations ?? []).map(destinationKey);
        const canonical = wanted.destinations.map((d) => destinationKey(d.destination));
        if (schedulerRow(wanted.service.scheduler)?.orderMatters) expect(order).toEqual(canonical);
        else expect(order.toSorted()).toEqual(canonical.toSorted());
      }
      const keys = new Set(target.services.map((s) => serviceKey(s.service.id)));
      for (const key of held.keys()) expect(keys.has(key) || (!policy.exclusive && !policy.owned.has(key))).toBe(true);
      for (const wanted of target.addresses) expect(after.addresses.map(holder)).toContain(holder(wanted));
      expect(after.routes.filter((route) => !target.routes.some((wanted) => routeFits(wanted, route)))).toEqual([]);
      expect(after.routes).toHaveLength(target.routes.length);
      expect(after.rules.map(ruleKey).toSorted()).toEqual(target.rules.map(ruleKey).toSorted());
      const holders = new Map(target.addresses.map((a) => [holder(a), a]));
      for (const address of after.addresses.filter((a) => ownsAddress(policy, a)))
        expect(holders.get(holder(address))?.prefix).toBe(address.prefix);
      for (const [name, value] of Object.entries(target.sysctls)) {
        const present = after.sysctls[name];
        if (present !== undefined) expect(sameSysctl(name, value, present)).toBe(true);
      }
    }),
    RUNS,
  );
});

test('what was applied needs no second plan', () => {
  fc.assert(
    fc.property(arbSituation, ({ target, dump, policy }) => {
      const kernel = loaded(dump);
      const first = plan(target, dump, policy);
      refusals(kernel, first.ops);
      const { services, addresses, daemons } = ownedAfter(target, policy, first);
      const later: Policy = { ...policy, owned: services, ownedAddresses: addresses, ownedDaemons: daemons };
      expect(plan(target, kernel.state(), later).ops).toEqual([]);
    }),
    RUNS,
  );
});

test('services, addresses and sync daemons that are not ours stay exactly as they were', () => {
  fc.assert(
    fc.property(arbSituation, ({ target, dump, policy: { exclusive: _, ...rest } }) => {
      const policy: Policy = { ...rest, exclusive: false };
      const kernel = loaded(dump);
      refusals(kernel, plan(target, dump, policy).ops);
      const keys = new Set(target.services.map((s) => serviceKey(s.service.id)));
      const isForeign = (s: ObservedService) =>
        !keys.has(serviceKey(s.service.id)) && !policy.owned.has(serviceKey(s.service.id));
      const after = kernel.state();
      expect(after.services.filter(isForeign)).toEqual(dump.services.filter(isForeign));
      const strangers = dump.addresses.filter((a) => !ownsAddress(policy, a));
      for (const address of strangers) expect(after.addresses).toContainEqual(address);
      const named = new Set(target.daemons.map(({ state }) => state));
      const foreign = dump.daemons.filter((d) => !named.has(d.state) && !policy.ownedDaemons.has(syncDaemonKey(d)));
      for (const daemon of foreign) expect(after.daemons).toContainEqual(daemon);
    }),
    RUNS,
  );
});

const arbPermuted: fc.Arbitrary<{ one: Situation; other: Situation }> = arbSituation.chain((one) =>
  fc
    .record({
      services: fc.tuple(
        ...one.target.services.map((s) => shuffled(s.destinations).map((destinations) => ({ ...s, destinations }))),
      ),
      dumped: shuffled(one.dump.services),
      addresses: shuffled(one.target.addresses),
      held: shuffled(one.dump.addresses),
      routes: shuffled(one.target.routes),
      rules: shuffled(one.target.rules),
      present: shuffled(one.dump.routes),
    })
    .chain(({ services, dumped, addresses, held, routes, rules, present }) =>
      shuffled(services).map((mixed) => ({
        one,
        other: {
          policy: one.policy,
          target: { ...one.target, services: mixed, addresses, routes, rules },
          dump: { ...one.dump, services: dumped, addresses: held, routes: present },
        },
      })),
    ),
);

test('the order in which services, destinations and addresses come does not change the plan', () => {
  fc.assert(
    fc.property(arbPermuted, ({ one, other }) => {
      expect(plan(other.target, other.dump, other.policy)).toEqual(plan(one.target, one.dump, one.policy));
    }),
    RUNS,
  );
});

test('every prefix of a plan is safe to stop at', () => {
  fc.assert(
    fc.property(arbSituation, ({ target, dump, policy }) => {
      const kernel = loaded(dump);
      const before = servicesOf(dump);
      const { ops } = plan(target, dump, policy);
      for (const op of ops) {
        const held = servicesOf(kernel.state());
        if (op.kind === 'add-address') {
          for (const wanted of target.services)
            expect(serviceFaults(wanted, held.get(serviceKey(wanted.service.id)))).toEqual([]);
        }
        if (op.kind === 'delete-destination') {
          const list = held.get(serviceKey(op.id))?.destinations ?? [];
          expect(list.find((d) => destinationKey(d) === destinationKey(op.destination))?.weight).toBe(0);
        }
        kernel.applyOne(op);
        const now = servicesOf(kernel.state());
        for (const { service, destinations } of target.services) {
          const key = serviceKey(service.id);
          const served = isFree(before.get(key)?.destinations ?? []) && isFree(destinations.map((d) => d.destination));
          if (served) expect(isFree(now.get(key)?.destinations ?? [])).toBe(true);
        }
      }
    }),
    RUNS,
  );
});

test('any small list becomes any other, exactly, and never stands empty in between', () => {
  const service = {
    id: { kind: 'fwmark', mark: 1, family: 'inet' },
    scheduler: 'mh',
    schedulerFlags: 0,
    onePacket: false,
    persistence: null,
    netmask: '255.255.255.255',
  } as const;
  const rest = { forward: 'nat', upperThreshold: 0, lowerThreshold: 0, tunnel: null } as const;
  const arbList = fc.uniqueArray(
    fc
      .record({ address: fc.constantFrom('10.0.0.1', '10.0.0.2'), port: fc.constantFrom(1, 2), weight: fc.nat(1) })
      .map((d): Destination => ({ ...d, ...rest })),
    { selector: destinationKey },
  );
  fc.assert(
    fc.property(arbList, arbList, (from, to) => {
      const destinations = to
        .toSorted(compareDestinations)
        .map((destination) => ({ destination, server: 'r', why: 'up' }));
      const target = { ...EMPTY_TARGET, services: [{ name: 'web', service, destinations, withheld: {} }] };
      const before = from.map((destination) => ({ destination, server: 'r', why: 'up' }));
      const kernel = loaded(
        dumpOf({ ...target, services: [{ name: 'web', service, destinations: before, withheld: {} }] }),
      );
      const list = (): Destination[] =>
        kernel
          .state()
          .services.flatMap((s) => s.destinations)
          .map(settingsOf);
      for (const op of plan(target, kernel.state(), nobody).ops) {
        kernel.applyOne(op);
        if (isFree(from) && isFree(to)) expect(isFree(list())).toBe(true);
      }
      expect(list()).toEqual(destinations.map((d) => d.destination));
    }),
    { numRuns: 2000 },
  );
});

test('a plan that is cut short anywhere and made anew ends in the same state', () => {
  fc.assert(
    fc.property(arbSituation, fc.nat(40), ({ target, dump, policy }, cut) => {
      const kernel = loaded(dump);
      const first = plan(target, dump, policy);
      refusals(kernel, first.ops.slice(0, cut));
      const later: Policy = { ...policy, ownedDaemons: ownedDuring(target, policy, first).daemons };
      const rest = plan(target, kernel.state(), later);
      expect(refusals(kernel, rest.ops)).toEqual([]);
      expect(plan(target, kernel.state(), later).ops).toEqual([]);
    }),
    RUNS,
  );
});

test('a hash scheduler never refuses the clients of a server that stays in the table at weight 0', () => {
  const arb = arbGated.chain(({ target }) => arbDump(target).map((dump) => ({ target, dump })));
  fc.assert(
    fc.property(arb, ({ target, dump }) => {
      const staying = new Map(
        target.services.map((s) => [
          serviceKey(s.service.id),
          s.destinations.map((d) => destinationKey(d.destination)),
        ]),
      );
      // Which server a client gets while the scheduler itself changes is nobody's promise.
      const scheduler = new Map(
        dump.services
          .map((s) => [serviceKey(s.service.id), s.service.scheduler])
          .filter(([key, name]) =>
            target.services.some((t) => serviceKey(t.service.id) === key && t.service.scheduler === name),
          ) as [string, string][],
      );
      const refused = (state: KernelDump): string[] =>
        state.services.flatMap(({ service, destinations }) => {
          const key = serviceKey(service.id);
          if (scheduler.get(key) !== service.scheduler) return [];
          if (!['sh', 'mh'].includes(service.scheduler) || (service.schedulerFlags & 1) !== 0) return [];
          const closed = destinations.filter((d) => d.weight === 0).map(destinationKey);
          return closed.filter((d) => staying.get(key)?.includes(d)).map((d) => `${key} ${d}`);
        });
      const kernel = loaded(dump);
      const refusedBefore = new Set(refused(dump));
      for (const op of plan(target, dump, nobody).ops) {
        kernel.applyOne(op);
        expect(refused(kernel.state()).filter((place) => !refusedBefore.has(place))).toEqual([]);
      }
    }),
    RUNS,
  );
});

test('removal takes away all that is ours and nothing else', () => {
  fc.assert(
    fc.property(arbSituation, ({ dump, policy }) => {
      const kernel = loaded(dump);
      expect(refusals(kernel, removal(dump, policy).ops)).toEqual([]);
      const isOurs = (s: ObservedService) => policy.exclusive || policy.owned.has(serviceKey(s.service.id));
      const after = kernel.state();
      expect(after.services).toEqual(dump.services.filter((s) => !isOurs(s)));
      expect(after.addresses).toEqual(dump.addresses.filter((a) => !ownsAddress(policy, a)));
      expect(after.daemons).toEqual(dump.daemons.filter((d) => !policy.ownedDaemons.has(syncDaemonKey(d))));
      expect([after.routes, after.rules]).toEqual([[], []]);
    }),
    RUNS,
  );
});

test('undo brings a half-applied plan back to what was there', () => {
  const sorted = (dump: KernelDump) => ({
    services: dump.services.toSorted((a, b) => (serviceKey(a.service.id) < serviceKey(b.service.id) ? -1 : 1)),
    addresses: dump.addresses.map(addressKey).toSorted(),
    sysctls: dump.sysctls,
    daemons: dump.daemons,
    routes: dump.routes.map(routeInWords).toSorted(),
    rules: dump.rules.map(ruleKey).toSorted(),
  });
  fc.assert(
    fc.property(arbSituation, fc.nat(40), ({ target, dump, policy }, cut) => {
      const kernel = loaded(dump);
      const done = plan(target, dump, policy).ops.slice(0, cut);
      refusals(kernel, done);
      expect(refusals(kernel, undo(done, dump))).toEqual([]);
      const settings = (state: KernelDump) => {
        const { services, ...rest } = sorted(state);
        return {
          ...rest,
          services: services.map((s) => ({
            service: s.service,
            destinations: s.destinations.map(({ stats: _, ...d }) => d),
          })),
        };
      };
      expect(settings(kernel.state())).toEqual(settings(dump));
    }),
    RUNS,
  );
});

test('from file to kernel: whatever health says, the line through the house settles and then stands still', () => {
  const arb = arbGated.chain((gated) =>
    arbDump(gated.target).chain((dump) => arbPolicy(dump).map((policy) => ({ ...gated, dump, policy }))),
  );
  fc.assert(
    fc.property(arb, ({ desired, verdicts, dump, policy }) => {
      const kernel = loaded(dump);
      let state = nothingLingers;
      let rounds = 0;
      let wakeAtMs: number | null = 0;
      while (wakeAtMs !== null && rounds++ < 100) {
        const kept = linger(gate(desired, verdicts), desired, kernel.state(), state, wakeAtMs);
        expect(refusals(kernel, plan(kept.target, kernel.state(), policy).ops)).toEqual([]);
        expect(plan(kept.target, kernel.state(), policy).ops).toEqual([]);
        ({ state, wakeAtMs } = kept);
      }
      expect(wakeAtMs).toBe(null);
      expect(plan(gate(desired, verdicts), kernel.state(), policy).ops).toEqual([]);
    }),
    RUNS,
  );
});
