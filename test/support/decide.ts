import { type Config, configSchema } from '../../src/config/schema.ts';
import { desire } from '../../src/decide/desire.ts';
import { gate } from '../../src/decide/gate.ts';
import { plan } from '../../src/decide/plan.ts';
import type { Policy } from '../../src/decide/policy.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';
import type { Desired, Target } from '../../src/model/desired.ts';
import type { HealthStatus, Verdict, Verdicts } from '../../src/model/health.ts';
import type { KernelDump } from '../../src/model/observed.ts';
import { drained } from './overrides.ts';

/** Short ways to the values the tests of decide/ start from. */

export const nobody: Policy = {
  owned: new Set(),
  ownedAddresses: new Set(),
  ownedDaemons: new Set(),
  exclusive: false,
};
export const emptyDump: KernelDump = { services: [], addresses: [], sysctls: {}, daemons: [], routes: [], rules: [] };

/** A file with one service `web`; sysctls are left alone unless the test is about them. */
export function fileWith(service: Record<string, unknown>, rest: Record<string, unknown> = {}): Config {
  return configSchema.parse({ services: [{ name: 'web', listen: ['tcp://10.0.0.100:80'], ...service }], ...rest });
}

export const desired = (config: Config, ...keys: string[]): Desired => ({
  ...desire(config, drained(...keys), 1),
  sysctls: {},
});

export const verdict = (status: HealthStatus, why: string): Verdict => ({
  status,
  streak: 0,
  since: 0,
  streakSince: null,
  why,
  last: null,
});

export const up = verdict('up', '200 in 3 ms');
export const down = verdict('down', 'connect refused 2 times in 1.0 s');

export const verdicts = (entries: Readonly<Record<string, Verdict>>): Verdicts => new Map(Object.entries(entries));

/** A kernel that was brought to this target. */
export function kernelAt(target: Target): FakeKernel {
  const kernel = new FakeKernel();
  const { ops } = plan(target, kernel.state(), nobody);
  for (const op of ops) kernel.applyOne(op);
  return kernel;
}

export const gated = (config: Config, health: Readonly<Record<string, Verdict>> = {}, ...drained: string[]): Target =>
  gate(desired(config, ...drained), verdicts(health));
