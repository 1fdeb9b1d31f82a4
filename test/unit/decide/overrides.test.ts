import { describe, expect, test } from 'vitest';
import { conditionsOf, NO_CONDITIONS } from '../../../src/decide/conditions.ts';
import { desire } from '../../../src/decide/desire.ts';
import { explainServer } from '../../../src/decide/explain.ts';
import { gate } from '../../../src/decide/gate.ts';
import {
  edited,
  instanceMaintenance,
  nextExpiry,
  overrideChanges,
  withoutExpired,
} from '../../../src/decide/overrides.ts';
import type { Verdict } from '../../../src/model/health.ts';
import { NO_OVERRIDES, type Override, type Overrides, settingOf } from '../../../src/model/override.ts';
import { down, emptyDump, fileWith, up, verdicts } from '../../support/decide.ts';
import { overridden, type Wish } from '../../support/overrides.ts';

const CHECK = { tcp: {}, every: '1s', timeout: '1s' };
const file = (service: Record<string, unknown> = {}) =>
  fileWith({
    scheduler: 'rr',
    check: CHECK,
    servers: [
      { name: 'r1', address: '10.0.0.11', weight: 4 },
      { name: 'r2', address: '10.0.0.12' },
    ],
    ...service,
  });

const on = (target: string, kind: Override['kind'], value: Override['value'] = null): Wish => ({ target, kind, value });
const R1 = 'server/web/r1';

/** Weight and reason of r1; null: not in the table. */
function r1(
  overrides: Overrides,
  verdict: Verdict = up,
  service: Record<string, unknown> = {},
): [number, string] | null | string {
  const target = gate(desire(file(service), overrides, 1), verdicts({ 'web/r1': verdict, 'web/r2': up }));
  const [listener] = target.services;
  const found = listener?.destinations.find(({ server }) => server === 'r1');
  return found ? [found.destination.weight, found.why] : (listener?.withheld['10.0.0.11:80'] ?? null);
}

const agent = (reported: Verdict['reported']): Verdict => ({ ...up, ...(reported && { reported }) });

describe('what an operator set outranks health', () => {
  test.each<[string, Overrides, Verdict, Record<string, unknown>, [number, string] | string]>([
    ['nothing', NO_OVERRIDES, up, {}, [4, 'up: 200 in 3 ms']],
    ['drained', overridden(on(R1, 'drain')), up, {}, [0, 'drained by the operator (up: 200 in 3 ms)']],
    ['drained and down', overridden(on(R1, 'drain')), down, {}, [0, `drained by the operator (down: ${down.why})`]],
    ['in maintenance', overridden(on(R1, 'maintenance')), up, {}, 'in maintenance by the operator (up: 200 in 3 ms)'],
    [
      'in maintenance where the dead stay',
      overridden(on(R1, 'maintenance')),
      up,
      { onFailure: 'quiesce' },
      [0, 'in maintenance by the operator (up: 200 in 3 ms)'],
    ],
    [
      'with its service',
      overridden(on('service/web', 'maintenance')),
      up,
      {},
      'in maintenance by the operator (up: 200 in 3 ms)',
    ],
    [
      'drained, then in maintenance',
      overridden(on(R1, 'drain'), on(R1, 'maintenance')),
      up,
      {},
      'in maintenance by the operator (up: 200 in 3 ms)',
    ],
    ['weighted', overridden(on(R1, 'weight', 7)), up, {}, [7, 'up: 200 in 3 ms, weight as the operator set it']],
    ['weighted 0', overridden(on(R1, 'weight', 0)), up, {}, [0, 'up: 200 in 3 ms, weight as the operator set it']],
    [
      'weighted against its agent',
      overridden(on(R1, 'weight', 7)),
      agent({ weight: { percent: 50 } }),
      {},
      [7, 'up: 200 in 3 ms, weight as the operator set it'],
    ],
    [
      'its agent alone',
      NO_OVERRIDES,
      agent({ weight: { percent: 50 } }),
      {},
      [2, 'up: 200 in 3 ms, weight as it says itself'],
    ],
    [
      'weighted and unchecked',
      overridden(on(R1, 'weight', 7)),
      up,
      { check: 'none' },
      [7, 'up: never checked, weight as the operator set it'],
    ],
    ['weighted and down', overridden(on(R1, 'weight', 7)), down, {}, `down: ${down.why}`],
    [
      'pinned up and down',
      overridden(on(R1, 'state', 'up')),
      down,
      {},
      [4, `pinned up by the operator (its checks: ${down.why})`],
    ],
    [
      'pinned up against its agent',
      overridden(on(R1, 'state', 'up')),
      agent({ admin: 'maint' }),
      {},
      [4, 'pinned up by the operator (its checks: 200 in 3 ms)'],
    ],
    [
      'pinned down and up',
      overridden(on(R1, 'state', 'down')),
      up,
      {},
      'pinned down by the operator (its checks: 200 in 3 ms)',
    ],
    [
      'pinned down and unchecked',
      overridden(on(R1, 'state', 'down')),
      up,
      { check: 'none', onFailure: 'quiesce' },
      [0, 'pinned down by the operator (its checks: 200 in 3 ms)'],
    ],
    [
      'pinned up and drained',
      overridden(on(R1, 'state', 'up'), on(R1, 'drain')),
      down,
      {},
      [0, `drained by the operator (pinned up by the operator (its checks: ${down.why}))`],
    ],
    [
      'another server',
      overridden(on('server/web/r2', 'drain'), on('server/other/r1', 'drain')),
      up,
      {},
      [4, 'up: 200 in 3 ms'],
    ],
  ])('%s', (_, overrides, verdict, service, expected) => {
    expect(r1(overrides, verdict, service)).toEqual(expected);
  });

  test('the fallback takes over a service in maintenance', () => {
    const config = file({ fallback: { address: '10.0.0.99' } });
    const target = gate(
      desire(config, overridden(on('service/web', 'maintenance')), 1),
      verdicts({ 'web/r1': up, 'web/r2': up }),
    );
    expect(target.services[0]?.destinations.map(({ server }) => server)).toEqual(['10.0.0.99']);
  });
});

describe('panic and quorum go by what the operator says', () => {
  const condition = (overrides: Overrides, known: Record<string, Verdict>, settings: Record<string, unknown>) =>
    conditionsOf(desire(file(settings), overrides, 1), verdicts(known), NO_CONDITIONS, 0).conditions.get('web');

  test('a pinned server counts as pinned, one in maintenance not at all', () => {
    const dead = { 'web/r1': down, 'web/r2': down };
    expect(condition(NO_OVERRIDES, dead, { panic: 50 })?.panic).toContain('100% of servers look dead');
    expect(condition(overridden(on(R1, 'state', 'up')), dead, { panic: 50 })?.panic).toBeNull();
    expect(
      condition(overridden(on(R1, 'maintenance')), { 'web/r1': down, 'web/r2': up }, { panic: 40 })?.panic,
    ).toBeNull();
    const alive = { 'web/r1': up, 'web/r2': up };
    const quorum = { quorum: { weight: 5 }, fallback: { address: '10.0.0.99' } };
    expect(condition(NO_OVERRIDES, alive, quorum)?.quorum?.held).toBe(true);
    expect(condition(overridden(on(R1, 'weight', 3)), alive, quorum)?.quorum?.held).toBe(false);
    expect(condition(overridden(on(R1, 'state', 'down')), alive, quorum)?.quorum?.held).toBe(false);
  });
});

test('explain tells the file, what the operator set, and what came of it', () => {
  const desired = desire(file(), overridden(on(R1, 'weight', 7), on(R1, 'state', 'up')), 1);
  const known = verdicts({ 'web/r1': down, 'web/r2': up });
  const lines = explainServer({ desired, verdicts: known, target: gate(desired, known), dump: emptyDump }, 'web', 'r1');
  expect(lines).toContain('  operator: pinned up, weight 7 in place of 4');
  expect(lines?.[1]).toContain('weight 4');
  expect(lines?.join('\n')).toContain('weight 7, because it is pinned up by the operator');
});

describe('edits', () => {
  const author = { by: 'uid 0', nowMs: 1000 };
  const drain = { set: { kind: 'drain', value: null, target: R1, reason: 'new disk' } } as const;
  const out = { set: { kind: 'maintenance', value: null, target: R1 } } as const;

  test('keep who, when and why; the same again is no change', () => {
    const first = edited(NO_OVERRIDES, [drain], author);
    expect(first.ok && [...first.value.rows.values()]).toEqual([
      { kind: 'drain', value: null, target: R1, by: 'uid 0', sinceMs: 1000, reason: 'new disk', untilMs: null },
    ]);
    const again = first.ok && edited(first.value, [drain], { by: 'uid 1', nowMs: 2000 });
    expect(again && 'value' in again && again.value).toBe(first.ok && first.value);
  });

  test('a server in maintenance cannot be drained, a drained one can be taken out', () => {
    const drained = edited(NO_OVERRIDES, [drain], author);
    const both = drained.ok ? edited(drained.value, [out], author) : drained;
    expect(both.ok && [...both.value.rows.keys()]).toEqual([`drain:${R1}`, `maintenance:${R1}`]);
    const taken = edited(NO_OVERRIDES, [out], author);
    expect(taken.ok && edited(taken.value, [drain], author)).toMatchObject({
      ok: false,
      error: { kind: 'maintenance' },
    });
    // In one write the order of the wishes does not matter.
    expect(taken.ok && edited(taken.value, [drain, { clear: `maintenance:${R1}` }], author)).toMatchObject({
      ok: true,
    });
  });

  test('end with their time', () => {
    const short = edited(
      NO_OVERRIDES,
      [{ set: { ...drain.set, untilMs: 5000 } }, { set: { ...out.set, target: 'service/web' } }],
      author,
    );
    if (!short.ok) throw new Error('refused');
    expect(nextExpiry(short.value)).toBe(5000);
    expect(withoutExpired(short.value, 4999)).toBe(short.value);
    const left = withoutExpired(short.value, 5000);
    expect([...left.rows.keys()]).toEqual(['maintenance:service/web']);
    expect(nextExpiry(left)).toBeNull();
    expect(overrideChanges(short.value, left, 'its time is over')).toEqual(['web/r1 serves again (its time is over)']);
  });

  test('are told in words', () => {
    const all = overridden(
      on(R1, 'drain'),
      on(R1, 'weight', 3),
      on('server/web/r2', 'state', 'up'),
      on('instance/edge', 'maintenance'),
      on('director', 'maintenance'),
    );
    expect(overrideChanges(NO_OVERRIDES, all, '')).toEqual([
      'web/r1 is drained: no new connections (by test)',
      'web/r1 has weight 3 (by test)',
      'web/r2 is pinned up, whatever its checks say (by test)',
      'edge is in maintenance (by test)',
      'maintenance: every instance is handed over (by test)',
    ]);
    expect(overrideChanges(all, NO_OVERRIDES, 'by uid 0')).toEqual([
      'web/r1 serves again (by uid 0)',
      'web/r1 has the weight of its file again (by uid 0)',
      'web/r2 is as its checks say again (by uid 0)',
      'edge: maintenance is over (by uid 0)',
      'maintenance is over (by uid 0)',
    ]);
  });
});

test('an instance is in maintenance by itself or with the whole director', () => {
  expect(instanceMaintenance(overridden(on('instance/edge', 'maintenance')), 'edge')).toBe('maintenance is on');
  expect(instanceMaintenance(overridden(on('instance/edge', 'maintenance')), 'inner')).toBeNull();
  expect(instanceMaintenance(overridden(on('director', 'maintenance')), 'inner')).toBe('maintenance is on');
});

test('a kind goes with its own values only', () => {
  expect(settingOf('weight', 3)).toEqual({ kind: 'weight', value: 3 });
  expect(settingOf('state', 'down')).toEqual({ kind: 'state', value: 'down' });
  expect([settingOf('weight', 'up'), settingOf('state', 3), settingOf('drain', 1), settingOf('weight', null)]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});
