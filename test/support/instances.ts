import { configSchema } from '../../src/config/schema.ts';
import { desireInstances } from '../../src/decide/desire-instances.ts';
import type { DesiredInstance } from '../../src/model/instance.ts';

/** Instances as a file's `instances:` gives them; what a test is not about is filled in. */
export const instancesOf = (...instances: readonly Record<string, unknown>[]): DesiredInstance[] =>
  desireInstances(
    configSchema.parse({
      instances: instances.map((instance, index) => ({
        name: 'edge',
        interface: 'eth0',
        vrid: index + 1,
        addresses: ['10.0.0.100/24'],
        ...instance,
      })),
    }),
  );
