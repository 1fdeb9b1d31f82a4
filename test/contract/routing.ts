import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Route, RoutingRule } from '../../src/model/instance.ts';
import type { NetOp, RoutingOp } from '../../src/model/op.ts';
import type { NetPort } from '../../src/model/ports.ts';

/** What the daemon relies on in a kernel's routes and rules. Runs over the fake and over Linux. */

export interface RoutingUnderTest {
  readonly net: NetPort;
  /** A link that is up, with 10.77.5.1/24 and 2001:db8:77:5::1/64. */
  readonly link: string;
  /** Somebody else makes a route, or a rule. */
  foreignRoute(route: Route): void;
  foreignRule(rule: RoutingRule): void;
  cleanup(): void;
}

const why = 'contract';

export function routingContract(name: string, open: () => Promise<RoutingUnderTest>): void {
  describe(`routes and rules of ${name}`, () => {
    let kernel: RoutingUnderTest;
    let net: NetPort;
    beforeEach(async () => {
      kernel = await open();
      net = kernel.net;
    });
    afterEach(() => kernel.cleanup());

    const codes = async (...ops: readonly NetOp[]) => (await net.apply(ops)).map((r) => r.failure?.code ?? null);
    const add = (route: Route, replaces: Route | null = null): RoutingOp => ({
      kind: 'add-route',
      route,
      replaces,
      why,
    });
    const remove = (route: Route): RoutingOp => ({ kind: 'delete-route', route, why });
    const addRule = (rule: RoutingRule): RoutingOp => ({ kind: 'add-rule', rule, why });
    const removeRule = (rule: RoutingRule): RoutingOp => ({ kind: 'delete-rule', rule, why });

    const four = (change: Partial<Route> = {}): Route => ({
      family: 'inet',
      to: { address: '10.99.0.0', prefix: 16 },
      via: null,
      interface: kernel.link,
      source: null,
      table: 254,
      metric: 0,
      ...change,
    });
    const six = (change: Partial<Route> = {}): Route => ({
      ...four(),
      family: 'inet6',
      to: { address: '2001:db8:99::', prefix: 48 },
      metric: 1024,
      ...change,
    });
    const ROUTES: readonly (readonly [string, () => Route])[] = [
      ['IPv4 on the link', () => four()],
      ['IPv4 with all', () => four({ via: '10.77.5.2', source: '10.77.5.1', table: 1000, metric: 50 })],
      ['IPv4 default', () => four({ to: null, via: '10.77.5.2', metric: 7 })],
      ['IPv4 half of all', () => four({ to: { address: '0.0.0.0', prefix: 1 } })],
      ['IPv6 on the link', () => six()],
      ['IPv6 with all', () => six({ via: '2001:db8:77:5::2', source: '2001:db8:77:5::1', table: 1000, metric: 50 })],
      ['IPv6 default', () => six({ to: null, via: '2001:db8:77:5::2', table: 200 })],
      ['IPv6 half of all', () => six({ to: { address: '::', prefix: 1 } })],
    ];

    test.each(ROUTES)('%s: comes, is listed as ours, and goes', async (_, make) => {
      const route = make();
      expect(await codes(remove(route))).toEqual(['route-missing']);
      expect(await codes(add(route))).toEqual([null]);
      expect(await net.routes()).toEqual([route]);
      expect(await codes(add(route))).toEqual(['route-exists']);
      expect(await codes(remove(route))).toEqual([null]);
      expect(await net.routes()).toEqual([]);
    });

    test.each([
      ['inet', () => four({ via: '10.77.5.2' }), () => four({ via: '10.77.5.3' })],
      ['inet6', () => six({ via: '2001:db8:77:5::2' }), () => six({ via: '2001:db8:77:5::3' })],
    ] as const)('%s: a route becomes another in one go', async (_, makeOne, makeOther) => {
      const [one, other] = [makeOne(), makeOther()];
      await codes(add(one));
      expect(await codes(add(other))).toEqual(['route-exists']);
      expect(await codes(add(other, one))).toEqual([null]);
      expect(await net.routes()).toEqual([other]);
      expect(await codes(remove(one), remove(other))).toEqual(['route-missing', null]);
    });

    test('the kernel chooses the interface by the next hop', async () => {
      expect(await codes(add(four({ via: '10.77.5.2', interface: null })))).toEqual([null]);
      expect(await net.routes()).toEqual([four({ via: '10.77.5.2' })]);
      await codes(remove(four({ via: '10.77.5.2', interface: null })));
      expect(await net.routes()).toEqual([]);
    });

    test('networks, tables and metrics tell routes apart', async () => {
      const routes = [
        four(),
        four({ metric: 5 }),
        four({ table: 100 }),
        four({ to: { address: '10.99.0.0', prefix: 17 } }),
      ];
      expect(await codes(...routes.map((route) => add(route)))).toEqual([null, null, null, null]);
      expect(await net.routes()).toHaveLength(4);
      expect(await codes(remove(four({ metric: 5 })))).toEqual([null]);
      expect(await net.routes()).toHaveLength(3);
      await codes(...routes.map(remove));
    });

    test('an interface that is not there, a source that is not ours, a text that is no address', async () => {
      expect(
        await codes(
          add(four({ interface: 'nosuch0' })),
          add(four({ source: '10.77.5.9' })),
          add(six({ source: '2001:db8:77:5::9' })),
        ),
      ).toEqual(['link-missing', 'invalid', 'invalid']);
      expect(await net.routes()).toEqual([]);
    });

    test('addresses and routes of one batch keep their order', async () => {
      const address = { interface: kernel.link, address: '10.77.5.100', prefix: 32 };
      const route = four({ source: '10.77.5.100' });
      expect(
        await codes(
          { kind: 'add-address', address, why },
          add(route),
          remove(route),
          { kind: 'delete-address', address, why },
          add(route),
        ),
      ).toEqual([null, null, null, null, 'invalid']);
    });

    test("others' routes are not listed, not taken over and not deleted", async () => {
      kernel.foreignRoute(four());
      expect(await net.routes()).toEqual([]);
      expect(await codes(add(four()))).toEqual(['route-exists']);
      expect(await codes(remove(four()))).toEqual(['route-missing']);
    });

    const RULES: readonly RoutingRule[] = [
      {
        family: 'inet',
        from: { address: '10.77.5.0', prefix: 24 },
        to: { address: '10.98.0.0', prefix: 16 },
        interface: 'eth9',
        mark: 77,
        table: 1000,
        priority: 12_000,
      },
      { family: 'inet', from: null, to: null, interface: null, mark: null, table: 100, priority: 12_001 },
      {
        family: 'inet6',
        from: { address: '2001:db8:77:5::', prefix: 64 },
        to: null,
        interface: null,
        mark: 4_294_967_295,
        table: 100_000,
        priority: 12_000,
      },
    ];

    test.each(RULES)('a rule comes, is listed as ours, and goes: %j', async (rule) => {
      expect(await codes(removeRule(rule))).toEqual(['rule-missing']);
      expect(await codes(addRule(rule))).toEqual([null]);
      expect(await net.rules()).toEqual([rule]);
      expect(await codes(addRule(rule))).toEqual(['rule-exists']);
      expect(await codes(removeRule(rule))).toEqual([null]);
      expect(await net.rules()).toEqual([]);
    });

    test("others' rules are not listed, stand in no way and are not deleted", async () => {
      const rule: RoutingRule = {
        family: 'inet',
        from: { address: '10.77.5.0', prefix: 24 },
        to: null,
        interface: null,
        mark: null,
        table: 100,
        priority: 12_000,
      };
      kernel.foreignRule(rule);
      expect(await net.rules()).toEqual([]);
      expect(await codes(removeRule(rule))).toEqual(['rule-missing']);
      expect(await codes(addRule(rule), removeRule(rule), removeRule(rule))).toEqual([null, null, 'rule-missing']);
    });
  });
}
