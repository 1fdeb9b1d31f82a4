import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failure } from '../base/errors.ts';

const SET_UP = 'run `npm run lab -- up` in a clone; its set-up brings what the lab needs';

/** Where this copy of Fairlead lives: a clone, or an installed package. */
export const ROOT_DIRECTORY = findRoot(dirname(fileURLToPath(import.meta.url)));

/** What `src/setup` prepared for the lab. */
const CACHE = process.env.FAIRLEAD_CACHE ?? join(ROOT_DIRECTORY, '.cache');

export const programPath = (name: string): string => join(ROOT_DIRECTORY, 'dist', name);
export const examplePath = (name: string): string => join(ROOT_DIRECTORY, 'examples', name);

/** The bundles that run inside the lab. */
export const AGENT = programPath('lab.js');
export const CLI = programPath('cli.js');

/** Programs that the machine lacks, unpacked and not installed; undefined when it lacks none. */
export function toolsDirectory(): string | undefined {
  const tools = join(CACHE, 'tools');
  return existsSync(join(tools, 'usr')) ? tools : undefined;
}

export interface GuestKernel {
  readonly version: string;
  readonly image: string;
  /** The `lib/modules/VERSION` folder. */
  readonly modules: string;
}

export function guestKernel(): GuestKernel {
  const file = join(CACHE, 'kernel/current.json');
  if (!existsSync(file)) throw failure('lab-failed', { reason: 'it has no kernel to boot', advice: SET_UP });
  const kernel = JSON.parse(readFileSync(file, 'utf8')) as GuestKernel;
  return { version: kernel.version, image: resolve(CACHE, kernel.image), modules: resolve(CACHE, kernel.modules) };
}

/** Whether hardware acceleration was tried on this machine and worked. The device alone says nothing: it may be there and
 *  hang. */
export function accelerated(): boolean {
  try {
    return (JSON.parse(readFileSync(join(CACHE, 'kvm.json'), 'utf8')) as { works?: unknown }).works === true;
  } catch {
    return false;
  }
}

export function requireProgram(candidates: readonly string[]): string {
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found) return found;
  throw failure('lab-failed', { reason: `it needs ${candidates[0]}`, advice: SET_UP });
}

export function requireBundle(): void {
  if (!existsSync(AGENT))
    throw failure('lab-failed', { reason: `${AGENT} is not built`, advice: 'run `npm run build`' });
}

function findRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (directory === dirname(directory)) return start;
  }
}
