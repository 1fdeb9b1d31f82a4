import { releaseAtLeast } from '../base/release.ts';
import { type Asking, asks } from './ask.ts';

/** What newer kernels have and older ones lack, so that a message can name the version that would help. `ask` finds out
 *  from the running kernel; features without one show only in a refusal, or not at all. A new one is a new row. */
export const FEATURES = {
  'ipvs-netlink': { firstKernel: '2.6.28' },
  'engine-sip': { firstKernel: '2.6.37', ask: asks.engine('sip') },
  'scheduler-flags': { firstKernel: '3.11', ask: asks.schedulerFlags },
  'mixed-families': { firstKernel: '3.18', ask: asks.mixedFamilies },
  'scheduler-rr': { firstKernel: '2.6', ask: asks.scheduler('rr') },
  'scheduler-wrr': { firstKernel: '2.6', ask: asks.scheduler('wrr') },
  'scheduler-lc': { firstKernel: '2.6', ask: asks.scheduler('lc') },
  'scheduler-wlc': { firstKernel: '2.6', ask: asks.scheduler('wlc') },
  'scheduler-sed': { firstKernel: '2.6', ask: asks.scheduler('sed') },
  'scheduler-nq': { firstKernel: '2.6', ask: asks.scheduler('nq') },
  'scheduler-sh': { firstKernel: '2.6', ask: asks.scheduler('sh') },
  'scheduler-dh': { firstKernel: '2.6', ask: asks.scheduler('dh') },
  'scheduler-lblc': { firstKernel: '2.6', ask: asks.scheduler('lblc') },
  'scheduler-lblcr': { firstKernel: '2.6', ask: asks.scheduler('lblcr') },
  'scheduler-fo': { firstKernel: '3.18', ask: asks.scheduler('fo') },
  'scheduler-ovf': { firstKernel: '4.3', ask: asks.scheduler('ovf') },
  'scheduler-mh': { firstKernel: '4.18', ask: asks.scheduler('mh') },
  'scheduler-twos': { firstKernel: '5.12', ask: asks.scheduler('twos') },
  'counters-64-bit': { firstKernel: '4.1' },
  'connection-reuse-mode': { firstKernel: '4.1', ask: asks.sysctl('conn_reuse_mode') },
  'sync-daemon-multicast': { firstKernel: '4.3' },
  'tunnel-gue': { firstKernel: '5.2', ask: asks.tunnel('gue') },
  'tunnel-gre': { firstKernel: '5.3', ask: asks.tunnel('gre') },
  'module-loads-itself': { firstKernel: '5.16' },
  'estimation-switch': { firstKernel: '5.16', ask: asks.sysctl('run_estimation') },
  'address-owner': { firstKernel: '5.18' },
  'estimation-cpus': { firstKernel: '6.2', ask: asks.sysctl('est_cpulist') },
  'growing-tables': { firstKernel: '7.1', ask: asks.sysctl('conn_lfactor') },
} as const satisfies Record<string, FeatureRow>;

interface FeatureRow {
  readonly firstKernel: string;
  readonly ask?: (kernel: Asking) => Promise<boolean>;
}

export type Feature = keyof typeof FEATURES;
export type { Asking } from './ask.ts';

export const isFeature = (name: string): name is Feature => Object.hasOwn(FEATURES, name);

/** Whether a kernel release (`6.1.0-56-cloud-amd64`) should have the feature. Distributions port features back, so a yes is
 *  sure and a no is not; a kernel can also have been built without. */
export const kernelHas = (feature: Feature, release: string): boolean =>
  releaseAtLeast(release, FEATURES[feature].firstKernel);

/** Asks the running kernel; undefined where it cannot be asked. Safe on a working director: schedulers, tunnels and engines
 *  are tried on a service of a firewall mark that nothing uses, with a server of weight 0, gone when the answer is there.
 *  Trying a scheduler loads its module. Rejects with a KernelError when IPVS itself cannot be asked. */
export async function probe(feature: Feature, kernel: Asking): Promise<boolean | undefined> {
  const row: FeatureRow = FEATURES[feature];
  return row.ask?.(kernel);
}
