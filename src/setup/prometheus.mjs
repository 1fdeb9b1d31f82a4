import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackInto } from './apt.mjs';
import { CACHE } from './system.mjs';

/** promtool, which judges our metrics and alerts. Taken out of Debian's package; nothing of it is installed. */

const FOLDER = join(CACHE, 'prometheus');
const PROMTOOL = join(FOLDER, 'promtool');

export const promtoolMissing = () => !existsSync(PROMTOOL) && 'it judges metrics and alerts';

export async function unpackPromtool() {
  const part = `${FOLDER}.part`;
  rmSync(part, { recursive: true, force: true });
  await unpackInto(part, ['prometheus']);
  mkdirSync(FOLDER, { recursive: true });
  // The rest is large, and nobody runs it.
  renameSync(join(part, 'usr/bin/promtool'), PROMTOOL);
  rmSync(part, { recursive: true });
}
