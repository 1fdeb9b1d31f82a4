import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { judgementOf, toldOf, toldVerdict } from '../../src/api/judgement.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { desire } from '../../src/decide/desire.ts';
import { dryRun } from '../../src/decide/dry-run.ts';
import { fateInWords } from '../../src/decide/fate.ts';
import { type Judgement, judged, NO_JUDGEMENT } from '../../src/decide/judgement.ts';
import { plan } from '../../src/decide/plan.ts';
import { ownedAfter, type Policy } from '../../src/decide/policy.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';
import type { Verdict } from '../../src/model/health.ts';
import { NO_OVERRIDES, type Overrides } from '../../src/model/override.ts';
import { nobody } from '../support/decide.ts';
import { overridden } from '../support/overrides.ts';

/** A dry run of the file that runs, in every state a daemon gets into: whatever it was told, what it would do next is
 *  nothing. */

vi.setConfig({ testTimeout: 240_000 });

const NAMES = ['s1', 's2', 's3', 's4'];
const KEYS = NAMES.map((name) => `web/${name}`);

const arbSettings = fc.record(
  {
    panic: fc.constantFrom(1, 50, 99),
    quorum: fc.record({ weight: fc.constantFrom(1, 20, 60), hysteresis: fc.constantFrom(0, 10) }),
    slowStart: fc.constantFrom('10s', '30s'),
    fallback: fc.record({ address: fc.constant('10.0.0.99'), inhibit: fc.boolean() }),
    onFailure: fc.constantFrom('remove', 'quiesce'),
    drain: fc.constantFrom('0s', '10s', '1h'),
  },
  { requiredKeys: [] },
);

const arbConfig = fc
  .record({
    settings: arbSettings,
    scheduler: fc.constantFrom('mh', 'sh', 'dh', 'rr', 'wlc'),
    follow: fc.boolean(),
  })
  .map((drawn) => (servers: readonly string[]): Config => {
    const weights = NAMES.map((name, i) => ({ name, address: `10.0.0.${11 + i}`, weight: 10 * (i + 1) }));
    const sync = { role: { follow: 'edge' }, interface: 'eth0', id: 5 };
    const edge = { name: 'edge', interface: 'eth0', vrid: 1, addresses: ['10.0.0.100/24'] };
    return configSchema.parse({
      director: drawn.follow ? { sync } : {},
      instances: [edge],
      services: [
        {
          name: 'web',
          listen: ['tcp://10.0.0.100:80', 'tcp://10.0.0.100:81'],
          scheduler: drawn.scheduler,
          check: { tcp: {} },
          servers: weights.filter(({ name }) => servers.includes(name)),
          ...drawn.settings,
        },
      ],
    });
  });

const arbVerdict = fc
  .record({
    status: fc.constantFrom('unknown' as const, 'up' as const, 'up' as const, 'down' as const, 'down' as const),
    weight: fc.constantFrom(undefined, undefined, { percent: 50 }, { percent: 0 }, { absolute: 7 }),
    admin: fc.constantFrom(undefined, undefined, undefined, 'drain' as const, 'maint' as const),
    recovered: fc.boolean(),
  })
  .map(({ status, weight, admin, recovered }) => (now: number): Verdict => {
    const reported = { ...(weight && { weight }), ...(admin && { admin }) };
    return {
      ...{ status, streak: 0, since: now, streakSince: null, why: `it is ${status}`, last: null },
      ...(Object.keys(reported).length > 0 && { reported }),
      ...(recovered && { recoveredAt: now }),
    };
  });

const arbStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ key: fc.constantFrom(...KEYS), verdict: arbVerdict }) },
  { weight: 1, arbitrary: fc.record({ every: arbVerdict }) },
  { weight: 2, arbitrary: fc.record({ waits: fc.constantFrom(1, 900, 3000, 20_000) }) },
  { weight: 1, arbitrary: fc.record({ role: fc.constantFrom('master' as const, 'backup' as const) }) },
  { weight: 1, arbitrary: fc.record({ servers: fc.subarray(NAMES, { minLength: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ connections: fc.constantFrom(0, 3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      set: fc.record({
        key: fc.constantFrom(...KEYS),
        how: fc.constantFrom('drain', 'maintenance', 'up', 'down', '5'),
      }),
    }),
  },
);
type Step = typeof arbStep extends fc.Arbitrary<infer T> ? T : never;

function wish({ key, how }: { readonly key: string; readonly how: string }): Overrides {
  const target = `server/${key}` as const;
  if (how === 'drain' || how === 'maintenance') return overridden({ target, kind: how, value: null });
  if (how === 'up' || how === 'down') return overridden({ target, kind: 'state', value: how });
  return overridden({ target, kind: 'weight', value: Number(how) });
}

/** A daemon without its clock, sockets and files. */
class Daemon {
  readonly kernel = new FakeKernel();
  policy: Policy = nobody;
  overrides: Overrides = NO_OVERRIDES;
  judgement: Judgement = NO_JUDGEMENT;
  config: Config;
  readonly #file: (servers: readonly string[]) => Config;

  constructor(file: (servers: readonly string[]) => Config) {
    this.#file = file;
    this.config = file(NAMES);
    this.#know({ verdicts: new Map(KEYS.map((key) => [key, verdictAt(0)])), now: 1000 });
  }

  take(step: Step): void {
    const { now, verdicts } = this.judgement;
    if ('key' in step) this.#know({ verdicts: new Map(verdicts).set(step.key, step.verdict(now)) });
    if ('every' in step) this.#know({ verdicts: new Map(KEYS.map((key) => [key, step.every(now)])) });
    if ('waits' in step) this.#know({ now: now + step.waits });
    if ('role' in step) this.#know({ roles: new Map([['edge', step.role]]) });
    if ('servers' in step) this.config = this.#file(step.servers);
    if ('set' in step) this.overrides = wish(step.set);
    if ('connections' in step) this.#open(step.connections);
  }

  pass(): void {
    const desired = desire(this.config, this.overrides, 1);
    const dump = this.kernel.state();
    const { target, conditions, lingering } = judged(desired, this.judgement, dump);
    this.#know({ conditions, lingering });
    const change = plan(target, dump, this.policy);
    for (const op of change.ops) expect(this.kernel.applyOne(op).failure ?? null).toBe(null);
    this.policy = { ...ownedPolicy(ownedAfter(target, this.policy, change)), exclusive: false };
  }

  /** What the operator would be told would change. */
  dryRun(judgement: Judgement): string[] {
    const { overrides, policy, config } = this;
    const { plan: change, fates } = dryRun(config, { overrides, judgement, policy }, this.kernel.state());
    return [...change.ops.map(({ kind, why }) => `${kind} ${why}`), ...[...fates].map(fateInWords)];
  }

  #know(change: Partial<Judgement>): void {
    this.judgement = { ...this.judgement, ...change };
  }

  #open(activeConnections: number): void {
    const dump = this.kernel.state({ stats: true });
    const services = dump.services.map((service) => ({
      ...service,
      destinations: service.destinations.map((each) => ({ ...each, activeConnections })),
    }));
    this.kernel.load({ ...dump, services });
  }
}

const verdictAt = (since: number): Verdict => ({
  ...{ status: 'unknown', streak: 0, since, streakSince: null, why: 'not checked yet', last: null },
});

const ownedPolicy = ({ services, addresses, daemons }: ReturnType<typeof ownedAfter>) => ({
  owned: services,
  ownedAddresses: addresses,
  ownedDaemons: daemons,
});

/** As `GET /judgement` tells it and `fairlead plan` reads it. */
function overTheWire(judgement: Judgement): Judgement {
  const verdicts = [...judgement.verdicts].map(([key, verdict]) => toldVerdict(key, verdict));
  const told = {
    ...toldOf(judgement),
    verdicts,
    overrides: [],
    ownedServices: [],
    ownedAddresses: [],
    ownedDaemons: [],
  };
  return judgementOf(JSON.parse(JSON.stringify(told)));
}

test('a dry run of the file that runs is empty in every state, here and over the API', () => {
  fc.assert(
    fc.property(arbConfig, fc.array(arbStep, { minLength: 1, maxLength: 25 }), (file, steps) => {
      const daemon = new Daemon(file);
      daemon.pass();
      for (const step of steps) {
        daemon.take(step);
        daemon.pass();
        expect(daemon.dryRun(daemon.judgement)).toEqual([]);
        expect(daemon.dryRun(overTheWire(daemon.judgement))).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test('a dry run of another file tells what the first pass with it does', () => {
  fc.assert(
    fc.property(
      arbConfig,
      fc.array(arbStep, { maxLength: 15 }),
      fc.subarray(NAMES, { minLength: 1 }),
      (file, steps, servers) => {
        const daemon = new Daemon(file);
        for (const step of steps) {
          daemon.take(step);
          daemon.pass();
        }
        // Who is leaving already does so whatever the file says.
        if (daemon.judgement.lingering.size > 0) return;
        daemon.take({ servers });
        const foretold = daemon.dryRun(daemon.judgement).filter((line) => !/moves \d/.test(line));
        const before = daemon.kernel.log.length;
        daemon.pass();
        expect(foretold).toEqual(daemon.kernel.log.slice(before).map(({ kind, why }) => `${kind} ${why}`));
      },
    ),
    { numRuns: 200 },
  );
});
