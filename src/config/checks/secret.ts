import { absolutePath } from '../field.ts';

/** A secret is never in the configuration itself: its first line is read from a file that only its owner may read. */
export const secretFile = absolutePath;
