import { access } from 'node:fs/promises';

/** What newer kernels have and older ones lack, so that a message can name the version that would help. `file` exists
 *  where the kernel has the feature (and ip_vs is loaded); features without one show only in a refusal. */
export const FEATURES = {
  'ipvs-netlink': { firstKernel: '2.6.28' },
  'scheduler-flags': { firstKernel: '3.11' },
  'mixed-families': { firstKernel: '3.18' },
  'scheduler-fo': { firstKernel: '3.18' },
  'counters-64-bit': { firstKernel: '4.1' },
  'connection-reuse-mode': { firstKernel: '4.1', file: '/proc/sys/net/ipv4/vs/conn_reuse_mode' },
  'sync-daemon-multicast': { firstKernel: '4.3' },
  'scheduler-ovf': { firstKernel: '4.3' },
  'scheduler-mh': { firstKernel: '4.18' },
  'tunnel-gue': { firstKernel: '5.2' },
  'tunnel-gre': { firstKernel: '5.3' },
  'scheduler-twos': { firstKernel: '5.12' },
  'module-loads-itself': { firstKernel: '5.16' },
  'estimation-switch': { firstKernel: '5.16', file: '/proc/sys/net/ipv4/vs/run_estimation' },
  'address-owner': { firstKernel: '5.18' },
  'estimation-cpus': { firstKernel: '6.2', file: '/proc/sys/net/ipv4/vs/est_cpulist' },
} as const satisfies Record<string, FeatureRow>;

interface FeatureRow {
  readonly firstKernel: string;
  readonly file?: string;
}

export type Feature = keyof typeof FEATURES;

/** Whether a kernel release (`6.1.0-56-cloud-amd64`) should have the feature. Distributions port features back, so a yes is
 *  sure and a no is not. */
export function kernelHas(feature: Feature, release: string): boolean {
  const wanted = numbers(FEATURES[feature].firstKernel);
  const present = numbers(release);
  for (let i = 0; i < 3; i++) {
    const difference = (present[i] ?? 0) - (wanted[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Asks the running kernel, where a file tells; undefined where only trying does. */
export async function probe(feature: Feature): Promise<boolean | undefined> {
  const row: FeatureRow = FEATURES[feature];
  if (!row.file) return undefined;
  return access(row.file).then(
    () => true,
    () => false,
  );
}

const numbers = (version: string): number[] => version.split('-', 1)[0]?.split('.').map(Number) ?? [];
