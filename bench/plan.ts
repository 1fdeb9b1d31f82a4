import { configSchema } from '../src/config/schema.ts';
import { desire } from '../src/decide/desire.ts';
import { gate } from '../src/decide/gate.ts';
import { plan } from '../src/decide/plan.ts';
import { FakeKernel } from '../src/kernel/fake.ts';
import { NO_OVERRIDES } from '../src/model/override.ts';
import type { Bench } from './harness.ts';

/** What deciding costs: 1,000 services x 10 servers, of which one weight changed, against JSON.stringify of the same target,
 *  the cheapest walk over it that anyone would write. */
export const bench: Bench = {
  title: 'plan 1,000 services x 10 servers, one weight changed',
  place: 'host',
  peers: {},
  ratios: [{ title: 'plan over one JSON.stringify of the target', of: 'plan.ms', over: 'stringify.ms' }],
  async setup() {
    const kernel = new FakeKernel();
    const policy = {
      owned: new Set<string>(),
      ownedAddresses: new Set<string>(),
      ownedDaemons: new Set<string>(),
      exclusive: true,
    };
    const target = gate(desire(config(1), NO_OVERRIDES, 1), new Map());
    const empty = { services: [], addresses: [], sysctls: {}, daemons: [], routes: [], rules: [] };
    await kernel.ipvs.apply(plan(target, empty, policy).ops.filter((op) => 'service' in op || 'destination' in op));
    const dump = {
      services: await kernel.ipvs.dump({ stats: false }),
      addresses: [],
      sysctls: {},
      daemons: [],
      routes: [],
      rules: [],
    };
    const next = gate(desire(config(2), NO_OVERRIDES, 2), new Map());
    const timed = (work: () => unknown) => async () => {
      const start = performance.now();
      work();
      return { ms: performance.now() - start };
    };
    return {
      sides: [
        { name: 'plan', run: timed(() => plan(next, dump, policy)) },
        { name: 'stringify', run: timed(() => JSON.stringify(next)) },
      ],
      async teardown() {},
    };
  },
};

function config(firstWeight: number) {
  const services = Array.from({ length: 1000 }, (_, s) => ({
    name: `s${s}`,
    listen: [`tcp://10.${100 + (s >> 8)}.${s & 255}.1:80`],
    servers: Array.from({ length: 10 }, (_, i) => ({
      address: `10.200.${s >> 2}.${i + 1}`,
      weight: s === 0 && i === 0 ? firstWeight : 1,
    })),
  }));
  return configSchema.parse({ services });
}
