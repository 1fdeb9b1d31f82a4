import type { Bench, Figures } from './harness.ts';

/** A benchmark that runs sides in turn and compares them, or one with arguments and a form of its own. */
export type Loaded = { readonly bench: Bench } | { readonly main: (args: readonly string[]) => Promise<number> };

/** Every benchmark: `npm run bench -- NAME`. */
export const BENCHES: Readonly<Record<string, () => Promise<Loaded>>> = {
  api: () => import('./api.ts'),
  'api-load': () => import('./api-load.ts'),
  apply: () => import('./apply.ts'),
  health: () => import('./health/health.ts'),
  'health-rate': () => import('./health/rate.ts'),
  'health-scale': () => import('./health/scale.ts'),
  failover: () => import('./vrrp/failover.ts'),
  history: () => import('./history.ts'),
  ipvs: () => import('./ipvs.ts'),
  metrics: () => import('./metrics.ts'),
  plan: () => import('./plan.ts'),
  unpack: () => import('./unpack.ts'),
  'vrrp-refuse': () => import('./vrrp-refuse.ts'),
  'vrrp-late': () => import('./vrrp/late.ts'),
  'vrrp-load': () => import('./vrrp/load.ts'),
};

/** What a benchmark runs in a process of its own: `run NAME ARGUMENT...`, which prints the figures. */
export const PARTS: Readonly<Record<string, (...args: string[]) => Promise<Figures | undefined>>> = {
  'health-director': async () => (await import('./health/director.ts')).serveDirector(),
  'api-serve': async () => (await import('./api.ts')).serve(),
  'api-load-serve': async () => (await import('./api-load.ts')).serve(),
  'api-load-ask': async (socket = '') => (await import('./api-load.ts')).askAll(socket),
  'apply-once': async (netns = '', file = '') => (await import('./apply.ts')).applyOnce(netns, file),
  'ipvs-apply': async (count, warmUp = '', netns = '') =>
    (await import('./ipvs-once.ts')).applyTwice(Number(count), warmUp, netns),
  'ipvs-dump': async (count, netns = '') => (await import('./ipvs-once.ts')).dumpOnce(Number(count), netns),
};
