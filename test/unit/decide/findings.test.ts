import { describe, expect, test } from 'vitest';
import { emptyLedger, type Finding, finished, observe } from '../../../src/availability/ledger.ts';
import type { Config } from '../../../src/config/schema.ts';
import { conditionsOf, NO_CONDITIONS } from '../../../src/decide/conditions.ts';
import { desire } from '../../../src/decide/desire.ts';
import { findings } from '../../../src/decide/findings.ts';
import { gate } from '../../../src/decide/gate.ts';
import type { Verdict } from '../../../src/model/health.ts';
import { NO_OVERRIDES, type Overrides } from '../../../src/model/override.ts';
import { down, fileWith, up, verdict, verdicts } from '../../support/decide.ts';
import { drained, overridden } from '../../support/overrides.ts';

/** What counts as up, down and planned, from the side of a client. */

const check = { tcp: {} };
const servers = [10, 20, 30].map((weight, i) => ({ name: `s${i + 1}`, address: `10.0.0.${11 + i}`, weight }));
const fallback = { address: '10.0.0.99' };
type Known = Readonly<Record<string, Verdict>>;

const since = (of: Verdict, at: number): Verdict => ({ ...of, since: at });
const says = (reported: NonNullable<Verdict['reported']>): Verdict => ({ ...up, reported });
const ofAll = (one: Verdict): Known => ({ 'web/s1': one, 'web/s2': one, 'web/s3': one });

/** A history that looks at one state after the other, a second between them. */
class Watched {
  #ledger = emptyLedger(1_000_000);
  #found: ReadonlyMap<string, Finding | null> = new Map();
  #conditions = NO_CONDITIONS;
  readonly #config: Config;

  constructor(service: Record<string, unknown> = {}) {
    this.#config = fileWith({ check, servers, ...service });
  }

  look(known: Known, overrides: Overrides = NO_OVERRIDES): this {
    const desired = desire(this.#config, overrides, 1);
    const now = this.#ledger.seen + 1000;
    this.#conditions = conditionsOf(desired, verdicts(known), this.#conditions, now).conditions;
    const conditions = this.#conditions;
    const steps = findings({
      ...{ desired, conditions, now, verdicts: verdicts(known), dump: null, instances: new Map(), detected: new Map() },
      target: gate(desired, verdicts(known), new Map(), conditions),
      timeOf: (ms) => ms,
      open: (key) => this.#ledger.tracks.get(key)?.spans.findLast(({ end }) => end === null),
    });
    this.#found = finished(steps);
    this.#ledger = observe(this.#ledger, now, this.#found);
    return this;
  }

  of(key: string): Finding | null | undefined {
    return this.#found.get(key);
  }

  get web(): Finding | null | undefined {
    return this.of('service/web');
  }
}

describe('a service is up while a real server takes connections that is taken to be up', () => {
  test('one is enough, whatever the others are', () => {
    expect(new Watched().look({ ...ofAll(down), 'web/s2': up }).web).toMatchObject({ condition: 'up' });
    expect(new Watched().look({ ...ofAll(down), 'web/s2': verdict('unknown', '') }).web).toBeNull();
  });

  test('a fallback is none', () => {
    const { web } = new Watched({ fallback })
      .look(ofAll(up))
      .look({ ...ofAll(down), 'web/s3': since(down, 1_001_500) });
    expect(web).toMatchObject({ condition: 'down', by: 'health check', since: 1_001_500 });
    expect(web?.cause).toBe(`no server is up; the last to go: ${down.why}`);
  });

  test('with a quorum lost all goes to the fallback: down, although a server is up; without a fallback it serves', () => {
    const known = { ...ofAll(down), 'web/s1': up };
    const held = new Watched({ fallback, quorum: { weight: 30 } }).look(ofAll(up)).look(known);
    expect(held.web).toMatchObject({ condition: 'down', cause: expect.stringContaining('30 is needed') });
    expect(held.of('server/web/s1')).toMatchObject({ condition: 'up' });
    expect(new Watched({ quorum: { weight: 30 } }).look(ofAll(up)).look(known).web).toMatchObject({ condition: 'up' });
  });

  test('pinned up by the operator counts as up', () => {
    const pinned = overridden({ target: 'server/web/s1', kind: 'state', value: 'up' });
    const watched = new Watched().look(ofAll(up)).look(ofAll(down), pinned);
    expect(watched.web).toMatchObject({ condition: 'up' });
    expect(watched.of('server/web/s1')).toMatchObject({ condition: 'up' });
  });
});

describe('panic: all serve, and most look dead', () => {
  test('with a server that is up the service is, and it is told that it is in panic', () => {
    const { web } = new Watched({ panic: 50 }).look(ofAll(up)).look({ ...ofAll(down), 'web/s2': up });
    expect(web).toMatchObject({ condition: 'up', cause: expect.stringMatching(/^in panic: 66% of servers look dead/) });
  });

  test('with none nobody can tell: it counts neither way', () => {
    const watched = new Watched({ panic: 50 }).look(ofAll(up)).look(ofAll(down));
    expect(watched.web).toMatchObject({
      condition: 'unobserved',
      by: 'panic',
      cause: expect.stringMatching(/^in panic/),
    });
    expect(watched.of('server/web/s1')).toMatchObject({ condition: 'down' });
  });
});

describe('what was taken out on purpose is planned', () => {
  test.each([
    ['all say that they are in maintenance', says({ admin: 'maint' }), 'in maintenance, as it says itself', 'server'],
    ['all say that they drain', says({ admin: 'drain' }), 'drained, as it says itself', 'server'],
    ['all give themselves no weight', says({ weight: { percent: 0 } }), 'weight 0, as it says itself', 'server'],
  ])('%s: nobody serves', (_, said, cause, by) => {
    const watched = new Watched().look(ofAll(up)).look(ofAll(said));
    expect(watched.of('server/web/s1')).toMatchObject({ condition: 'planned', cause, by });
    expect(watched.web).toMatchObject({ condition: 'planned', by, cause: expect.stringContaining(cause) });
  });

  test('by the operator: drains, maintenance, pins, weights', () => {
    for (const setting of [
      { kind: 'drain', value: null },
      { kind: 'maintenance', value: null },
      { kind: 'state', value: 'down' },
      { kind: 'weight', value: 0 },
    ] as const) {
      const all = overridden(...servers.map(({ name }) => ({ target: `server/web/${name}` as const, ...setting })));
      expect(new Watched().look(ofAll(up)).look(ofAll(up), all).web).toMatchObject({ condition: 'planned' });
    }
  });

  test('weight 0 in the file', () => {
    const none = servers.map((server) => ({ ...server, weight: 0 }));
    expect(new Watched({ servers: none }).look(ofAll(up)).web).toMatchObject({ condition: 'planned', by: 'file' });
  });

  test('the last to go decides: a death after a drain is an outage, a drain after a death is not', () => {
    const one = drained('web/s1');
    const dead = { ...ofAll(down), 'web/s1': up };
    const died = new Watched().look(ofAll(up), one).look({ ...dead, 'web/s2': since(down, 1_001_500) }, one);
    expect(died.web).toMatchObject({ condition: 'down', cause: expect.stringContaining(down.why) });
    const taken = new Watched().look(dead).look(dead, one);
    expect(taken.web).toMatchObject({
      condition: 'planned',
      cause: expect.stringContaining('drained by the operator'),
    });
  });

  test('an outage stays one while its servers are taken out, a maintenance while they die', () => {
    const all = drained('web/s1', 'web/s2', 'web/s3');
    expect(new Watched().look(ofAll(up)).look(ofAll(down)).look(ofAll(down), all).web?.condition).toBe('down');
    const watched = new Watched().look(ofAll(up)).look(ofAll(up), all).look(ofAll(down), all);
    expect(watched.web?.condition).toBe('planned');
    // What is given back and is dead is an outage.
    expect(watched.look(ofAll(down)).web?.condition).toBe('down');
  });
});
