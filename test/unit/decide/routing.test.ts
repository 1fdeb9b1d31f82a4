import { describe, expect, test } from 'vitest';
import { networkAddress } from '../../../src/base/ip.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { desire } from '../../../src/decide/desire.ts';
import { explainPlan } from '../../../src/decide/explain.ts';
import { gate } from '../../../src/decide/gate.ts';
import { plan } from '../../../src/decide/plan.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import type { Target } from '../../../src/model/desired.ts';
import type { Route, RoutingRule } from '../../../src/model/instance.ts';
import { NO_OVERRIDES } from '../../../src/model/override.ts';
import { routeInWords, ruleKey } from '../../../src/model/routing.ts';
import type { VrrpState } from '../../../src/model/vrrp.ts';
import { emptyDump, nobody } from '../../support/decide.ts';
import { instancesOf } from '../../support/instances.ts';

const routesOf = (...routes: readonly Record<string, unknown>[]): readonly Route[] =>
  instancesOf({ routes })[0]?.routes ?? [];

describe('a route of the file', () => {
  test.each([
    [{ to: 'default', via: '10.0.0.1' }, 'default via 10.0.0.1'],
    [{ to: '0.0.0.0/0' }, 'default dev eth0'],
    [{ to: '10.1.2.3/16', table: 100, metric: 5 }, '10.1.0.0/16 dev eth0 table 100 metric 5'],
    [{ to: '2001:db8:1::9/48', via: '2001:db8::1' }, '2001:db8:1::/48 via 2001:db8::1 metric 1024'],
    [{ to: '2001:db8:1::/48', metric: 7, interface: 'wan' }, '2001:db8:1::/48 dev wan metric 7'],
  ])('%j is wanted as the kernel will tell of it', (written, words) => {
    expect(routesOf(written).map(routeInWords)).toEqual([words]);
  });

  test('default is of the family of its next hop, or of the instance', () => {
    const routes = routesOf({ to: 'default', via: '2001:db8::1' }, { to: 'default' });
    expect(routes.map(({ family }) => family)).toEqual(['inet6', 'inet']);
  });

  test.each([
    ['10.1.2.3', 0, '0.0.0.0'],
    ['10.1.2.3', 1, '0.0.0.0'],
    ['10.255.2.3', 13, '10.248.0.0'],
    ['10.1.2.3', 32, '10.1.2.3'],
    ['2001:db8:ffff::1', 33, '2001:db8:8000::'],
    ['2001:db8::ff', 125, '2001:db8::f8'],
  ])('%s/%i lies in the network %s', (address, prefix, network) => {
    expect(networkAddress(address, prefix)).toBe(network);
  });
});

test('a rule of the file', () => {
  const rules = [
    { from: '10.0.0.7/24', mark: 7, table: 100, priority: 1000 },
    { to: '2001:db8::/32', interface: 'eth1', table: 100, priority: 1001 },
  ];
  expect(instancesOf({ rules })[0]?.rules.map(ruleKey)).toEqual([
    '1000: inet from 10.0.0.0/24 fwmark 7 lookup 100',
    '1001: inet6 from all to 2001:db8::/32 iif eth1 lookup 100',
  ]);
});

describe('from role to kernel', () => {
  const shared = { to: '10.8.0.0/16', via: '10.0.0.1', interface: 'eth0' };
  const config = configSchema.parse({
    instances: [
      {
        name: 'a',
        interface: 'eth0',
        vrid: 1,
        addresses: ['10.0.0.100/24'],
        routes: [shared, { to: 'default', via: '10.0.0.1', interface: 'eth0' }],
        rules: [{ from: '10.0.0.0/24', table: 100, priority: 1000 }],
      },
      { name: 'b', interface: 'eth0', vrid: 2, addresses: ['10.0.0.101/24'], routes: [shared] },
    ],
  });
  const desired = desire(config, NO_OVERRIDES, 1);
  const target = (roles: Readonly<Record<string, VrrpState>>): Target =>
    gate(desired, new Map(), new Map(Object.entries(roles)));
  const bring = (kernel: FakeKernel, wanted: Target): string[] => {
    const { ops } = plan(wanted, kernel.state(), nobody);
    expect(ops.map((op) => kernel.applyOne(op).failure)).toEqual(ops.map(() => null));
    return ops.map(({ kind, why }) => `${kind}: ${why}`);
  };

  test('they come with the role and go with the last instance that wants them', () => {
    const kernel = new FakeKernel();
    expect(bring(kernel, target({}))).toEqual([]);
    expect(bring(kernel, target({ a: 'master', b: 'master' }))).toEqual([
      'add-route: route 10.8.0.0/16 via 10.0.0.1 dev eth0 belongs to an instance that is master',
      'add-route: route default via 10.0.0.1 dev eth0 belongs to an instance that is master',
      'add-rule: rule 1000: inet from 10.0.0.0/24 lookup 100 belongs to an instance that is master',
    ]);
    expect(bring(kernel, target({ a: 'backup', b: 'master' }))).toEqual([
      'delete-rule: rule 1000: inet from 10.0.0.0/24 lookup 100 belongs to no instance that is master',
      'delete-route: route default via 10.0.0.1 dev eth0 belongs to no instance that is master',
    ]);
    expect(bring(kernel, target({ a: 'fault', b: 'fault' }))).toHaveLength(1);
    expect(kernel.state().routes).toEqual([]);
  });

  test('a route that differs is replaced; of two for one network the first in order is taken, and told', () => {
    const kernel = new FakeKernel();
    const [route] = routesOf({ to: '10.8.0.0/16', via: '10.0.0.9' });
    const one = { ...target({}), routes: route ? [route] : [] };
    bring(kernel, one);
    expect(bring(kernel, target({ b: 'master' }))).toEqual([
      'add-route: route 10.8.0.0/16 via 10.0.0.9 dev eth0 becomes 10.8.0.0/16 via 10.0.0.1 dev eth0',
    ]);
    const both = { ...target({ b: 'master' }), routes: [...one.routes, ...target({ b: 'master' }).routes] };
    const { ops, notes } = plan(both, kernel.state(), nobody);
    expect(ops).toEqual([]);
    expect(notes).toEqual([
      'route 10.8.0.0/16 via 10.0.0.9 is left out: another instance wants 10.8.0.0/16 via 10.0.0.1 dev eth0',
    ]);
  });

  test('additions come last and deletions before addresses go', () => {
    const [route] = routesOf({ to: '10.8.0.0/16', source: '10.0.0.200' });
    const rule: RoutingRule = instancesOf({ rules: [{ mark: 1, table: 9, priority: 9 }] })[0]?.rules[0] as RoutingRule;
    const wanted: Target = {
      ...target({}),
      addresses: [{ interface: 'eth0', address: '10.0.0.200', prefix: 24 }],
      routes: route ? [route] : [],
      rules: [rule],
    };
    const kinds = (change: { ops: readonly { kind: string }[] }): string[] => change.ops.map(({ kind }) => kind);
    expect(kinds(plan(wanted, emptyDump, nobody))).toEqual(['add-address', 'add-route', 'add-rule']);
    const kernel = new FakeKernel();
    bring(kernel, wanted);
    expect(kinds(plan(target({}), kernel.state(), nobody))).toEqual(['delete-rule', 'delete-route', 'delete-address']);
    expect(explainPlan(plan(wanted, emptyDump, nobody)).slice(1, 3)).toEqual([
      'add-route 10.8.0.0/16 dev eth0 src 10.0.0.200\n    route 10.8.0.0/16 dev eth0 src 10.0.0.200 belongs to an instance that is master',
      'add-rule 9: inet from all fwmark 1 lookup 9\n    rule 9: inet from all fwmark 1 lookup 9 belongs to an instance that is master',
    ]);
  });
});
