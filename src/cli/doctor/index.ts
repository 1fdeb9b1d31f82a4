import type { Check } from './check.ts';
import { clockCheck } from './clock.ts';
import { filesCheck } from './files.ts';
import { firewallCheck } from './firewall.ts';
import { kernelChecks } from './kernel.ts';
import { networkChecks } from './network.ts';
import { othersCheck } from './others.ts';
import { rightsChecks } from './rights.ts';
import { secretsCheck } from './secrets.ts';
import { sysctlChecks } from './sysctls.ts';

/** Everything the doctor looks at, in the order it is told. `file` is the configuration's path. */
export const doctorChecks = (file: string | null): readonly Check[] => [
  ...kernelChecks,
  ...rightsChecks,
  filesCheck,
  ...sysctlChecks,
  ...networkChecks,
  firewallCheck,
  othersCheck,
  clockCheck,
  secretsCheck(file),
];
