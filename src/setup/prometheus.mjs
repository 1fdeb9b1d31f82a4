import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackInto } from './apt.mjs';
import { CACHE } from './system.mjs';

/** Prometheus and promtool, which read and judge our metrics and alerts, node_exporter, whose numbers ours are compared with,
 *  and the Python client, whose reader of OpenMetrics is the strict one. Taken out of Debian's packages; nothing is installed and no service starts. */

const FOLDER = join(CACHE, 'prometheus');
const PROGRAMS = ['promtool', 'prometheus', 'prometheus-node-exporter'];
const PACKAGES = ['prometheus', 'prometheus-node-exporter', 'python3-prometheus-client', 'python3-decorator'];
const MODULES = 'usr/lib/python3/dist-packages';

export const prometheusMissing = () =>
  [...PROGRAMS, 'python'].some((name) => !existsSync(join(FOLDER, name))) && 'it reads and judges metrics and alerts';

export async function unpackPrometheus() {
  const part = `${FOLDER}.part`;
  rmSync(part, { recursive: true, force: true });
  await unpackInto(part, PACKAGES);
  mkdirSync(FOLDER, { recursive: true });
  // The rest is large, and nobody runs it.
  for (const program of PROGRAMS) renameSync(join(part, 'usr/bin', program), join(FOLDER, program));
  rmSync(join(FOLDER, 'python'), { recursive: true, force: true });
  renameSync(join(part, MODULES), join(FOLDER, 'python'));
  rmSync(part, { recursive: true });
}
