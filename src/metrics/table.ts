import type { Compat } from '../model/metrics.ts';
import { GEN2BRAIN } from './compat/gen2brain.ts';
import { KEEPALIVED_UP } from './compat/keepalived.ts';
import { MEHDY } from './compat/mehdy.ts';
import { NODE_EXPORTER } from './compat/node-exporter.ts';
import { AVAILABILITY_FAMILIES } from './families/availability.ts';
import { CHECK_FAMILIES, DAEMON_FAMILIES, KERNEL_FAMILIES } from './families/daemon.ts';
import { INSTANCE_FAMILIES } from './families/instances.ts';
import { SERVICE_FAMILIES } from './families/services.ts';
import type { Family } from './family.ts';

/** Every metric there is, by the heading it stands under. */
export const OWN: Readonly<Record<string, readonly Family[]>> = {
  'The daemon': DAEMON_FAMILIES,
  'Instances and addresses': INSTANCE_FAMILIES,
  'Services and servers': SERVICE_FAMILIES,
  Availability: AVAILABILITY_FAMILIES,
  Checks: CHECK_FAMILIES,
  'The kernel': KERNEL_FAMILIES,
};

export const COMPAT_FAMILIES: Readonly<Record<Compat, readonly Family[]>> = {
  node_exporter: NODE_EXPORTER,
  mehdy: [...KEEPALIVED_UP, ...MEHDY],
  gen2brain: [...KEEPALIVED_UP, ...GEN2BRAIN],
};

const ours = Object.values(OWN).flat();

/** Our own families and those that are asked for beside them, each once. */
export const familiesFor = (compat: readonly Compat[]): readonly Family[] => [
  ...new Set([...ours, ...compat.flatMap((name) => COMPAT_FAMILIES[name])]),
];
