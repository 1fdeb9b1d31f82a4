import type { Bench } from './harness.ts';

/** Every benchmark: `npm run bench -- NAME`. */
export const BENCHES: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  apply: () => import('./apply.ts'),
  plan: () => import('./plan.ts'),
};
