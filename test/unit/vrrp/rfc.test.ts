import { describe, expect, test } from 'vitest';
import { backup, heard, instance, kinds, master, settings } from './build.ts';

const LISTEN_100 = 3609.375;
const same = (priority: number, intervalMs = 1000) => ({ source: '10.0.0.3', priority, intervalMs });

describe('Initialize (RFC 9568 6.4.1, RFC 5798 6.4.1, RFC 3768 6.4.1)', () => {
  test('takes no part before it is started: nothing heard or timed out changes it', () => {
    const one = instance(settings());
    for (const event of [{ kind: 'advert', advert: heard(0) }, { kind: 'silence' }, { kind: 'wake' }] as const) {
      expect(one.on(10_000, event).effects).toEqual([]);
    }
    expect(one.state().state).toBe('init');
  });

  test('startup with priority 255: advert at once, addresses announced, then an advert every interval: Active', () => {
    const { state, orders } = instance(settings({ priority: 255, intervalMs: 200 })).on(7, { kind: 'start' });
    expect(orders).toEqual([{ kind: 'hold' }, { kind: 'advertise', priority: 255, everyMs: 200 }]);
    expect(state.state).toBe('master');
  });

  test('startup below 255: Active_Adver_Interval is our own, Active_Down_Timer is set: Backup', () => {
    const { state, orders } = instance(settings()).on(7, { kind: 'start' });
    expect(orders).toEqual([{ kind: 'listen', forMs: LISTEN_100, from: 'now', same: null }]);
    expect(state.state).toBe('backup');
  });
});

describe('Backup (RFC 9568 6.4.2, RFC 5798 6.4.2, RFC 3768 6.4.2)', () => {
  test('shutdown: the timer is cancelled, nothing is sent: Initialize', () => {
    const { state, orders } = backup().on(10, { kind: 'stop', handover: true });
    expect(orders).toEqual([{ kind: 'deaf' }]);
    expect(state.state).toBe('init');
  });

  test('Active_Down_Timer fires: advert, addresses announced, then an advert every interval of our own: Active', () => {
    const one = backup();
    one.advert(100, heard(200, { intervalMs: 50 }));
    const { state, orders } = one.on(300, { kind: 'silence' });
    expect(orders).toEqual([{ kind: 'hold' }, { kind: 'advertise', priority: 100, everyMs: 1000 }, { kind: 'deaf' }]);
    expect(state.state).toBe('master');
  });

  test('advert with priority 0: the timer is set to Skew_Time', () => {
    const one = backup();
    one.advert(100, heard(200));
    expect(one.advert(2000, heard(0)).orders).toEqual([{ kind: 'listen', forMs: 609.375, from: 'now', same: null }]);
  });

  test('advert with priority 0, v3: Skew_Time goes by the interval learned before', () => {
    const one = backup({ priority: 128 });
    one.advert(100, heard(200, { intervalMs: 100 }));
    expect(one.advert(200, heard(0, { intervalMs: 40_950 })).orders).toMatchObject([{ kind: 'listen', forMs: 50 }]);
  });

  test.each([101, 100])('advert with priority %d, at least ours: the timer is set anew', (priority) => {
    const { orders } = backup().advert(100, heard(priority));
    expect(orders).toEqual([{ kind: 'listen', forMs: LISTEN_100, from: 'now', same: same(priority) }]);
  });

  test('an equal priority is followed from a lower address as well: addresses decide between masters only', () => {
    expect(kinds(backup().advert(100, heard(100, { order: -1 })).orders)).toEqual(['listen']);
    expect(kinds(backup().advert(100, heard(100, { order: 1 })).orders)).toEqual(['listen']);
  });

  test('Preempt_Mode false: the timer is set anew by a lower priority', () => {
    const { orders } = backup({ preempt: false }).advert(100, heard(1));
    expect(orders).toEqual([{ kind: 'listen', forMs: LISTEN_100, from: 'now', same: same(1) }]);
  });

  test('Preempt_Mode true: an advert of a lower priority is discarded and the timer runs on', () => {
    const one = backup();
    expect(one.advert(3000, heard(99, { intervalMs: 40_950 })).orders).toEqual([]);
    expect(one.on(3610, { kind: 'silence' }).state.state).toBe('master');
  });

  test('v3: interval and skew are learned from the advert that is accepted', () => {
    const { orders } = backup({ priority: 128 }).advert(100, heard(200, { intervalMs: 100 }));
    expect(orders).toMatchObject([{ forMs: 350, same: same(200, 100) }]);
  });

  test('v3: no interval is learned from an advert that is discarded', () => {
    const one = backup({ priority: 128 });
    one.advert(100, heard(200, { intervalMs: 100 }));
    one.advert(200, heard(1, { intervalMs: 40_000 }));
    expect(one.advert(300, heard(200, { intervalMs: 100 })).orders).toMatchObject([{ forMs: 350 }]);
  });

  test('v2 (RFC 3768 6.4.2): the interval is the configured one', () => {
    const { orders } = backup({ version: 2, priority: 128 }).advert(100, heard(200, { intervalMs: 100 }));
    expect(orders).toMatchObject([{ forMs: 3500 }]);
  });

  test('holds no address and sends nothing', () => {
    const one = backup({ preempt: false });
    const seen = [
      one.advert(1, heard(200)),
      one.advert(2, heard(1)),
      one.advert(3, heard(0)),
      one.advert(4, heard(200)),
    ];
    const orders = new Set(seen.flatMap((each) => kinds(each.orders)));
    expect([...orders]).toEqual(['listen']);
  });
});

describe('Active (RFC 9568 6.4.3, RFC 5798 6.4.3, RFC 3768 6.4.3)', () => {
  test('shutdown: the timer is cancelled, an advert with priority 0 is sent: Initialize', () => {
    const { state, orders } = master().on(9000, { kind: 'stop', handover: false });
    expect(orders).toEqual([{ kind: 'send', priority: 0 }, { kind: 'quiet' }, { kind: 'release', afterMs: 0 }]);
    expect(state.state).toBe('init');
  });

  test('Adver_Timer: the standing order repeats the advert without us, nothing else wakes us', () => {
    expect(master().on(9000, { kind: 'wake' }).effects).toEqual([]);
    expect(master().on(9000, { kind: 'silence' }).effects).toEqual([]);
  });

  test('advert with priority 0: an advert is sent at once and Adver_Timer set anew', () => {
    const { state, orders } = master().advert(9000, heard(0));
    expect(orders[0]).toEqual({ kind: 'send', priority: 100 });
    expect(state.state).toBe('master');
  });

  test.each([
    ['a higher priority', heard(101)],
    ['our priority from a higher address', heard(100, { order: 1 })],
  ])('advert with %s: no more adverts, interval learned, Active_Down_Timer set: Backup', (_, advert) => {
    const fast = { ...advert, intervalMs: 100 };
    const { state, orders } = master({ assert: false }).advert(9000, fast);
    expect(orders).toEqual([
      { kind: 'quiet' },
      { kind: 'release', afterMs: 20 },
      { kind: 'listen', forMs: 360.9375, from: 'now', same: same(fast.priority, 100) },
    ]);
    expect(state.state).toBe('backup');
  });

  test.each([
    ['a lower priority', heard(99, { order: 1 })],
    ['our priority from a lower address', heard(100)],
  ])('RFC 9568: advert with %s is discarded and answered by an advert at once', (_, advert) => {
    const { state, orders } = master().advert(9000, advert);
    expect(orders[0]).toEqual({ kind: 'send', priority: 100 });
    expect(state.state).toBe('master');
  });

  test('RFC 5798 and 3768: advert with a lower priority is discarded', () => {
    const { state, orders } = master({ assert: false }).advert(9000, heard(99));
    expect(kinds(orders)).not.toContain('send');
    expect(state.state).toBe('master');
  });

  test('Preempt_Mode does not keep a master from giving way to a better one', () => {
    expect(master({ preempt: false }).advert(9000, heard(101)).state.state).toBe('backup');
  });

  test('an interval learned as Backup is forgotten: adverts leave at our own', () => {
    const one = backup({ intervalMs: 2000 });
    one.advert(10, heard(200, { intervalMs: 100 }));
    expect(one.on(400, { kind: 'silence' }).orders[1]).toEqual({ kind: 'advertise', priority: 100, everyMs: 2000 });
  });
});

describe('priorities (RFC 9568 5.2.4, 8.3.2)', () => {
  test('the owner always preempts', () => {
    const one = instance(settings({ priority: 255, preempt: false }));
    expect(one.on(0, { kind: 'start' }).state.state).toBe('master');
    expect(one.advert(10, heard(254)).state.state).toBe('master');
  });

  test('several owners: the one with the higher address stays, the other gives way and says why', () => {
    const one = instance(settings({ priority: 255 }));
    one.on(0, { kind: 'start' });
    expect(one.advert(2000, heard(255)).effects).toContainEqual(
      expect.objectContaining({ kind: 'rival', why: '10.0.0.3 advertises our priority 255 and has the lower address' }),
    );
    expect(one.advert(2010, heard(255, { order: 1 })).state.state).toBe('backup');
  });
});

describe('where we do more than the RFCs ask, or otherwise', () => {
  test('a master that gives way says a last advert, so that the better one announces the addresses again', () => {
    const { orders } = master().advert(9000, heard(200));
    expect(kinds(orders)).toEqual(['send', 'quiet', 'release', 'listen']);
    expect(orders[0]).toEqual({ kind: 'send', priority: 100 });
  });

  test('the last advert of the one we took over from is no rival, one that goes on is', () => {
    const one = master();
    expect(kinds(one.advert(5001, heard(50)).effects)).toEqual(['send', 'announce']);
    expect(kinds(one.advert(6001, heard(50)).effects)).toContain('rival');
  });

  test('the last word about the addresses is ours, however fast adverts of a rival come', () => {
    const one = master();
    one.advert(9000, heard(50));
    expect(kinds(one.advert(9001, heard(50)).orders)).toEqual(['send', 'wake']);
    const woken = one.on(9100, { kind: 'wake' });
    expect(woken.orders[0]).toEqual({ kind: 'announce' });
    expect(kinds(woken.orders)).toEqual(['announce', 'wake']);
  });

  test('a rival that falls silent is forgotten after three of its adverts and a second', () => {
    const one = master();
    const rivals = (answer: ReturnType<typeof one.on>) =>
      answer.state.state === 'master' ? answer.state.rivals.map(({ source }) => source) : [];
    expect(rivals(one.advert(9000, heard(50, { intervalMs: 100 })))).toEqual(['10.0.0.3']);
    // The announcement that is due does not end it.
    expect(rivals(one.on(9100, { kind: 'wake' }))).toEqual(['10.0.0.3']);
    const silent = one.on(10_300, { kind: 'wake' });
    expect(rivals(silent)).toEqual([]);
    expect(kinds(silent.orders)).not.toContain('wake');
  });

  test('priority 0 counts for a backup only from the master it goes by, and once', () => {
    const one = backup();
    one.advert(100, heard(200));
    expect(one.advert(200, heard(0, { source: '10.0.0.4' })).effects).toEqual([]);
    expect(kinds(one.advert(300, heard(0)).orders)).toEqual(['listen']);
    expect(one.advert(400, heard(0)).effects).toEqual([]);
  });

  test('a silence that an advert outran changes nothing, and the order stands again', () => {
    const one = backup();
    one.advert(3600, heard(200));
    const { state, orders } = one.on(3610, { kind: 'silence' });
    expect(state.state).toBe('backup');
    expect(orders).toMatchObject([{ kind: 'listen', from: 'last' }]);
  });

  test('an advert from our own address is never answered', () => {
    expect(kinds(master().advert(9000, heard(100, { order: 0 })).orders)).toEqual(['announce', 'wake']);
  });

  test('a backup about to preempt that is told not to goes by the master it has heard all the time', () => {
    const one = backup({ priority: 128 });
    one.advert(3000, heard(50, { intervalMs: 100 }));
    expect(one.on(3400, { kind: 'yield' }).orders).toEqual([
      { kind: 'listen', forMs: 350, from: 'now', same: same(50, 100) },
    ]);
  });
});
