import type { Side } from './judge.ts';

/** Our command inside of this process: Node's start costs seconds in an emulated machine. */
export function openOurs(): Side {
  throw new Error('not there yet');
}
