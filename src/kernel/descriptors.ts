import { readFileSync } from 'node:fs';
import { ENOUGH_FILES, filesIn } from '../health/sockets.ts';

/** How many files this process may open. Node.js raises the soft limit to the hard one when it starts. */
export const openFilesLimit = (): number => filesIn(readFileSync('/proc/self/limits', 'utf8')) ?? ENOUGH_FILES;
