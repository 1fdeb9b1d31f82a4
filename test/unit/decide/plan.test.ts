import { describe, expect, test } from 'vitest';
import { linger, nothingLingers } from '../../../src/decide/drain.ts';
import { explainPlan, explainServer } from '../../../src/decide/explain.ts';
import { gate } from '../../../src/decide/gate.ts';
import { plan } from '../../../src/decide/plan.ts';
import { addressKey, ownedAfter, ownedDuring } from '../../../src/decide/policy.ts';
import { removal } from '../../../src/decide/removal.ts';
import { EMPTY_TARGET, type Target } from '../../../src/model/desired.ts';
import { ADDRESS_OWNER, type KernelDump, type ObservedAddress } from '../../../src/model/observed.ts';
import type { Op } from '../../../src/model/op.ts';
import { destinationKey } from '../../../src/model/service.ts';
import { desired, down, emptyDump, fileWith, gated, kernelAt, nobody, up, verdicts } from '../../support/decide.ts';

const three = { servers: [{ address: '10.0.0.11' }, { address: '10.0.0.12', name: 'r2' }, { address: '10.0.0.13' }] };
const brief = (op: Op): string => ('destination' in op ? `${op.kind} ${destinationKey(op.destination)}` : op.kind);
const briefly = (target: Target, dump: KernelDump, policy = nobody) => plan(target, dump, policy).ops.map(brief);
const vip = { interface: 'eth0', address: '10.0.0.100', prefix: 24 };
const withAddress = { addresses: [{ address: '10.0.0.100/24', interface: 'eth0' }] };
const held = (change: Partial<ObservedAddress> = {}): ObservedAddress => ({
  ...vip,
  family: 'inet',
  owner: ADDRESS_OWNER,
  label: null,
  duplicate: false,
  ...change,
});

describe('order', () => {
  test('a new service gets its last destination first, and its address after all', () => {
    expect(briefly(gated(fileWith(three, withAddress)), emptyDump)).toEqual([
      'add-service',
      'add-destination 10.0.0.13:80',
      'add-destination 10.0.0.12:80',
      'add-destination 10.0.0.11:80',
      'add-address',
    ]);
  });

  test('those who take more come before those who take less, and nothing is deleted that takes connections', () => {
    const { servers } = three;
    const before = kernelAt(gated(fileWith({ servers: [{ address: '10.0.0.9' }, ...servers.slice(0, 2)] }))).state();
    const after = fileWith({
      servers: [{ address: '10.0.0.11', weight: 5 }, { address: '10.0.0.12', weight: 0 }, ...servers.slice(2)],
    });
    expect(briefly(gated(after), before)).toEqual([
      'add-destination 10.0.0.13:80',
      'set-destination 10.0.0.11:80',
      'set-destination 10.0.0.12:80',
      'set-destination 10.0.0.9:80',
      'delete-destination 10.0.0.9:80',
    ]);
  });

  test('an address goes before its service', () => {
    const kernel = kernelAt(gated(fileWith(three, withAddress)));
    const policy = { ...nobody, owned: new Set(['tcp://10.0.0.100:80']) };
    expect(removal(kernel.state(), policy).ops.map((op) => op.kind)).toEqual(['delete-address', 'delete-service']);
  });
});

describe('list order', () => {
  const file = fileWith({ ...three, scheduler: 'mh' });

  test('a hash scheduler gets the fewest moves that put a newcomer in its place', () => {
    const before = kernelAt(
      gated(fileWith({ scheduler: 'mh', servers: [three.servers[0], three.servers[2]] })),
    ).state();
    expect(briefly(gated(file), before)).toEqual(['add-destination 10.0.0.12:80', 'move-destination 10.0.0.11:80']);
  });

  test('connections survive moves: expire_nodest_conn is off meanwhile', () => {
    const before = kernelAt(
      gated(fileWith({ scheduler: 'mh', servers: [three.servers[0], three.servers[2]] })),
    ).state();
    const target = { ...gated(file), sysctls: { expire_nodest_conn: '1' } };
    const settings = (dump: KernelDump) =>
      plan(target, dump, nobody).ops.map((op) => (op.kind === 'set-sysctl' ? `${op.name}=${op.value}` : op.kind));
    const moves = ['add-destination', 'move-destination'];
    expect(settings({ ...before, sysctls: { expire_nodest_conn: '1' } })).toEqual([
      'expire_nodest_conn=0',
      ...moves,
      'expire_nodest_conn=1',
    ]);
    expect(settings({ ...before, sysctls: { expire_nodest_conn: '0' } })).toEqual([...moves, 'expire_nodest_conn=1']);
  });

  test('other schedulers keep whatever order there is', () => {
    const before = kernelAt(gated(fileWith({ servers: [three.servers[0], three.servers[2]] }))).state();
    expect(briefly(gated(fileWith(three)), before)).toEqual(['add-destination 10.0.0.12:80']);
  });
});

describe('reasons', () => {
  const checked = { ...three, check: { tcp: {} } };
  const health = { 'web/10.0.0.11': up, 'web/r2': up, 'web/10.0.0.13': up };
  const before = kernelAt(gated(fileWith(checked), health)).state();

  test('a server that goes down is quoted with its verdict', () => {
    const { ops } = plan(gated(fileWith(checked), { ...health, 'web/10.0.0.13': down }), before, nobody);
    expect(new Set(ops.map((op) => op.why))).toEqual(
      new Set(['web: 10.0.0.13:80 is down: connect refused 2 times in 1.0 s']),
    );
  });

  test('a named server is called by name, and a change tells old and new', () => {
    const file = fileWith({ ...checked, onFailure: 'quiesce' });
    const [op] = plan(gated(file, { ...health, 'web/r2': down }), before, nobody).ops;
    expect(op?.why).toBe('web: r2 (10.0.0.12:80) is down: connect refused 2 times in 1.0 s (weight 1 -> 0)');
  });

  test('a changed service tells what changes', () => {
    const file = fileWith({ ...checked, scheduler: 'mh', persistence: { timeout: '300s' } });
    const [op] = plan(gated(file, health), before, nobody).ops;
    expect(op?.why).toBe('web: tcp://10.0.0.100:80 changes: scheduler wlc -> mh, persistence none -> 300 s');
  });

  test('a plan reads as lines', () => {
    const lines = explainPlan(plan(gated(fileWith(checked), { ...health, 'web/10.0.0.13': down }), before, nobody));
    expect(lines).toEqual([
      'set-destination tcp://10.0.0.100:80 10.0.0.13:80 weight 0, dr\n    web: 10.0.0.13:80 is down: connect refused 2 times in 1.0 s',
      'delete-destination tcp://10.0.0.100:80 10.0.0.13:80\n    web: 10.0.0.13:80 is down: connect refused 2 times in 1.0 s',
      '2 changes',
    ]);
    expect(explainPlan({ ops: [], notes: ['seen'] })).toEqual(['nothing to change', 'note: seen']);
  });

  test('the whole chain of one server is told', () => {
    const file = fileWith(checked);
    const wanted = desired(file, 'web/r2');
    const found = verdicts({ ...health, 'web/r2': down });
    const known = { desired: wanted, verdicts: found, target: gate(wanted, found), dump: before };
    expect(explainServer(known, 'web', 'r2')).toEqual([
      'web/r2',
      '  file: 10.0.0.12, weight 1, dr',
      '  check: tcp connect on port 80, every 2s, timeout 1s, rise 2, fall 3',
      '  health: down: connect refused 2 times in 1.0 s',
      '  operator: drained',
      '  tcp://10.0.0.100:80: weight 0, because it is drained by the operator (down: connect refused 2 times in 1.0 s)',
      '    kernel: weight 1, 0 active and 0 inactive connections',
    ]);
    expect(explainServer(known, 'web', 'nobody')).toBe(undefined);
  });
});

describe('ownership', () => {
  const strange = kernelAt(gated(fileWith({ ...three, listen: ['tcp://10.0.0.7:80'] }))).state();
  const nothing = EMPTY_TARGET;

  test('a stranger is left alone and named', () => {
    expect(plan(nothing, strange, nobody)).toEqual({
      ops: [],
      notes: ['not ours and left alone: tcp://10.0.0.7:80 (3 destinations)'],
    });
  });

  test('in an exclusive table there are no strangers', () => {
    expect(plan(nothing, strange, { ...nobody, exclusive: true }).ops).toMatchObject([{ kind: 'delete-service' }]);
  });

  test('a service in the file is taken over as it stands', () => {
    const target = gated(fileWith({ ...three, listen: ['tcp://10.0.0.7:80'] }));
    const change = plan(target, strange, nobody);
    expect(change.ops).toEqual([]);
    expect(ownedAfter(target, nobody, change).services).toEqual(new Set(['tcp://10.0.0.7:80']));
  });

  test('before a plan old and new are remembered, after it the new', () => {
    const policy = { ...nobody, owned: new Set(['tcp://10.0.0.7:80']), ownedAddresses: new Set(['eth0 10.0.0.7/24']) };
    const target = gated(fileWith(three, withAddress));
    const change = plan(target, { ...strange, addresses: [held({ address: '10.0.0.7' })] }, policy);
    expect(ownedDuring(target, policy, change)).toEqual({
      services: new Set(['tcp://10.0.0.7:80', 'tcp://10.0.0.100:80']),
      addresses: new Set(['eth0 10.0.0.7/24', 'eth0 10.0.0.100/24']),
      daemons: new Set(),
    });
    expect(ownedAfter(target, policy, change)).toEqual({
      services: new Set(['tcp://10.0.0.100:80']),
      addresses: new Set(['eth0 10.0.0.100/24']),
      daemons: new Set(),
    });
  });
});

describe('addresses', () => {
  const target = (prefix: number, address = '10.0.0.100'): Target => ({
    ...EMPTY_TARGET,
    addresses: [{ interface: 'eth0', address, prefix }],
  });
  const changes = (wanted: Target, ...addresses: ObservedAddress[]) => {
    const { ops, notes } = plan(wanted, { ...emptyDump, addresses }, nobody);
    return [...ops.map((op) => ('address' in op ? `${op.kind} ${addressKey(op.address)}` : op.kind)), ...notes];
  };

  test('ours of another prefix is replaced: IPv4 without a gap, IPv6 old one first', () => {
    expect(changes(target(32), held())).toEqual([
      'add-address eth0 10.0.0.100/32',
      'delete-address eth0 10.0.0.100/24',
    ]);
    const six = held({ address: '2001:db8::1', prefix: 64, family: 'inet6' });
    expect(changes(target(128, '2001:db8::1'), six)).toEqual([
      'delete-address eth0 2001:db8::1/64',
      'add-address eth0 2001:db8::1/128',
    ]);
  });

  test("a stranger's serves as it is and is not deleted later", () => {
    expect(changes(target(24), held({ owner: 0 }))).toEqual([]);
    expect(changes(target(32), held({ owner: 0 }))).toEqual([
      'eth0 10.0.0.100/24 is not ours and is used as it is, without /32',
    ]);
    expect(changes({ ...target(24), addresses: [] }, held({ owner: 0 }))).toEqual([]);
  });

  test('ours goes when nobody wants it', () => {
    expect(changes({ ...target(24), addresses: [] }, held())).toEqual(['delete-address eth0 10.0.0.100/24']);
  });
});

describe('kernel settings', () => {
  const target = (sysctls: Record<string, string>): Target => ({
    ...EMPTY_TARGET,
    sysctls,
  });

  test('one the kernel lacks is noted', () => {
    const { ops, notes } = plan(target({ conntrack: '1' }), emptyDump, nobody);
    expect([ops, notes]).toEqual([[], ['this kernel has no net.ipv4.vs.conntrack; the setting is left out']]);
  });

  test('drop_entry 2 is what the kernel makes of 1 by itself', () => {
    const dump = { ...emptyDump, sysctls: { drop_entry: '2', conntrack: '0' } };
    expect(plan(target({ drop_entry: '1', conntrack: '1' }), dump, nobody).ops).toMatchObject([
      { name: 'conntrack', value: '1' },
    ]);
  });
});

test('a daemon that comes back drains what it drained, with a new deadline', () => {
  const kernel = kernelAt(gated(fileWith({ servers: [{ address: '10.0.0.11' }, { address: '10.0.0.12' }] })));
  const id = { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 } as const;
  kernel.ipvs.setConnections(id, { address: '10.0.0.12', port: 80 }, { activeConnections: 1 });
  const wanted = desired(fileWith({ servers: [{ address: '10.0.0.11' }], drain: '5s' }));
  const first = linger(gate(wanted, new Map()), wanted, kernel.state(), nothingLingers, 100);
  for (const op of plan(first.target, kernel.state(), nobody).ops) kernel.applyOne(op);
  const again = linger(gate(wanted, new Map()), wanted, kernel.state(), nothingLingers, 9000);
  expect(plan(again.target, kernel.state(), nobody).ops).toEqual([]);
  expect([...again.state.values()]).toEqual([9000]);
});
