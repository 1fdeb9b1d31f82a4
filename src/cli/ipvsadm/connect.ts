import { existsSync } from 'node:fs';
import type { Ipvs } from '../../kernel/ipvs.ts';
import { failureText, refusalOf } from './failures.ts';
import type { Output } from './run.ts';

const MODPROBE = '/sbin/modprobe';

/** Sees whether the kernel has IPVS for us, and loads its module where not, before anything else is looked at: as
 *  ipvsadm does. False after having said why. */
export async function connect(ipvs: Ipvs, output: Pick<Output, 'err'>): Promise<boolean> {
  if (!(await refusalOf(ipvs.info()))) return true;
  await loadModule(output);
  const refusal = await refusalOf(ipvs.info());
  if (!refusal) return true;
  output.err(
    `Can't initialize ipvs: ${failureText('list', refusal)}\n` +
      'Are you sure that IP Virtual Server is built in the kernel or as module?\n',
  );
  return false;
}

async function loadModule(output: Pick<Output, 'err'>): Promise<void> {
  if (!existsSync(MODPROBE)) return;
  const { spawnSync } = await import('node:child_process');
  const { stderr } = spawnSync(MODPROBE, ['--', 'ip_vs'], { encoding: 'utf8' });
  output.err(stderr);
}
