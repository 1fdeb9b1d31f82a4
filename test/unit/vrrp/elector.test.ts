import { describe, expect, test } from 'vitest';
import { Elector } from '../../../src/vrrp/elector.ts';
import { heard, kinds, settings } from './build.ts';

const NAMES = ['inside', 'outside'];

/** A director with a sync group of two, both listening since 0. */
function pair(): Elector {
  const elector = new Elector();
  for (const name of NAMES) elector.add(name, settings(), 0);
  elector.group([{ name: 'vpn', members: NAMES }], 0);
  for (const name of NAMES) elector.handle(name, { at: 0, kind: 'start' });
  return elector;
}

const states = (elector: Elector) => elector.snapshot().map(({ state }) => state);
const of = (effects: readonly { instance: string; effect: { kind: string } }[], name: string): string[] =>
  effects.filter(({ instance }) => instance === name).map(({ effect }) => effect.kind);

test('events of instances that are not there change nothing', () => {
  const elector = pair();
  expect(elector.handle('other', { at: 1, kind: 'start' })).toEqual([]);
  expect(elector.change('other', settings(), 1)).toEqual([]);
  expect(elector.remove('other', 1, true)).toEqual([]);
});

test('what one takes over, all take over, addresses of all before anything else happens', () => {
  const elector = pair();
  const effects = elector.handle('outside', { at: 4000, kind: 'silence' });
  expect(of(effects, 'outside')).toEqual(['hold', 'advertise', 'deaf', 'role']);
  expect(of(effects, 'inside')).toEqual(['hold', 'advertise', 'deaf', 'role']);
  expect(states(elector)).toEqual(['master', 'master']);
});

test('a snapshot is the same object until something about its instance changes', () => {
  const elector = pair();
  const [inside, outside] = elector.snapshot();
  elector.change('inside', settings({ priority: 50 }), 10);
  const [after, other] = elector.snapshot();
  expect(after).toEqual({ ...inside, priority: 50 });
  expect(other).toBe(outside);
  elector.group([], 20);
  expect(elector.snapshot()).toEqual([
    { ...after, group: null },
    { ...other, group: null },
  ]);
  expect(elector.snapshot()[1]).toBe(elector.snapshot()[1]);
});

describe('a reload', () => {
  test('with equal settings and groups has no effect, in any state', () => {
    const elector = pair();
    const reload = (at: number) => [
      ...NAMES.flatMap((name) => elector.change(name, settings(), at)),
      ...elector.group([{ name: 'vpn', members: [...NAMES] }], at),
    ];
    expect(reload(10)).toEqual([]);
    elector.handle('inside', { at: 20, kind: 'advert', advert: heard(50) });
    expect(reload(30)).toEqual([]);
    elector.handle('inside', { at: 4000, kind: 'silence' });
    expect(reload(4010)).toEqual([]);
    elector.handle('inside', { at: 4020, kind: 'yield' });
    expect(reload(4030)).toEqual([]);
    elector.handle('inside', { at: 4040, kind: 'judged', priority: 100, faults: ['link: down'] });
    expect(reload(4050)).toEqual([]);
  });

  test('of the interval of a master sends one advert in the new rhythm, and the others notice nothing', () => {
    const elector = pair();
    elector.handle('inside', { at: 4000, kind: 'silence' });
    expect(elector.change('inside', settings({ intervalMs: 100 }), 5000)).toEqual([
      { instance: 'inside', effect: { kind: 'advertise', priority: 100, everyMs: 100 } },
    ]);
  });

  test('of the priority counts as soon as nothing was judged by trackers', () => {
    const elector = pair();
    expect(elector.change('inside', settings({ priority: 128 }), 10)).toMatchObject([{ effect: { forMs: 3500 } }]);
    elector.handle('inside', { at: 20, kind: 'judged', priority: 1, faults: [] });
    expect(elector.change('inside', settings({ priority: 200 }), 30)).toEqual([]);
    expect(elector.snapshot()[0]?.priority).toBe(1);
  });

  test('that adds a member to a group of masters makes it master too', () => {
    const elector = pair();
    elector.handle('inside', { at: 4000, kind: 'silence' });
    elector.add('third', settings(), 5000);
    elector.group([{ name: 'vpn', members: [...NAMES, 'third'] }], 5000);
    expect(kinds(elector.handle('third', { at: 5000, kind: 'start' }).map(({ effect }) => effect))).toContain('hold');
    expect(states(elector)).toEqual(['master', 'master', 'master']);
  });
});

describe('removal', () => {
  test('hands over, tells only its own, and is gone when a successor was heard', () => {
    const elector = pair();
    elector.handle('inside', { at: 4000, kind: 'silence' });
    expect(of(elector.remove('inside', 5000, true), 'inside')).toEqual(['advertise', 'wake', 'notice']);
    expect(elector.has('inside')).toBe(true);
    const effects = elector.handle('inside', { at: 5600, kind: 'advert', advert: heard(50) });
    expect(of(effects, 'outside')).toEqual([]);
    expect(elector.has('inside')).toBe(false);
    expect(states(elector)).toEqual(['master']);
  });

  test('is taken back by adding and starting it again', () => {
    const elector = pair();
    elector.handle('inside', { at: 4000, kind: 'silence' });
    elector.remove('inside', 5000, true);
    expect(elector.add('inside', settings(), 5100)).toEqual([]);
    expect(of(elector.handle('inside', { at: 5100, kind: 'start' }), 'inside')).toEqual([
      'advertise',
      'wake',
      'notice',
    ]);
    expect(elector.snapshot()[0]).toMatchObject({ state: 'master', leaving: null });
  });

  test('of a member at fault heals the others', () => {
    const elector = pair();
    elector.handle('inside', { at: 100, kind: 'judged', priority: 100, faults: ['link: down'] });
    expect(states(elector)).toEqual(['fault', 'fault']);
    elector.remove('inside', 200, true);
    expect(states(elector)).toEqual(['backup']);
  });
});

describe('faults in a group', () => {
  test('are told with the member they come from', () => {
    const elector = pair();
    elector.handle('inside', { at: 100, kind: 'judged', priority: 100, faults: ['link: down'] });
    expect(elector.snapshot().map(({ why }) => why)).toEqual(['link: down', 'inside: link: down']);
  });

  test('never get stuck: whatever comes and goes in whatever order, no fault left means no fault', () => {
    for (let order = 0; order < 16; order++) {
      const elector = pair();
      const judge = (name: string, faults: string[], at: number) =>
        elector.handle(name, { at, kind: 'judged', priority: 100, faults });
      for (let bit = 0; bit < 4; bit++) judge(NAMES[bit % 2] as string, (order >> bit) & 1 ? ['link: down'] : [], bit);
      const left = ((order >> 2) & 3) !== 0;
      expect(states(elector), `order ${order}`).toEqual(left ? ['fault', 'fault'] : ['backup', 'backup']);
      elector.group([], 10);
      expect(states(elector)).toEqual([2, 3].map((bit) => ((order >> bit) & 1 ? 'fault' : 'backup')));
    }
  });
});

describe('the status', () => {
  test('names the master that is heard', () => {
    const elector = pair();
    elector.handle('inside', { at: 20, kind: 'advert', advert: heard(150) });
    expect(elector.snapshot()[0]).toEqual({
      name: 'inside',
      group: 'vpn',
      state: 'backup',
      since: 0,
      why: 'started',
      priority: 100,
      faults: [],
      master: { address: '10.0.0.3', priority: 150, intervalMs: 1000 },
      leaving: null,
      rivals: [],
    });
  });

  test('shows both sides of a split brain, and a hand-over', () => {
    const elector = pair();
    elector.handle('inside', { at: 4000, kind: 'silence' });
    elector.handle('inside', { at: 5000, kind: 'advert', advert: heard(50) });
    elector.handle('inside', { at: 6000, kind: 'yield' });
    expect(elector.snapshot()[0]).toMatchObject({
      state: 'master',
      rivals: [{ source: '10.0.0.3', priority: 50, heardAt: 5000 }],
      leaving: { since: 6000, until: 9000, why: 'asked to yield' },
    });
  });
});

test('a removal ends with a fault in the middle of its hand-over', () => {
  const elector = pair();
  elector.handle('inside', { at: 4000, kind: 'silence' });
  elector.remove('inside', 5000, true);
  expect(elector.has('inside')).toBe(true);
  const effects = elector.handle('inside', { at: 5010, kind: 'judged', priority: 100, faults: ['eth0 is down'] });
  expect(of(effects, 'inside')).toEqual(expect.arrayContaining(['quiet', 'release']));
  expect(elector.has('inside')).toBe(false);
});
