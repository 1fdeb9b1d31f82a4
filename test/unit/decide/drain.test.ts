import { describe, expect, test } from 'vitest';
import { type LingerState, linger, nothingLingers } from '../../../src/decide/drain.ts';
import { gate } from '../../../src/decide/gate.ts';
import { plan } from '../../../src/decide/plan.ts';
import { destinationKey } from '../../../src/model/service.ts';
import { desired, down, fileWith, gated, kernelAt, nobody, up, verdicts } from '../../support/decide.ts';

const both = { servers: [{ address: '10.0.0.11' }, { address: '10.0.0.12' }], drain: '10s' };
const one = { ...both, servers: [{ address: '10.0.0.11' }] };
const id = { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 } as const;
const leaving = { address: '10.0.0.12', port: 80 };

/** A kernel with both servers, whose file lost the second; `pass` is one turn of the daemon. */
function leftFile(change: Record<string, unknown> = {}) {
  const kernel = kernelAt(gated(fileWith({ ...both, ...change })));
  const wanted = desired(fileWith({ ...one, ...change }));
  let state: LingerState = nothingLingers;
  return {
    kernel,
    pass(now: number) {
      const kept = linger(gate(wanted, new Map()), wanted, kernel.state(), state, now);
      state = kept.state;
      const change = plan(kept.target, kernel.state(), nobody);
      for (const op of change.ops) kernel.applyOne(op);
      const list = kernel.state().services[0]?.destinations ?? [];
      return {
        wakeAtMs: kept.wakeAtMs,
        whys: change.ops.map((op) => op.why),
        weights: Object.fromEntries(list.map((d) => [destinationKey(d), d.weight])),
        flags: kernel.state().services[0]?.service.schedulerFlags,
      };
    },
    connections: (activeConnections: number) => kernel.ipvs.setConnections(id, leaving, { activeConnections }),
  };
}

describe('a server that left the file', () => {
  test('stays with weight 0 while it has connections, and goes when they have ended', () => {
    const { pass, connections } = leftFile();
    connections(3);
    expect(pass(1000)).toMatchObject({ weights: { '10.0.0.11:80': 1, '10.0.0.12:80': 0 }, wakeAtMs: 2000 });
    expect(pass(2000)).toMatchObject({ whys: [], wakeAtMs: 3000 });
    connections(0);
    const last = pass(3000);
    expect(last).toMatchObject({ weights: { '10.0.0.11:80': 1 }, wakeAtMs: null });
    expect(last.whys).toEqual(['web: 10.0.0.12:80 is not in the file and has no connections left']);
  });

  test('goes when its time is over', () => {
    const { pass, connections } = leftFile();
    connections(3);
    pass(1000);
    expect(pass(10_500)).toMatchObject({ wakeAtMs: 11_000 });
    expect(pass(11_000).whys).toEqual([
      'web: 10.0.0.12:80 is not in the file and its drain time of 10s is over (3 connections open)',
    ]);
  });

  test('is not cut before its weight was seen at 0, even without connections', () => {
    const { pass } = leftFile();
    expect(pass(0).weights).toEqual({ '10.0.0.11:80': 1, '10.0.0.12:80': 0 });
    expect(pass(1000).weights).toEqual({ '10.0.0.11:80': 1 });
  });

  test('goes at once with drain: 0s', () => {
    const { pass, connections } = leftFile({ drain: '0s' });
    connections(3);
    expect(pass(0)).toMatchObject({ weights: { '10.0.0.11:80': 1 }, wakeAtMs: null });
  });

  test('under mh has the fallback flag beside it as long as it is there', () => {
    const { pass, connections } = leftFile({ scheduler: 'mh' });
    connections(1);
    expect(pass(0)).toMatchObject({ flags: 1, weights: { '10.0.0.12:80': 0 } });
    connections(0);
    expect(pass(1000)).toMatchObject({ flags: 0, weights: { '10.0.0.11:80': 1 } });
  });

  test('under dh, which would refuse clients, goes at once', () => {
    const { pass, connections } = leftFile({ scheduler: 'dh' });
    connections(1);
    expect(pass(0).weights).toEqual({ '10.0.0.11:80': 1 });
  });
});

test('a server that is down does not linger', () => {
  const file = fileWith({ ...both, check: { tcp: {} } });
  const kernel = kernelAt(gated(file, { 'web/10.0.0.11': up, 'web/10.0.0.12': up }));
  const health = verdicts({ 'web/10.0.0.11': up, 'web/10.0.0.12': down });
  const target = gate(desired(file), health);
  expect(linger(target, desired(file), kernel.state(), nothingLingers, 0)).toEqual({
    target,
    state: nothingLingers,
    wakeAtMs: null,
  });
});

test('a fallback that is no longer needed lets its clients finish', () => {
  const file = fileWith({ ...one, check: { tcp: {} }, fallback: { address: '10.0.0.99' } });
  const kernel = kernelAt(gated(file, { 'web/10.0.0.11': down }));
  const target = gate(desired(file), verdicts({ 'web/10.0.0.11': up }));
  const kept = linger(target, desired(file), kernel.state(), nothingLingers, 0).target.services[0];
  expect(kept?.destinations).toMatchObject([
    { destination: { address: '10.0.0.11', weight: 1 } },
    { destination: { address: '10.0.0.99', weight: 0 }, why: expect.stringContaining('standing by') },
  ]);
});

test('a service that left the file goes with all it has', () => {
  const kernel = kernelAt(gated(fileWith(both)));
  const nothing = {
    revision: 2,
    services: [],
    addresses: [],
    sysctls: {},
    daemons: [],
    sync: null,
    elected: [],
    routes: [],
    rules: [],
    instances: [],
    groups: [],
  };
  const kept = linger(nothing, nothing, kernel.state(), nothingLingers, 0);
  const policy = { ...nobody, owned: new Set(['tcp://10.0.0.100:80']) };
  expect(plan(kept.target, kernel.state(), policy).ops).toMatchObject([{ kind: 'delete-service' }]);
});
