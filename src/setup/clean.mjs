import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { recorded, removeRecorded } from './apt.mjs';
import { locked, passThrough, ROOT, say } from './system.mjs';

/** Removes all that set-up and the commands left: running labs, what was built, and the packages that came new.
 *  @param {readonly string[]} args */
export async function clean(args) {
  const lab = join(ROOT, 'dist/lab.js');
  if (existsSync(lab)) await passThrough(process.execPath, [lab, 'down', '--all']);
  await locked(async () => {
    if (!args.includes('--keep-packages')) await removeRecorded();
    else if (recorded().length > 0) say(`kept: ${recorded().join(' ')}`);
    for (const name of ['node_modules', 'dist', 'build', 'prebuilds']) {
      rmSync(join(ROOT, name), { recursive: true, force: true });
    }
  });
  rmSync(join(ROOT, '.cache'), { recursive: true, force: true });
  say('clean');
  return 0;
}
