import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Segment } from '../segment.ts';
import type { FairleadOptions } from './nodes/index.ts';

/** SIGUSR2 makes the daemon's main thread do what is asked in MISCHIEF. */
const MISCHIEF = `process.on('SIGUSR2', () => {
  const [what, ms] = process.env.MISCHIEF.split(' ');
  const end = performance.now() + Number(ms);
  while (performance.now() < end) if (what === 'collect') global.gc();
});`;

/** A director that can be made to hang (`hang 10000`), or to collect garbage (`collect 3000`), for so many milliseconds: by
 *  SIGUSR2 to its main process. */
export function disturbed(segment: Segment, mischief: string, more: FairleadOptions = {}): FairleadOptions {
  const file = join(segment.folder, 'mischief.cjs');
  writeFileSync(file, MISCHIEF);
  return { ...more, env: { NODE_OPTIONS: `--expose-gc --require ${file}`, MISCHIEF: mischief } };
}
